"""A real Slurm whose jobs build with the real Apptainer, and builders that submit to it."""

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from sregistry_core.contracts import ApptainerProgram, BuildAccount, BuildOrder
from sregistry_core.testing.apptainer import ApptainerMissing, root_made_by
from sregistry_core.testing.components import leave_out
from sregistry_core.testing.slurm_apptainer import BuildingSlurm
from sregistry_slurm_builder import Limits, Slurm, SlurmBuilder

SCRIPT = Path(__file__).parents[3] / "tests/components/apptainer-root.sh"
NUMBERS = count(1000)


@pytest.fixture(scope="session")
def cluster():
    """One cluster for all tests. Without its programs they are skipped, but on CI they fail."""
    try:
        root = root_made_by(SCRIPT)
    except ApptainerMissing as missing:
        leave_out(f"no Apptainer client: {missing}")
    with BuildingSlurm(root) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def base(cluster):
    """An image with a shell and a few programs, to start from."""
    return cluster.client.build_runnable_image("base.sif", "head", "sleep", "tr")


@pytest.fixture
def make_builder(cluster):
    """Makes builders; `command` and limits may be others."""

    def make(command=None, **limits):
        account = BuildAccount(cluster.user, cluster.group)
        return SlurmBuilder(
            ApptainerProgram(
                command=command or cluster.command, options=("--ignore-fakeroot-command",)
            ),
            slurm=Slurm(account, configuration=str(cluster.slurm.config)),
            account=account,
            limits=Limits(**limits),
            pause=0.5,
        )

    return make


@pytest.fixture
def make_order(cluster):
    """Makes orders, each with a directory that the node shares."""

    def make(definition, *, lifetime=timedelta(minutes=2), cancelled=lambda: False, **more):
        number = next(NUMBERS)
        work = cluster.place / f"work-{number}"
        work.mkdir(mode=0o700)
        return BuildOrder(
            **{
                "identifier": f"{number:032x}",
                "definition": definition,
                "arch": "amd64",
                "work_directory": work,
                "context_directory": None,
                "deadline": datetime.now(UTC) + lifetime,
                "cancelled": cancelled,
                "container": "ada/lab/blast",
                **more,
            }
        )

    return make
