"""The ways into the registry and out of it: each client as the matrix of pairs uses it.

A way in pushes a SIF as `ada/<path>:1`; a way out pulls it, or is told no. All know the people by
their desks.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sregistry_core.testing.image_files import sha256_of
from sregistry_core.testing.oci_programs import SIF_LAYER, Terminal
from sregistry_core.testing.people import Person
from sregistry_core.testing.sregistry_client import SregistryPerson

from . import page

REGISTRY = "registry.localhost"
"""A name of the server: Apptainer's `registry login` speaks http to no other."""
_FRESH = {"APPTAINER_DISABLE_CACHE": "true"}
_NUMBERS = count(1)


@dataclass(frozen=True)
class Desk:
    """One person with every client, logged in with each; or nobody, logged in with none.

    entity   whose images are pushed and pulled here.
    host     of the server, as it is written in addresses.
    """

    entity: str
    host: str
    apptainer: Person
    terminal: Terminal
    sregistry: SregistryPerson

    @property
    def login(self) -> list[str]:
        """What curl is told of the login."""
        return ["--oauth2-bearer", self.sregistry.token] if self.sregistry.token else []

    def new_file(self) -> str:
        """A name that no file has."""
        return f"got-{next(_NUMBERS)}.sif"


@dataclass(frozen=True)
class Got:
    """What a pull has brought: the SHA-256 of the file, None for none, and what was said."""

    sha256: str | None
    screen: str


def push_library(desk: Desk, image: Path, path: str) -> None:
    uri = f"library://{desk.entity}/{path}:1"
    desk.apptainer.must("push", "-U", image, uri)


def push_oras_uri(desk: Desk, image: Path, path: str) -> None:
    uri = f"oras://{REGISTRY}/{desk.entity}/{path}:1"
    desk.apptainer.must("push", "--no-https", image, uri)


def push_oras(desk: Desk, image: Path, path: str) -> None:
    desk.terminal.put(image, "blast.sif")
    target = f"{desk.host}/{desk.entity}/{path}:1"
    desk.terminal.must("oras", "push", target, f"blast.sif:{SIF_LAYER}")


def push_oras_py(desk: Desk, image: Path, path: str) -> None:
    desk.terminal.put(image, "blast.sif")
    target = f"{desk.host}/{desk.entity}/{path}:1"
    desk.terminal.oras_py(f"client.push({target!r}, files=['blast.sif:{SIF_LAYER}'])")


def push_skopeo(desk: Desk, image: Path, path: str) -> None:
    layout = desk.terminal.layout_of(image, name=f"layout-{next(_NUMBERS)}")
    target = f"docker://{desk.host}/{desk.entity}/{path}:1"
    desk.terminal.must("skopeo", "copy", f"oci:{layout}", target)


def push_sregistry(desk: Desk, image: Path, path: str) -> None:
    ran = desk.sregistry.push(image.read_bytes(), f"{path}:1")
    assert "Upload Complete" in ran.screen, ran.screen


def push_curl(desk: Desk, image: Path, path: str) -> None:
    """As the page says, up to the pull."""
    desk.terminal.put(image, "blast.sif")
    (desk.terminal.place / "token").write_text(f"{desk.sregistry.token}\n")
    push, _, _ = page.block("curl").rpartition("curl ")
    desk.terminal.shell(page.spelled(push, desk.host, f"{desk.entity}/{path}"))


def pull_library(desk: Desk, path: str) -> Got:
    return _apptainer(desk, f"library://{desk.entity}/{path}:1")


def pull_shub(desk: Desk, path: str) -> Got:
    return _apptainer(desk, f"shub://{desk.host}/{desk.entity}/{path}:1", "--no-https")


def pull_shared(desk: Desk, uri: str) -> Got:
    """By the line of a share link."""
    return _apptainer(desk, uri, "--no-https")


def pull_oras_uri(desk: Desk, path: str) -> Got:
    return _apptainer(desk, f"oras://{REGISTRY}/{desk.entity}/{path}:1", "--no-https")


def _apptainer(desk: Desk, uri: str, *options: str) -> Got:
    name = desk.new_file()
    ran = desk.apptainer.run("pull", *options, name, uri, environment=_FRESH)
    return _got(desk.apptainer.place / name, ran.screen)


def pull_oras(desk: Desk, path: str) -> Got:
    place = desk.terminal.place / desk.new_file()
    source = f"{desk.host}/{desk.entity}/{path}:1"
    screen = desk.terminal.run("oras", "pull", "-o", place, source).screen
    return _got(_only_file(place), screen)


def pull_oras_py(desk: Desk, path: str) -> Got:
    place = desk.terminal.place / desk.new_file()
    place.mkdir()
    source = f"{desk.host}/{desk.entity}/{path}:1"
    ran = desk.terminal.run_oras_py(f"client.pull({source!r}, outdir={str(place)!r})")
    # The last line of the trace, and what the client itself says, are for people.
    said = [line for line in ran.screen.splitlines() if not line.startswith(("Traceback", "  "))]
    return _got(_only_file(place), "\n".join(said))


def pull_skopeo(desk: Desk, path: str) -> Got:
    place = desk.terminal.place / desk.new_file()
    source = f"docker://{desk.host}/{desk.entity}/{path}:1"
    ran = desk.terminal.run("skopeo", "copy", source, f"dir:{place}")
    layer = None
    if (place / "manifest.json").exists():
        manifest = json.loads((place / "manifest.json").read_text())
        layer = place / manifest["layers"][0]["digest"].removeprefix("sha256:")
    return _got(layer, ran.screen.partition("level=")[2])


def pull_sregistry(desk: Desk, path: str) -> Got:
    ran, content = desk.sregistry.pull(f"{path}:1")
    return Got(hashlib.sha256(content).hexdigest() if content is not None else None, ran.screen)


def pull_curl(desk: Desk, path: str) -> Got:
    name = desk.new_file()
    container = f"http://{desk.host}/api/v1/containers/{desk.entity}/{path}"
    ran = desk.terminal.run(
        *("curl", "--fail", "-sS", "-L", *desk.login, "-o", name, f"{container}/images/1/file")
    )
    return _got(desk.terminal.place / name, ran.screen)


def _only_file(place: Path) -> Path | None:
    files = [path for path in place.rglob("*") if path.is_file()]
    assert len(files) <= 1, files
    return files[0] if files else None


def _got(file: Path | None, screen: str) -> Got:
    return Got(sha256_of(file) if file is not None and file.exists() else None, screen)


WAYS_IN: dict[str, Callable[[Desk, Path, str], None]] = {
    "library://": push_library,
    "oras://": push_oras_uri,
    "oras": push_oras,
    "oras-py": push_oras_py,
    "skopeo": push_skopeo,
    "sregistry": push_sregistry,
    "curl": push_curl,
}
WAYS_OUT: dict[str, Callable[[Desk, str], Got]] = {
    "library://": pull_library,
    "shub://": pull_shub,
    "oras://": pull_oras_uri,
    "oras": pull_oras,
    "oras-py": pull_oras_py,
    "skopeo": pull_skopeo,
    "sregistry": pull_sregistry,
    "curl": pull_curl,
}
WITHOUT_LOGIN = {"shub://"}
