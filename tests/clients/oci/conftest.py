"""One real server for all stories of this folder, and people with every OCI client.

Its address has a name as well: Apptainer's `registry login` speaks http to no other than one that
ends with `.localhost`.
"""

import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from itertools import count
from pathlib import Path

import pytest

from sregistry_core.contracts import Scope
from sregistry_core.testing.apptainer import Apptainer
from sregistry_core.testing.live import PASSWORD, LiveRegistry, free_address
from sregistry_core.testing.oci_programs import Terminal, programs_made_by
from sregistry_core.testing.sif_files import make_sif

SCRIPT = Path(__file__).parents[2] / "components/unstable-programs.sh"
NAME_WITHOUT_TLS = "registry.localhost"
_NUMBERS = count(1)


@dataclass(frozen=True)
class OciUser(Apptainer):
    """Somebody with Apptainer who speaks `oras://` to the registry.

    name   of the user and so of the entity; empty for somebody without an account.
    """

    name: str = ""

    def oras(self, path: str) -> str:
        """What the client calls an image of this user's: `lab/blast:1`."""
        return f"oras://{NAME_WITHOUT_TLS}/{self.name}/{path}"

    def log_in(self, password: str = PASSWORD) -> str:
        """Log in as this user; give the screen."""
        words = ["-u", self.name, "--password-stdin", f"oras://{NAME_WITHOUT_TLS}"]
        return self.must("registry", "login", *words, stdin=password)


@pytest.fixture(scope="session")
def programs() -> Path:
    """The directory with oras and crane."""
    return programs_made_by(SCRIPT)


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveRegistry]:
    """The real server; no request may have failed by a mistake of the server's."""
    settings = {
        "sregistry.protocols": "discovery transfer library oci shub api ui",
        "sregistry.plugin_modules": "sregistry_core.testing.toy_builder",
        "sregistry.builder": "toy",
    }
    directory = tmp_path_factory.mktemp("server")
    with LiveRegistry(directory, listen=f"{free_address()}:80", settings=settings) as registry:
        yield registry
    assert "Traceback" not in registry.log


@pytest.fixture
def make_terminal(
    server: LiveRegistry, programs: Path, tmp_path: Path
) -> Iterator[Callable[..., Terminal]]:
    """Makes homes with every client: `make_terminal("ada")` with an account, `""` without."""
    made: list[Terminal] = []

    def make(word: str, **members: str) -> Terminal:
        number = next(_NUMBERS)
        if word and not members:
            members = {"name": f"{word}{number}", "password": PASSWORD}
            server.make_user(members["name"])
        place = tmp_path / f"home-{number}"
        host = server.url.removeprefix("http://")
        made.append(Terminal(place, host, programs=programs, **members))
        return made[-1]

    yield make
    for one in made:
        shutil.rmtree(one.place)


@pytest.fixture
def ada(make_terminal: Callable[..., Terminal]) -> Terminal:
    """A user; no client of hers is logged in yet."""
    return make_terminal("ada")


@pytest.fixture
def bob(make_terminal: Callable[..., Terminal]) -> Terminal:
    """Another user; no client of his is logged in yet."""
    return make_terminal("bob")


@pytest.fixture
def nobody(make_terminal: Callable[..., Terminal]) -> Terminal:
    """Somebody without an account."""
    return make_terminal("")


@pytest.fixture
def with_token(
    server: LiveRegistry, make_terminal: Callable[..., Terminal]
) -> Callable[..., Terminal]:
    """A user at another machine, with a token in place of the password.

    `with_token(ada, Scope.PULL, lifetime=timedelta(hours=1))`
    """

    def make(user: Terminal, scope: Scope, lifetime: timedelta | None = None) -> Terminal:
        with server.services() as services:
            owner = services.accounts.find(user.name)
            token = services.tokens.issue(owner, scope=scope, lifetime=lifetime).secret
        return make_terminal("with", name=user.name, password=token)

    return make


@pytest.fixture
def make_private(server: LiveRegistry) -> Callable[[str], None]:
    """Makes a private collection: `make_private("ada/secret")`."""

    def make(name: str) -> None:
        entity, collection = name.split("/")
        with server.services() as services:
            owner = services.catalog.entity(entity)
            services.catalog.create_collection(owner, collection, private=True)

    return make


@pytest.fixture
def make_apptainer(
    apptainer_root: Path, server: LiveRegistry, tmp_path: Path
) -> Iterator[Callable[..., OciUser]]:
    """Makes Apptainers: `make_apptainer("ada")` with an account, `""` without; `name` for one."""
    made: list[OciUser] = []

    def make(word: str, *, name: str = "") -> OciUser:
        number = next(_NUMBERS)
        if word:
            name = f"{word}{number}"
            server.make_user(name)
        names = {NAME_WITHOUT_TLS: server.url.removeprefix("http://")}
        client = OciUser(apptainer_root, tmp_path / f"apptainer-{number}", names, name=name)
        made.append(client)
        return client

    yield make
    for one in made:
        shutil.rmtree(one.place)


@pytest.fixture
def sif(tmp_path: Path) -> Path:
    """A SIF that nobody has pushed before."""
    path = tmp_path / "blast.sif"
    path.write_bytes(make_sif(labels={"number": os.urandom(8).hex()}))
    return path


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A layer for a container image, with content that nobody has pushed before."""
    path = tmp_path / "layer.tar"
    content = os.urandom(100_000)
    entry = tarfile.TarInfo("data")
    entry.size = len(content)
    with tarfile.open(path, "w") as archive:
        archive.addfile(entry, BytesIO(content))
    return path


@pytest.fixture
def push_container(layer: Path) -> Callable[[Terminal, str], str]:
    """Pushes a container image with crane, as a user logged in; gives the manifest's digest."""

    def push(user: Terminal, path: str) -> str:
        user.log_in("crane")
        screen = user.must("crane", "append", "-f", layer, "-t", user.at(path))
        user.must("crane", "auth", "logout", user.host)
        return screen.strip().rpartition("@")[2]

    return push


@pytest.fixture
def secret(
    ada: Terminal,
    make_private: Callable[[str], None],
    push_container: Callable[[Terminal, str], str],
) -> str:
    """A container image in a private collection of ada's."""
    make_private(f"{ada.name}/secret")
    push_container(ada, "secret/tool:1")
    return ada.at("secret/tool:1")
