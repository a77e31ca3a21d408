"""The real Apptainer in its root, and orders whose directories it can reach."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sregistry_core.contracts import BuildOrder
from sregistry_core.testing.apptainer import Apptainer, ApptainerMissing, root_made_by
from sregistry_core.testing.components import leave_out

SCRIPT = Path(__file__).parents[3] / "tests/components/apptainer-root.sh"


@pytest.fixture(scope="session")
def apptainer_root():
    """The root with the client. Without it the test is skipped, but on CI it fails."""
    try:
        return root_made_by(SCRIPT)
    except ApptainerMissing as missing:
        leave_out(f"no Apptainer client: {missing}")


@pytest.fixture
def apptainer(apptainer_root, tmp_path):
    """A client whose place holds all directories of the test."""
    return Apptainer(apptainer_root, tmp_path)


@pytest.fixture
def base(apptainer):
    """An image with a shell and a few programs, to start from."""
    return apptainer.build_runnable_image("base.sif", "head", "sleep", "tr")


@pytest.fixture
def make_order_in(tmp_path):
    """Makes orders with files sent along and arguments."""

    def make(definition, *, files=None, secrets=None, lifetime=timedelta(minutes=2), **arguments):
        work = tmp_path / "work"
        work.mkdir(mode=0o700)
        context = None
        if files is not None:
            context = tmp_path / "context"
            context.mkdir()
            for name, text in files.items():
                (context / name).write_text(text)
        return BuildOrder(
            identifier="1" * 32,
            definition=definition,
            arch="amd64",
            work_directory=work,
            context_directory=context,
            deadline=datetime.now(UTC) + lifetime,
            cancelled=lambda: False,
            arguments=arguments,
            secrets=secrets or {},
        )

    return make
