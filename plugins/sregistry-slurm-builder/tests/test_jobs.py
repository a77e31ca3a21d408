"""What may become of a job of a real Slurm, and what is said of it then."""

import hashlib
import shutil
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sregistry_core.contracts import BuildFailed, BuildLeft
from sregistry_core.testing.builder_contract import Lines

SLEEPING = "Bootstrap: localimage\nFrom: {base}\n\n%post\n    echo begun\n    sleep 300\n"

GATED = (
    "Bootstrap: localimage\nFrom: {base}\n\n%setup\n    echo begun\n"
    "    until test -e {gate}; do sleep 0.2; done\n    echo ended\n"
)


@pytest.fixture
def run_until(make_builder, make_order, cluster, base):
    """Starts a build, does something to its job once that runs, and gives why the build failed."""

    def run(act, *, seen="begun", definition=SLEEPING, **limits):
        order, output = make_order(definition.format(base=base)), Lines()

        def wait_and_act():
            deadline = time.monotonic() + 60
            while not any(seen in line for line in output.said):
                if time.monotonic() > deadline:
                    return
                time.sleep(0.1)
            act(output.handle.partition(" ")[2])

        actor = threading.Thread(target=wait_and_act)
        actor.start()
        try:
            with pytest.raises(BuildFailed) as failure:
                make_builder(**limits).run(order, output)
        finally:
            actor.join()
        return str(failure.value)

    return run


def test_a_job_that_is_cancelled_in_slurm_says_so(run_until, cluster):
    reason = run_until(lambda job: cluster.slurm.run("scancel", job))

    assert "was cancelled in Slurm" in reason


def test_a_node_that_fails_is_the_reason(run_until, cluster):
    def update(*words):
        cluster.slurm.run("scontrol", "update", "nodename=localhost", *words)

    try:
        reason = run_until(lambda _job: update("state=down", "reason=test"))
    finally:
        update("state=idle")

    assert reason.startswith("the node of the job")


def test_a_job_gives_way_to_a_more_urgent_one(run_until, cluster):
    urgent = ("sbatch", "--partition=urgent", "--exclusive", "--uid", str(cluster.user))
    words = (*urgent, f"--chdir={cluster.place}", "--output=/dev/null", "--wrap=sleep 1")

    reason = run_until(lambda _job: cluster.slurm.run(*words))

    assert "more urgent" in reason


def test_a_job_that_runs_for_too_long_is_ended_by_slurm(run_until, cluster):
    reason = run_until(
        lambda job: cluster.slurm.run("scontrol", "update", f"jobid={job}", "endtime=now")
    )

    assert reason.endswith("it ran for longer than it may")


def test_a_job_that_needs_too_much_memory_says_so(run_until):
    hungry = (
        "Bootstrap: localimage\nFrom: {base}\n\n%post\n"
        "    x=$(head -c 300000000 /dev/zero | tr '\\0' x)\n    sleep 60\n"
    )

    reason = run_until(lambda _job: None, seen="Slurm", definition=hungry, memory=100 << 20)

    assert "more memory than it may have" in reason


def test_what_needs_more_disk_than_it_may_is_ended(run_until):
    big = (
        "Bootstrap: localimage\nFrom: {base}\n\n%post\n"
        "    head -c 40000000 /dev/urandom > /big\n    sleep 60\n"
    )

    reason = run_until(lambda _job: None, seen="Slurm", definition=big, disk=20 << 20)

    assert reason == "it needed more than 20971520 bytes of disk"


def test_a_collection_has_a_partition_of_its_own_that_must_exist(make_builder, make_order, base):
    limits = {"of": [("physics/*", {"partition": "nowhere"}), ("*/*", {"partition": "brief"})]}
    definition = f"Bootstrap: localimage\nFrom: {base}\n"

    builder = make_builder(time=timedelta(minutes=1), **limits)
    assert builder.run(make_order(definition), Lines()).is_file()
    with pytest.raises(BuildFailed, match=r"Slurm takes no such job: .*partition"):
        builder.run(make_order(definition, container="physics/lab/blast"), Lines())
    with pytest.raises(BuildFailed, match=r"will never begin the job .*: PartitionTimeLimit"):
        make_builder(**limits).run(make_order(definition), Lines())


