"""The real Apptainer client for these tests: its root, a new user per test, sample images."""

import os
import shutil
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sregistry_core.testing.apptainer import (
    Apptainer,
    ApptainerMissing,
    root_made_by,
    with_architecture,
)

SCRIPT = Path(__file__).parents[1] / "components/apptainer-root.sh"


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
        reason = f"no Apptainer client: {missing}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let all tests skipped for want of the client show as one line of the summary.

    pytest folds skips of one file and line; a fixture's skip is told at each test's own.
    """
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple):
        _, _, reason = report.longrepr
        if "no Apptainer client" in reason:
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
