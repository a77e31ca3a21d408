"""What any client pushes, every other one pulls: same bytes, same digest, same rights.

Each pair is tried for real, and the table of docs/protocols/pairs.md is what came out. With
WRITE_PAIRS=1 in the environment the table is written anew instead of compared.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from sregistry_core.names import ImageName
from sregistry_core.testing.image_files import sha256_of
from sregistry_core.testing.live import PASSWORD, LiveRegistry
from sregistry_core.testing.oci_programs import Terminal, programs_made_by
from sregistry_core.testing.people import Person
from sregistry_core.testing.sregistry_client import (
    SregistryPerson,
    program_made_by,
    secrets_from_page,
)

from .ways import REGISTRY, WAYS_IN, WAYS_OUT, WITHOUT_LOGIN, Desk, Got, pull_shared

pytestmark = pytest.mark.real

SETTINGS = {"sregistry.protocols": "discovery transfer library oci sregistry shub api ui"}
COMPONENTS = Path(__file__).parents[1] / "components"
PAGE = Path(__file__).parents[2] / "docs/protocols/pairs.md"
ADA, BOB = "ada", "bob"
every_way_in = pytest.mark.parametrize("way_in", WAYS_IN)
every_way_out = pytest.mark.parametrize("way_out", WAYS_OUT)

TEXT = """\
# Every pair of clients

What one client pushes, every other one pulls: the same bytes, with the same SHA-256. The rows push,
the columns pull.

{table}

* **public**: anybody pulls the image from a public collection, without a login.
* **private**: its owner pulls it from a private collection. Another user, and whoever has no login,
  are told exactly what they are told of an image that is not there.