def test_a_build_that_waits_in_the_queue_until_its_time_is_up_says_why(
    make_builder, make_order, cluster, base
):
    cluster.slurm.run("scontrol", "update", "partitionname=brief", "state=down")
    try:
        with pytest.raises(BuildFailed) as failure:
            order = make_order(SLEEPING.format(base=base), lifetime=timedelta(seconds=4))
            make_builder(places={"partition": "brief"}).run(order, Lines())
    finally:
        cluster.slurm.run("scontrol", "update", "partitionname=brief", "state=up")

    assert str(failure.value) == "it took too long, in the queue of Slurm (PartitionDown)"


def test_a_job_that_is_left_runs_on_and_is_followed_again(make_builder, make_order, cluster, base):
    gate = cluster.place / "may-end"
    order, first, second = make_order(GATED.format(base=base, gate=gate)), Lines(), Lines()

    left = replace(order, leaving=lambda: any("begun" in line for line in first.said))
    with pytest.raises(BuildLeft):
        make_builder().run(left, first)

    job = first.handle.partition(" ")[2]
    state = cluster.slurm.run("squeue", "--noheader", "--format=%T", "--jobs", job).strip()
    assert state == "RUNNING"
    gate.touch()
    assert make_builder().run(replace(order, handle=first.handle), second).is_file()
    assert second.handle == first.handle
    assert second.said[: len(first.said)] == first.said
    assert "ended" in second.said


def test_a_job_that_was_submitted_and_not_remembered_is_found_by_its_name(
    make_builder, make_order, cluster, base
):
    order = make_order(f"Bootstrap: localimage\nFrom: {base}\n")
    first = Lines()
    make_builder().run(order, first)
    before = len(cluster.slurm.jobs())
    (order.work_directory / "image.sif").rename(order.work_directory / "kept")

    again = replace(order, handle=first.handle.partition(" ")[0])
    output = Lines()
    with pytest.raises(BuildFailed, match="left no image"):
        make_builder().run(again, output)

    assert output.handle == first.handle
    assert len(cluster.slurm.jobs()) == before


def test_what_was_sent_along_to_start_from_is_told_by_its_digest(
    make_builder, make_order, cluster, base
):
    context = cluster.place / "context"
    context.mkdir()
    shutil.copy(base, context / "base.sif")
    output = Lines()

    make_builder().run(
        make_order("Bootstrap: localimage\nFrom: base.sif\n", context_directory=context), output
    )

    digest = hashlib.sha256(Path(base).read_bytes()).hexdigest()
    assert output.facts == {"base:localimage://base.sif": f"sha256:{digest}"}


def test_a_job_that_slurm_has_forgotten_is_known_by_what_it_left(
    make_builder, make_order, cluster, base
):
    order = make_order(f"Bootstrap: localimage\nFrom: {base}\n")
    image = make_builder().run(order, Lines())

    name = f"sregistry-build-{order.identifier}"
    again = replace(order, handle=f"{name} 999999")

    assert make_builder().run(again, Lines()) == image


def test_files_that_a_build_puts_in_place_of_its_own_lead_nowhere(
    make_builder, make_order, cluster, base
):
    order = make_order(
        f"Bootstrap: localimage\nFrom: {base}\n\n%setup\n    cd $HOME/..\n"
        "    ln -sf /etc/shadow output\n    rm -f version; mkfifo version\n"
    )
    output = Lines()
    builder = make_builder()

    assert builder.run(order, output).is_file()
    assert not any("root:" in line for line in output.said)
    assert (order.work_directory / "output").is_symlink()
    assert "apptainer" in builder.version()
