"""The builder keeps its contract, with the real Apptainer building real images."""

import os
import signal
import subprocess
import sys
import time

import pytest

from sregistry_core.contracts import BuildFailed, Secret
from sregistry_core.testing.builder_contract import BuilderContract, Lines
from sregistry_local_builder import LocalBuilder, Sandbox

WORKER = """
import os, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sregistry_core.contracts import BuildOrder, BuildOutput, Secret
from sregistry_local_builder import LocalBuilder, Sandbox

class Shown(BuildOutput):
    def line(self, text):
        print(text, flush=True)

work, *enter = sys.argv[1:]
builder = LocalBuilder(
    command=["apptainer"], options=[], sandbox=Sandbox(enter=tuple(enter), user=(1000, 1000)),
    bootstraps=frozenset(), user_name="", password=Secret(""),
)
builder.run(
    BuildOrder(
        identifier="1", definition=os.environ["DEFINITION"], arch="amd64",
        work_directory=Path(work), context_directory=None,
        deadline=datetime.now(UTC) + timedelta(minutes=2), cancelled=lambda: False,
    ),
    Shown(),
)
"""
"""A worker, as far as it builds."""


@pytest.fixture
def make_builder(apptainer):
    """Makes builders that build in the root of the real client, as its user."""

    def make(*, command=("apptainer",), options=("--force",), **sandbox):
        number, _, group = apptainer.user.partition(":")
        return LocalBuilder(
            command=command,
            options=options,
            sandbox=Sandbox(
                enter=tuple(apptainer.entering()), user=(int(number), int(group)), **sandbox
            ),
            bootstraps=frozenset(),
            user_name="",
            password=Secret(""),
        )

    return make


class TestLocalBuilder(BuilderContract):
    """As the contract has it."""

    @pytest.fixture
    def builder(self, make_builder):
        return make_builder()

    @pytest.fixture
    def good(self, base):
        return f"Bootstrap: localimage\nFrom: {base}\n\n%post\n    echo built > /built\n"

    @pytest.fixture
    def failing(self, base):
        return f"Bootstrap: localimage\nFrom: {base}\n\n%post\n    echo trying\n    exit 3\n"

    @pytest.fixture
    def endless(self, base):
        return f"Bootstrap: localimage\nFrom: {base}\n\n%post\n    echo begun\n    sleep 600\n"


def test_arguments_and_files_sent_along_come_into_the_image(
    make_builder, make_order_in, base, apptainer
):
    definition = (
        f"Bootstrap: localimage\nFrom: {base}\n\n%files\n    data /data\n\n"
        "%labels\n    version {{ VERSION }}\n"
    )
    order = make_order_in(definition, files={"data": "a text of mine"}, VERSION="1.2")
    output = Lines()

    image = make_builder().run(order, output)

    seen = apptainer.must("exec", "--unsquash", image, "cat", "/data")
    assert "a text of mine" in seen
    assert "version: 1.2" in apptainer.must("inspect", image)


def test_hostile_output_is_cut_into_pieces(make_builder, make_order_in, base):
    definition = (
        f"Bootstrap: localimage\nFrom: {base}\n\n%post\n"
        "    head -c 3000000 /dev/zero | tr '\\0' x\n    printf '\\377\\376\\n'\n"
    )
    output = Lines()

    make_builder().run(make_order_in(definition), output)

    assert max(map(len, output.said)) <= 2 << 16
    assert sum(map(len, output.said)) >= 3_000_000


def test_what_needs_more_disk_than_it_may_is_ended(make_builder, make_order_in, base):
    definition = (
        f"Bootstrap: localimage\nFrom: {base}\n\n%post\n"
        "    for n in 1 2 3 4 5 6 7 8; do head -c 6000000 /dev/urandom > /big$n; done\n"
        "    sleep 60\n"
    )
    output = Lines()

    with pytest.raises(BuildFailed, match="more than 20971520 bytes of disk"):
        make_builder(disk=20 << 20).run(make_order_in(definition), output)


def test_a_killed_worker_leaves_nothing_running(apptainer, make_order_in, base):
    definition = f"Bootstrap: localimage\nFrom: {base}\n\n%post\n    echo begun\n    sleep 611\n"
    order = make_order_in(definition)
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(order.work_directory), *apptainer.entering()],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DEFINITION": definition},
    )
    for line in worker.stdout:
        if "begun" in line:
            break

    worker.send_signal(signal.SIGKILL)
    worker.wait()

    deadline = time.monotonic() + 10
    while _is_running("sleep 611") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _is_running("sleep 611")
    worker.stdout.close()


def test_a_bootstrap_that_is_not_allowed_is_refused_before_anything_runs(tmp_path, make_order_in):
    builder = LocalBuilder(
        command=("no-such-program",),
        options=(),
        sandbox=Sandbox(),
        bootstraps=frozenset({"docker"}),
        user_name="",
        password=Secret(""),
    )

    with pytest.raises(BuildFailed, match="from the bootstrap LocalImage"):
        builder.run(make_order_in("bootstrap: LocalImage\nfrom: /etc/passwd\n"), Lines())


def test_it_says_which_program_builds(make_builder):
    assert "1." in make_builder().version()


def _is_running(words):
    found = subprocess.run(["pgrep", "-f", words], capture_output=True, check=False)
    return found.returncode == 0
