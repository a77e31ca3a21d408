"""The real Apptainer client and the real server for these tests, and the people who use them.

One server serves all tests of a file; so that they stay independent, every test has users of its
own. A file that needs other settings names them in SETTINGS.
"""

import re
import shutil
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.request import urlopen

import pytest

from sregistry_core.testing.apptainer import Apptainer, ApptainerMissing, root_made_by
from sregistry_core.testing.components import leave_out
from sregistry_core.testing.image_files import with_architecture
from sregistry_core.testing.live import LiveRegistry, free_address
from sregistry_core.testing.people import Person

SCRIPT = Path(__file__).parents[1] / "components/apptainer-root.sh"
_NUMBERS = count(1)


@dataclass(frozen=True)
class Samples:
    """Images made once for all tests; copy one with `apptainer.put(samples.small)` before use.

    small     1 MB, amd64, unsigned, with the label `maintainer ada`.
    signed    1 MB, signed with the one key in `keyring`.
    big       70 MiB, unsigned: the library client pushes it in parts.
    arm64     1 MB, unsigned, for another architecture.
    keyring   for `apptainer.adopt_keys(samples.keyring)`; its key has no passphrase and the
              `fingerprint`.
    """

    small: Path
    signed: Path
    big: Path
    arm64: Path
    keyring: Path
    fingerprint: str


@pytest.fixture(scope="session")
def apptainer_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root with the client. Without it the test is skipped, but on CI it fails."""
    try:
        root = root_made_by(SCRIPT)
        Apptainer(root, tmp_path_factory.mktemp("first")).must("--version")
        return root
    except ApptainerMissing as missing:
        leave_out(f"no Apptainer client: {missing}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let all tests skipped for want of a client show as one line of the summary.

    pytest folds skips of one file and line; a fixture's skip is told at each test's own.
    """
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple):
        _, _, reason = report.longrepr
        if "no Apptainer client" in reason or "no programs of Debian unstable" in reason:
            report.longrepr = (__file__, 1, reason)
    return report


@pytest.fixture
def apptainer(apptainer_root: Path, tmp_path: Path) -> Iterator[Apptainer]:
    """A client nobody has used yet; its directory is gone after the test."""
    client = Apptainer(apptainer_root, tmp_path / "client")
    yield client
    shutil.rmtree(client.place)


@pytest.fixture(scope="session")
def samples(apptainer_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samples]:
    """Images to push and pull. They are shared: never change them, change a copy."""
    maker = Apptainer(apptainer_root, tmp_path_factory.mktemp("samples") / "maker")
    fingerprint = maker.new_key("Ada", "ada@registry.test")
    signed = maker.build_image("signed.sif", labels={"maintainer": "ada"})
    maker.sign(signed)

    yield Samples(
        small=maker.build_image("small.sif", labels={"maintainer": "ada"}),
        signed=signed,
        big=maker.build_image("big.sif", size_bytes=70 * 1024**2),
        arm64=with_architecture(maker.build_image("arm64.sif"), "arm64"),
        keyring=maker.keyring,
        fingerprint=fingerprint,
    )
    shutil.rmtree(maker.place)


@pytest.fixture(scope="module")
def server(
    apptainer_root: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveRegistry]:
    """The real server on port 80 of an address of its own: the shub client takes no other port.

    When the tests are over, no request may have failed by a mistake of the server's.
    """
    settings = getattr(request.module, "SETTINGS", {})
    directory = tmp_path_factory.mktemp("server")
    with LiveRegistry(directory, listen=f"{free_address()}:80", settings=settings) as registry:
        yield registry
    assert "Traceback" not in registry.log


@pytest.fixture
def host(server: LiveRegistry) -> str:
    """The server's address, without scheme and port."""
    return server.url.removeprefix("http://")


@pytest.fixture
def make_person(
    apptainer_root: Path, server: LiveRegistry, tmp_path: Path
) -> Iterator[Callable[..., Person]]:
    """Makes people; with `token` they are logged in, and `name` is taken as it is."""
    made: list[Person] = []

    def make(word: str, *, name: str = "", token: str = "") -> Person:
        name = name or f"{word}{next(_NUMBERS)}"
        person = Person(
            apptainer_root, tmp_path / f"{word}-at-home", name=name, server=server, token=token
        )
        made.append(person)
        if token:
            added = person.add_remote("r", server.url, token=token)
            assert added.code == 0, added.screen
        return person

    yield make
    for person in made:
        shutil.rmtree(person.place)


@pytest.fixture
def ada(make_person: Callable[..., Person], server: LiveRegistry) -> Person:
    """A user, logged in."""
    name = f"ada{next(_NUMBERS)}"
    return make_person("ada", name=name, token=server.make_user(name))


@pytest.fixture
def bob(make_person: Callable[..., Person], server: LiveRegistry) -> Person:
    """Another user, logged in."""
    name = f"bob{next(_NUMBERS)}"
    return make_person("bob", name=name, token=server.make_user(name))


@pytest.fixture
def stranger(make_person: Callable[..., Person]) -> Person:
    """Somebody with a new client who has never heard of the registry."""
    return make_person("stranger")


@pytest.fixture
def answered(server: LiveRegistry) -> Callable[[], Counter[str]]:
    """Counts the requests that the server has answered so far: `transfer PUT 200` ..."""

    def read() -> Counter[str]:
        with urlopen(f"{server.url}/metrics") as answer:
            text = answer.read().decode()
        counted: Counter[str] = Counter()
        for labels, number in re.findall(r"^sregistry_requests_total\{(.*)\} (\S+)$", text, re.M):
            said = dict(re.findall(r'(\w+)="(.*?)"', labels))
            counted[f"{said['protocol']} {said['method']} {said['status']}"] = int(float(number))
        return counted

    return read
