"""What the file system of an image tells: the scripts and labels under /.singularity.d."""

from typing import Protocol

from sregistry_core.errors import NotAnImage

from .inspection import LARGEST_TEXT, AppInspection, Findings

MOST_APPS = 100
MOST_SCRIPTS = 100


class FileSystem(Protocol):
    """A tree of files that may be hostile. Links are neither directories nor files in it."""

    root: int

    def children(self, node: int) -> dict[str, int]:
        """Give the nodes in a directory by name; nothing when `node` is no directory."""

    def content(self, node: int, limit: int) -> bytes | None:
        """Read a whole file; None when `node` is no regular file; NotAnImage when too large."""


def read_files(tree: FileSystem, findings: Findings) -> None:
    """Add what the files tell to the findings; what was found before stays.

    A fixed set of paths is looked at, so that no loop or depth of the tree matters. What cannot
    be read is noted and left out.
    """
    reader = _Reader(tree, findings)
    root = reader.directory("/", tree.root)
    home = reader.directory("/.singularity.d", root.get(".singularity.d"))
    findings.labels = findings.labels or reader.labels("/.singularity.d/", home)
    if findings.definition is None:
        findings.definition = reader.text("/.singularity.d/", home, "Singularity")
    findings.runscript = reader.text("/.singularity.d/", home, "runscript")
    findings.startscript = reader.text("/.singularity.d/", home, "startscript")
    findings.test = reader.text("/.singularity.d/", home, "test")
    findings.help = reader.text("/.singularity.d/", home, "runscript.help")
    findings.environment = reader.scripts("/.singularity.d/env/", home.get("env"))
    # Singularity before 2.3 had two plain files in the root; later they are links.
    if findings.runscript is None:
        findings.runscript = reader.text("/", root, "singularity")
    if not findings.environment:
        findings.environment = reader.only_script("/", root, "environment")
    _read_apps(reader, root, findings)


def _read_apps(reader: "_Reader", root: dict[str, int], findings: Findings) -> None:
    scif = reader.directory("/scif", root.get("scif"))
    apps = reader.directory("/scif/apps", scif.get("apps"))
    if len(apps) > MOST_APPS:
        findings.note(f"of {len(apps)} apps only the first {MOST_APPS} were kept")
    for name in sorted(apps)[:MOST_APPS]:
        app = reader.directory(f"/scif/apps/{name}", apps[name])
        path = f"/scif/apps/{name}/scif/"
        own = reader.directory(path, app.get("scif"))
        key = findings.text("the name of an app", name)
        if not own or key is None:
            continue
        findings.apps[key] = AppInspection(
            labels=reader.labels(path, own),
            environment=reader.scripts(f"{path}env/", own.get("env"))
            or reader.only_script(path, own, "environment.sh"),
            runscript=reader.text(path, own, "runscript"),
            startscript=reader.text(path, own, "startscript"),
            test=reader.text(path, own, "test"),
            help=reader.text(path, own, "runscript.help"),
        )


class _Reader:
    """Reads single files of a tree; notes what it cannot, and goes on."""

    def __init__(self, tree: FileSystem, findings: Findings):
        self._tree = tree
        self._findings = findings

    def directory(self, path: str, node: int | None) -> dict[str, int]:
        if node is None:
            return {}
        try:
            return self._tree.children(node)
        except NotAnImage as error:
            self._findings.note(f"{path} was left out: {error}")
            return {}

    def raw(self, path: str, node: int | None) -> bytes | None:
        if node is None:
            return None
        try:
            return self._tree.content(node, min(LARGEST_TEXT, self._findings.text_left))
        except NotAnImage as error:
            self._findings.note(f"{path} was left out: {error}")
            return None

    def text(self, folder: str, names: dict[str, int], name: str) -> str | None:
        path = folder + name
        return self._findings.text(path, self.raw(path, names.get(name)))

    def labels(self, folder: str, names: dict[str, int]) -> dict[str, str]:
        path = f"{folder}labels.json"
        raw = self.raw(path, names.get("labels.json"))
        if not raw or not raw.strip():
            return {}
        return self._findings.texts(path, self._findings.json(path, raw))

    def scripts(self, folder: str, node: int | None) -> dict[str, str]:
        names = self.directory(folder, node)
        wanted = sorted(name for name in names if name.endswith(".sh"))
        if len(wanted) > MOST_SCRIPTS:
            self._findings.note(f"of {folder} only the first {MOST_SCRIPTS} scripts were kept")
        found: dict[str, str] = {}
        for name in wanted[:MOST_SCRIPTS]:
            found |= self.only_script(folder, names, name)
        return found

    def only_script(self, folder: str, names: dict[str, int], name: str) -> dict[str, str]:
        text = self.text(folder, names, name)
        path = self._findings.text("a path", folder + name)
        return {} if text is None or path is None else {path: text}
