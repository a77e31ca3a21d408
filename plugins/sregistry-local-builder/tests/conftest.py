"""The real Apptainer in its root, and orders whose directories it can reach."""

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from sregistry_core.contracts import ApptainerProgram, BuildAccount, BuildOrder
from sregistry_core.testing.apptainer import Apptainer, ApptainerMissing, root_made_by
from sregistry_core.testing.components import leave_out
from sregistry_local_builder import LocalBuilder, Sandbox

SCRIPT = Path(__file__).parents[3] / "tests/components/apptainer-root.sh"
BUSYBOX = Path("/bin/busybox")


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
def busybox(apptainer):
    """A program that is a shell and a few others, and needs no library."""
    if not BUSYBOX.exists():
        leave_out("no busybox that is linked statically")
    return apptainer.put(BUSYBOX, "busybox")


@pytest.fixture(scope="session")
def made_base(apptainer_root, tmp_path_factory):
    """The base image, made once."""
    if not BUSYBOX.exists():
        leave_out("no busybox that is linked statically")
    maker = Apptainer(apptainer_root, tmp_path_factory.mktemp("base"))
    programs = ("cat", "head", "sh", "sleep", "tr")
    links = "".join(f"    ln -s busybox ${{APPTAINER_ROOTFS}}/bin/{one}\n" for one in programs)
    definition = (
        f"Bootstrap: scratch\n\n%setup\n    mkdir ${{APPTAINER_ROOTFS}}/bin\n{links}\n"
        f"%files\n    {maker.put(BUSYBOX, 'busybox')} /bin/busybox\n"
    )
    maker.must("build", "base.sif", maker.write("base.def", definition))
    return maker.place / "base.sif"


@pytest.fixture
def base(apptainer, made_base):
    """An image of a few hundred kilobytes with a shell and a few programs, to start from."""
    return apptainer.put(made_base, "base.sif")


@pytest.fixture
def make_builder(apptainer):
    """Makes builders that build in the root of the real client, as its user."""

    def make(*, command=("apptainer",), options=("--force",), docker=None, **sandbox):
        number, _, group = apptainer.user.partition(":")
        account = BuildAccount(int(number), int(group))
        return LocalBuilder(
            ApptainerProgram(command=command, options=options, docker=docker),
            sandbox=Sandbox(enter=tuple(apptainer.entering()), user=account, **sandbox),
        )

    return make


@pytest.fixture
def make_order_in(tmp_path):
    """Makes orders with files sent along and arguments."""

    numbers = count(1)

    def make(definition, *, files=None, secrets=None, lifetime=timedelta(minutes=2), **arguments):
        work = tmp_path / f"work{next(numbers)}"
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
