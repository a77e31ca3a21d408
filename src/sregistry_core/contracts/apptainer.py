"""What builders share that run the Apptainer or Singularity of a site, here or elsewhere."""

import codecs
import os
import pwd
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sregistry_core.errors import ConfigurationError

from .apptainer_logins import FOLDERS, DockerLogin, login_files, secrets_of
from .base_digests import VARIABLE, digests_of_bases
from .builder import BuildFailed, BuildOrder, BuildOutput
from .settings import PluginSettings

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PROGRAMS = ("apptainer", "singularity")
_BOOTSTRAP = re.compile(r"^\s*bootstrap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_ARGUMENTS = re.compile(r"^\s*%arguments\b[^\n]*\n(.*?)(?=^\s*%|\Z)", re.I | re.M | re.S)
_ASSIGNMENT = re.compile(r"^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$", re.MULTILINE)
_LONGEST_LINE = 1 << 16
_SECRETS = "secrets"
_WITH_SECRETS = '. "$0" && rm -f "$0" && exec "$@"'


@dataclass(frozen=True, slots=True)
class BuildAccount:
    """An ordinary user of the machine, who builds when the worker is root."""

    number: int
    group: int

    def give(self, path: Path) -> None:
        """Make a file or a directory theirs, where the worker is another user and may do so."""
        if os.geteuid() == 0:
            os.chown(path, self.number, self.group)

    def words(self) -> Sequence[str]:
        """Give words that run the words after them as this user; none unless the worker is root."""
        if os.geteuid() != 0:
            return ()
        return (
            *("setpriv", f"--reuid={self.number}", f"--regid={self.group}", "--clear-groups"),
            "--",
        )


def read_account(settings: PluginSettings) -> BuildAccount | None:
    """Read `user`: a name of this machine, or the number of a user and a group.

    Raises ConfigurationError for root, and where the worker is root and none is named.
    """
    text = settings.text("user", "")
    if not text:
        if os.geteuid() == 0:
            raise ConfigurationError(
                f"{settings.name}.user is missing: the worker runs as root, and nothing is built "
                "as root"
            )
        return None
    number, _, group = text.partition(":")
    if number.isdigit():
        found = BuildAccount(int(number), int(group) if group.isdigit() else int(number))
    else:
        try:
            entry = pwd.getpwnam(text)
        except KeyError as error:
            raise ConfigurationError(
                f"{settings.name}.user = {text}, and there is no such user"
            ) from error
        found = BuildAccount(entry.pw_uid, entry.pw_gid)
    if found.number == 0:
        raise ConfigurationError(f"{settings.name}.user = {text}: nothing is built as root")
    return found


@dataclass(frozen=True, slots=True)
class ApptainerProgram:
    """The program that builds, and what every build is given.

    command     the program, and words before `build`
    options     words after `build`
    bootstraps  what a definition may start from; empty for anything
    docker      for private images elsewhere that builds start from
    """

    command: tuple[str, ...] = ("apptainer",)
    options: tuple[str, ...] = ()
    bootstraps: frozenset[str] = frozenset()
    docker: DockerLogin | None = None

    @property
    def name(self) -> str:
        """What the program is called, whatever leads to it."""
        names = [Path(word).name for word in self.command]
        return next((one for one in names if one in _PROGRAMS), names[0])

    def require_allowed(self, order: BuildOrder) -> None:
        """Raise BuildFailed for a definition that starts from what it may not."""
        for name in _bootstraps(order.definition, order.arguments):
            if self.bootstraps and name.lower() not in self.bootstraps:
                allowed = ", ".join(sorted(self.bootstraps))
                raise BuildFailed(
                    f"nothing is built here from the bootstrap {name[:40]} (but from {allowed})"
                )

    def furnish(self, order: BuildOrder, account: BuildAccount | None) -> Path:
        """Make what the program finds, and give the directory that it starts in."""
        work = order.work_directory
        recipe = work / "recipe.def"
        recipe.write_text(order.definition, encoding="utf-8")
        secrets = self._secrets(order)
        exports = [f"export {name}={shlex.quote(value)}\n" for name, value in secrets.items()]
        hidden = work / _SECRETS
        hidden.touch(mode=0o600)
        hidden.write_text("".join(exports), encoding="utf-8")
        home, files = work / "home", work / "files"
        places = [home, files, work / "tmp", work / "cache"]
        places += [home / folder for folder in FOLDERS.values()]
        for place in places:
            place.mkdir(mode=0o700, exist_ok=True)
        given = [work, recipe, hidden, *places]
        for folder in FOLDERS.values():
            for name, text in login_files(order.registry, self.docker).items():
                login = home / folder / name
                login.touch(mode=0o600)
                login.write_text(text, encoding="utf-8")
                given.append(login)
        if order.context_directory is not None:
            for parent, folders, names in os.walk(order.context_directory):
                given += [Path(parent, name) for name in (".", *folders, *names)]
        for path in given:
            if account is not None and not path.is_symlink():
                account.give(path)
        # What a definition copies by `.` must be none of ours.
        return order.context_directory or files

    def words(self, order: BuildOrder, image: Path) -> list[str]:
        """Give the command that builds what was furnished, and may run once.

        Secrets come from a file, since a program that enters a sandbox may drop the environment;
        it is gone before the build begins, which may copy all that it finds.
        """
        words = ["sh", "-c", _WITH_SECRETS, str(order.work_directory / _SECRETS)]
        words += [*self.command, "build", *self.options]
        for name, value in order.arguments.items():
            words += ["--build-arg", f"{name}={value}"]
        return [*words, str(image), str(order.work_directory / "recipe.def")]

    def variables(self, work: Path) -> Mapping[str, str]:
        """Give its environment: what the program keeps goes to the work directory, and with it."""
        return {
            "LC_ALL": "C.UTF-8",
            "HOME": str(work / "home"),
            "TMPDIR": str(work / "tmp"),
            **{f"{prefix}_TMPDIR": str(work / "tmp") for prefix in FOLDERS},
            **{f"{prefix}_CACHEDIR": str(work / "cache") for prefix in FOLDERS},
            # One place: the one program knows the other's variable, and warns where they differ.
            **{f"{prefix}_CONFIGDIR": str(work / "home/.apptainer") for prefix in FOLDERS},
        }

    def tell_bases(self, order: BuildOrder, output: BuildOutput) -> None:
        """Tell the digests of what a build has started from, once it has ended."""
        # Below the directory that `variables` names, the program makes one of its own.
        for address, digest in digests_of_bases(order, "cache/cache").items():
            output.fact(f"base:{address}", digest)

    def _secrets(self, order: BuildOrder) -> Mapping[str, str]:
        """Give the part of its environment that nobody may see."""
        found = dict(order.secrets)
        for prefix in FOLDERS:
            # Only what is called so reaches `%post`; `%setup` has the names as they are.
            found |= {f"{prefix}ENV_{name}": value for name, value in order.secrets.items()}
        return found

    def hide(self, order: BuildOrder, output: BuildOutput) -> None:
        """Keep logins out of what a build says, also as the files have them that hold them."""
        for secret in secrets_of(order.registry, self.docker):
            output.hide(secret)


def _bootstraps(definition: str, arguments: Mapping[str, str]) -> Iterator[str]:
    """Give what the stages start from, whatever part of that comes from a build argument.

    Each stage has defaults of its own: all of the text is read with those of each.
    """
    sections = [found[1] for found in _ARGUMENTS.finditer(definition)]
    for section in ("", *sections):
        text = _filled_in(definition, {**dict(_ASSIGNMENT.findall(section)), **arguments})
        yield from _BOOTSTRAP.findall(text)


def _filled_in(definition: str, known: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda one: known.get(one[1], one[0]), definition)


def read_apptainer(settings: PluginSettings) -> ApptainerProgram:
    """Read what the ini file says of the program."""
    return ApptainerProgram(
        command=settings.words("command", "apptainer"),
        options=settings.words("options", ""),
        bootstraps=frozenset(name.lower() for name in settings.words("bootstraps", "")),
        docker=_read_docker(settings),
    )


def _read_docker(settings: PluginSettings) -> DockerLogin | None:
    user = settings.text("docker_user", "")
    password = settings.secret("docker_password", None).value
    registry = settings.text("docker_registry", "docker.io")
    return DockerLogin(registry, user, password) if user else None


class OutputLines:
    """Cuts what comes in blocks into lines; of one without an end, into pieces."""

    def __init__(self, show: Callable[[str], None]):
        self._show = show
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def add(self, block: bytes) -> None:
        """Show the lines that end in a block; the rest waits."""
        self._rest += self._decoder.decode(block)
        *whole, self._rest = self._rest.split("\n")
        for line in whole:
            self._show(self._in_pieces(line))
        self._rest = self._in_pieces(self._rest)

    def _in_pieces(self, line: str) -> str:
        """Show all but the last piece of a line, and give that."""
        while len(line) > _LONGEST_LINE:
            self._show(line[:_LONGEST_LINE])
            line = line[_LONGEST_LINE:]
        return line

    def end(self) -> None:
        """Show what has no line feed."""
        if self._rest:
            self._show(self._rest)
            self._rest = ""


def bytes_below(directory: Path) -> int:
    """Bytes that the files below a directory take up on disk."""
    size = 0
    for parent, _folders, files in os.walk(directory, onerror=lambda _error: None):
        for name in files:
            try:
                size += os.lstat(os.path.join(parent, name)).st_blocks * 512  # noqa: PTH118 - many
            except OSError:
                # It was removed meanwhile.
                continue
    return size


__all__ = [
    "SEARCH_PATH",
    "ApptainerProgram",
    "BuildAccount",
    "OutputLines",
    "bytes_below",
    "read_account",
    "read_apptainer",
]
