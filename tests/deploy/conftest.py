"""The stack of deploy/docker/compose.yml in real containers, started once for tests of one file."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sregistry_core.testing.apptainer import Apptainer, ApptainerMissing, root_made_by
from sregistry_core.testing.components import leave_out
from sregistry_core.testing.oci_programs import programs_made_by

from .podman import Podman, require_working
from .stack import Stack

COMPONENTS = Path(__file__).parents[1] / "components"
BASE = "docker.io/library/debian:bookworm-slim"


@pytest.fixture(scope="session")
def podman() -> Iterator[Podman]:
    """podman with the base image of our Dockerfiles; layers of earlier runs are kept for the next.

    Whoever has it holds a lock: two runs on one machine do not mix their containers.
    """
    if os.geteuid() != 0:
        leave_out("containers are run by root only")
    cache = Path(os.environ.get("SREGISTRY_TEST_CACHE") or Path.home() / ".cache/sregistry-tests")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "podman.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        podman = Podman(cache / "podman")
        if not podman.has_image(BASE):
            podman.import_tree(_made("debian-base.sh"), BASE)
        require_working(podman, BASE)
        yield podman
        # Layers of today's runs stay: the next one builds upon them.
        podman.try_to("image", "prune", "--force", "--filter", "until=12h")


@pytest.fixture(scope="module")
def stack(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything of compose.yml; it runs, and is healthy."""
    program = programs_made_by(COMPONENTS / "unstable-programs.sh") / "docker-compose"
    with Stack(podman, program, tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture
def apptainer(stack: Stack, tmp_path: Path) -> Iterator[Apptainer]:
    """A client on the machine of the containers, which nobody has used yet."""
    try:
        root = root_made_by(COMPONENTS / "apptainer-root.sh")
    except ApptainerMissing as missing:
        leave_out(f"no Apptainer client: {missing}")
    client = Apptainer(root, tmp_path / "client", network=stack.network.path)
    client.put(stack.certificate)
    yield client
    shutil.rmtree(client.place)


def _made(script: str) -> Path:
    made = subprocess.run(
        ["bash", COMPONENTS / script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        leave_out((made.stderr.strip().splitlines() or ["it failed"])[-1])
    return Path(made.stdout.splitlines()[-1])