* **by link**: the client has no login. Whoever has [a share link](shub.md#private-images) pulls a
  private image, and all others are told what they are told of an image that is not there.

Why there is no row for `shub://`: its clients cannot push.

| in the table | is                                                                               |
|--------------|----------------------------------------------------------------------------------|
| `library://` | Apptainer, [the library API](library.md)                                         |
| `shub://`    | Apptainer, [Singularity Hub's API](shub.md)                                      |
| `oras://`    | Apptainer, [OCI](oci.md)                                                         |
| `oras`       | the program, OCI                                                                 |
| `oras-py`    | the Python package, OCI                                                          |
| `skopeo`     | the program, OCI: from a layout, and to a directory                              |
| `sregistry`  | [the client of PyPI](sregistry.md), with the owner's name in its `base`           |
| `curl`       | pushes [by hand](oci.md#curl) and pulls the file of [the JSON API](json-api.md)  |

This page is written by `tests/clients/test_every_pair.py`, which tries each pair with the real
clients and fails when something else comes out. `WRITE_PAIRS=1 tests/run
tests/clients/test_every_pair.py` writes it anew.
"""


@dataclass
class Everybody:
    """The people with all their clients, and what has been pushed and pulled so far.

    ada      owns everything here.
    bob      is another user.
    nobody   has no account.
    """

    server: LiveRegistry
    ada: Desk
    bob: Desk
    nobody: Desk
    images: dict[str, Path] = field(default_factory=dict)
    told: dict[tuple[str, str], Got] = field(default_factory=dict)

    def pushed(self, way_in: str) -> str:
        """Push an image of this way's own, once to each collection; give its SHA-256."""
        if way_in not in self.images:
            name = f"{container_of(way_in)}.sif"
            image = self.ada.apptainer.build_image(name, size_bytes=100_000)
            for collection in ("lab", "secret"):
                WAYS_IN[way_in](self.ada, image, f"{collection}/{container_of(way_in)}")
            self.images[way_in] = image
        return sha256_of(self.images[way_in])

    def share(self, path: str) -> str:
        """Share a private image; give what the client is told to pull."""
        with self.server.services() as services:
            name = ImageName.parse(f"{ADA}/{path}:1", home="tacc")
            return services.shares.create(name).shub_uri

    def is_hidden(self, way_out: str, path: str) -> bool:
        """Say whether others than ada are told of it what they are told of what is not there."""
        others = [self.nobody] if way_out in WITHOUT_LOGIN else [self.bob, self.nobody]
        for desk in others:
            got, absent = WAYS_OUT[way_out](desk, path), self.absent(way_out, desk)
            name = path.rpartition("/")[2]
            screen = got.screen.replace(name, "absent")
            if got.sha256 is not None or screen != absent.screen:
                print(f"{got}\n{absent}")
                return False
        return True

    def absent(self, way_out: str, desk: Desk) -> Got:
        """What somebody is told of an image that is not there."""
        key = (way_out, desk.apptainer.name)
        if key not in self.told:
            self.told[key] = WAYS_OUT[way_out](desk, "secret/absent")
            assert self.told[key].sha256 is None
        return self.told[key]


def container_of(way_in: str) -> str:
    """Give the name of the container that one way pushes to."""
    return f"by-{way_in.replace('://', '-uri')}"


@pytest.fixture(scope="module")
def everybody(
    apptainer_root: Path, server: LiveRegistry, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Everybody]:
    """Ada, bob and nobody, each at a desk; the collections are there."""
    programs = programs_made_by(COMPONENTS / "unstable-programs.sh")
    sregistry = program_made_by(COMPONENTS / "sregistry-venv.sh")
    places = tmp_path_factory.mktemp("everybody")
    host = server.url.removeprefix("http://")

    def desk(name: str) -> Desk:
        token = server.make_user(name) if name else ""
        place = places / (name or "nobody")
        person = Person(
            apptainer_root,
            place / "apptainer",
            {REGISTRY: host},
            name=name,
            server=server,
            token=token,
        )
        person.add_remote("r", server.url, token=token)
        terminal = Terminal(place / "terminal", host, name, PASSWORD, programs)
        (place / "sregistry").mkdir()
        client = SregistryPerson(name, token, sregistry, place / "sregistry", server)
        base = {"registry": {"base": server.url}, "SREGISTRY_CLIENT": "registry"}
        client.use(secrets_from_page(server, name) if name else base)
        client.based_on(ADA)
        if name:
            words = ["-u", name, "--password-stdin", f"oras://{REGISTRY}"]
            person.must("registry", "login", *words, stdin=PASSWORD)
            terminal.log_in("oras")
            terminal.log_in("skopeo")
        return Desk(ADA, host, person, terminal, client)

    found = Everybody(server, desk(ADA), desk(BOB), desk(""))
    with server.services() as services:
        entity = services.catalog.entity(ADA)
        services.catalog.create_collection(entity, "lab")
        services.catalog.create_collection(entity, "secret", private=True)
    yield found
    shutil.rmtree(places)


@pytest.fixture(scope="module")
def outcome(everybody: Everybody) -> Callable[[str, str], str]:
    """Tries one pair, once, and gives the words of the table."""

    @cache
    def try_pair(way_in: str, way_out: str) -> str:
        sha256, name = everybody.pushed(way_in), container_of(way_in)
        pull = WAYS_OUT[way_out]
        public = pull(everybody.nobody, f"lab/{name}")
        if way_out in WITHOUT_LOGIN:
            link = everybody.share(f"secret/{name}")
            word, private = "by link", pull_shared(everybody.nobody, link)
        else:
            word, private = "private", pull(everybody.ada, f"secret/{name}")
        words = []
        for meaning, got in (("public", public), (word, private)):
            words.append(meaning if got.sha256 == sha256 else f"not {meaning}")
            print(got.screen)
        if not everybody.is_hidden(way_out, f"secret/{name}"):
            words.append("not hidden")
        return ", ".join(words)

    return try_pair


@every_way_out
@every_way_in
def test_what_one_client_pushes_another_one_pulls(outcome, way_in, way_out):
    private = "by link" if way_out in WITHOUT_LOGIN else "private"

    assert outcome(way_in, way_out) == f"public, {private}"


@every_way_in
def test_every_client_names_it_by_the_same_digest(everybody, way_in):
    sha256, name = everybody.pushed(way_in), container_of(way_in)
    terminal, address = everybody.nobody.terminal, f"{everybody.ada.host}/{ADA}/lab/{name}"

    image = terminal.must(
        "curl", "-sS", f"http://{everybody.ada.host}/api/v1/containers/{ADA}/lab/{name}/images/1"
    )
    pulled = everybody.nobody.apptainer.pull(f"library://{ADA}/lab/{name}:sha256.{sha256}")
    digest = terminal.must("oras", "resolve", f"{address}:1").strip()

    assert f'"digest":"sha256:{sha256}"' in image
    assert pulled.sha256 == sha256
    assert f"sha256:{sha256}" in terminal.must("oras", "manifest", "fetch", f"{address}@{digest}")
    assert terminal.must("crane", "digest", f"{address}:1").strip() == digest
    raw = terminal.must("skopeo", "inspect", "--raw", f"docker://{address}:1")
    assert terminal.must("crane", "manifest", f"{address}@{digest}") == raw


def test_the_table_of_the_docs_is_what_came_out(outcome):
    rows = [
        [f"`{way_in}`", *(outcome(way_in, way_out) for way_out in WAYS_OUT)] for way_in in WAYS_IN
    ]
    text = TEXT.format(table=table(["", *(f"`{way_out}`" for way_out in WAYS_OUT)], rows))

    if os.environ.get("WRITE_PAIRS"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Give a table of Markdown whose columns stand below each other."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [heads, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| "
        + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    )
