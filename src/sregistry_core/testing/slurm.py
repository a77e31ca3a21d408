"""A real Slurm of one node for tests: munged, slurmctld and slurmd, children on loopback.

    with Slurm(tmp_path / "slurm") as slurm:
        slurm.run("sinfo")

Everything it needs is below one directory, which every user must be able to pass through. Needs
root: a slurmd starts jobs of several users. Accounting with a database is not part of it, so
`sacct` has nothing to say.
"""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from .components import leave_out, need
from .live_ini import free_port

PARTITION = "builds"
BRIEF = "brief"
"""A partition in which nothing may run for longer than a minute."""
_ALL = ("munged", "slurmctld", "slurmd")
_PATIENCE_SECONDS = 30.0

_CONFIG = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket={directory}/munge/socket
CredType=cred/munge
SlurmUser=root
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.pid
SlurmctldLogFile={directory}/slurmctld.log
SlurmdLogFile={directory}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=batch_sched_delay=0
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
JobRequeue=0
PreemptType=preempt/partition_prio
PreemptMode=CANCEL
KillWait=1
ReturnToService=2
MinJobAge={forgets_after}
DefMemPerCPU=200
NodeName=localhost NodeAddr=127.0.0.1 Port={node_port} CPUs=4 RealMemory=2000
PartitionName={partition} Nodes=localhost Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName={brief} Nodes=localhost MaxTime=1 State=UP PriorityTier=1
PartitionName=urgent Nodes=localhost MaxTime=INFINITE State=UP PriorityTier=9
"""


class Slurm:
    """One cluster; its node is this machine.

    config   its slurm.conf, for SLURM_CONF.
    """

    def __init__(
        self,
        directory: Path,
        *,
        around_slurmd: Sequence[str] = (),
        forgets_after_seconds: int = 300,
    ):
        """Write its files.

        around_slurmd           words that run slurmd, such as those that mount something before
        forgets_after_seconds   how long the controller knows a job that has ended
        """
        if os.geteuid() != 0:
            leave_out("only root runs a Slurm whose jobs are of several users")
        self._munged = need("munged", "munge")
        self._slurmctld = need("slurmctld", "slurmctld")
        self._slurmd = need("slurmd", "slurmd")
        need("sbatch", "slurm-client")
        self._directory = directory
        self._around_slurmd = tuple(around_slurmd)
        self.config = directory / "slurm.conf"
        self._processes: list[subprocess.Popen[bytes]] = []
        for name in ("munge", "state", "spool"):
            (directory / name).mkdir(parents=True)
        for place in (directory, directory / "munge", directory / "spool"):
            place.chmod(0o755)
        key = directory / "munge/key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        self.config.write_text(
            _CONFIG.format(
                host=socket.gethostname(),
                controller_port=free_port(),
                node_port=free_port(),
                directory=directory,
                forgets_after=forgets_after_seconds,
                partition=PARTITION,
                brief=BRIEF,
            )
        )

    def __enter__(self) -> "Slurm":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start all three, and wait until the node takes jobs."""
        munge = self._directory / "munge"
        self._begin(
            self._munged,
            *("--foreground", "--force"),
            *(f"--socket={munge}/socket", f"--key-file={munge}/key", f"--pid-file={munge}/pid"),
            *(f"--seed-file={munge}/seed", f"--log-file={munge}/log"),
        )
        self._wait_until(lambda: (munge / "socket").exists(), "munged does not listen")
        # Without -c it takes up the jobs that it knew before.
        self._begin(self._slurmctld, "-D", "-f", str(self.config))
        self._begin(
            *self._around_slurmd, self._slurmd, "-D", "-f", str(self.config), "-N", "localhost"
        )
        self._wait_until(self._takes_jobs, "the node takes no jobs")

    def stop(self) -> None:
        """End all jobs, and then the three."""
        if len(self._processes) == len(_ALL):
            self._end_jobs()
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes = []

    def run(self, *words: str, check: bool = True) -> str:
        """Run one of Slurm's commands as root, and give what it says."""
        done = subprocess.run(  # noqa: S603 - what the test says is what runs
            words,
            env={**os.environ, "SLURM_CONF": str(self.config)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0 or not check, f"{words}: {done.stderr}"
        return done.stdout

    def jobs(self) -> list[str]:
        """Give the states of all jobs that the controller knows."""
        return self.run("squeue", "--noheader", "--states=all", "--format=%T").split()

    def _end_jobs(self) -> None:
        running = self.run("squeue", "--noheader", "--format=%i", check=False).split()
        if running:
            self.run("scancel", *running, check=False)
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while self.run("squeue", "--noheader", check=False) and time.monotonic() < deadline:
                time.sleep(0.1)

    def _takes_jobs(self) -> bool:
        return self.run("sinfo", "--noheader", "--format=%t", check=False).split()[:1] == ["idle"]

    def _begin(self, *words: str) -> None:
        with (self._directory / "said.log").open("ab") as log:
            self._processes.append(
                subprocess.Popen(  # noqa: S603 - our own command
                    words, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            )

    def _wait_until(self, happened: Callable[[], bool], what_did_not: str) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not happened():
            ended = any(process.poll() is not None for process in self._processes)
            if ended or time.monotonic() > deadline:
                logs = sorted(self._directory.glob("*.log"))
                said = "\n".join(log.read_text(errors="replace")[-3000:] for log in logs)
                raise AssertionError(f"{what_did_not}:\n{said}")
            time.sleep(0.05)


__all__ = ["BRIEF", "PARTITION", "Slurm"]
