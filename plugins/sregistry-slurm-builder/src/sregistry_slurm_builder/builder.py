"""Builds as jobs of Slurm, which outlive the worker that submitted them."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from sregistry_core.contracts import (
    ApptainerProgram,
    BuildAccount,
    Builder,
    BuildFailed,
    BuildLeft,
    BuildOrder,
    BuildOutput,
    OutputLines,
    bytes_below,
)

from .job_files import JobFiles
from .limits import Limits
from .slurm import Job, Refused, Slurm, SlurmAway

_STEP_SECONDS = 0.5
_LOOK_AT_DISK_SECONDS = 5.0
_MOST_ENDING_SECONDS = 180.0
_ENDS = {
    "COMPLETED": "",
    "FAILED": "",
    "TIMEOUT": "Slurm ended the job {job}: it ran for longer than it may",
    "DEADLINE": "Slurm ended the job {job}: it ran for longer than it may",
    "NODE_FAIL": "the node of the job {job} failed",
    "BOOT_FAIL": "the node of the job {job} did not start",
    "PREEMPTED": "Slurm ended the job {job} for one that is more urgent",
    "OUT_OF_MEMORY": "Slurm ended the job {job}: it needed more memory than it may have",
    "CANCELLED": "the job {job} was cancelled in Slurm",
    "REVOKED": "the job {job} was taken away by another cluster",
}
"""States in which nothing more happens to a job, with why there is no image."""
_NEVER = frozenset(
    {
        "AccountNotAllowed",
        "BadConstraints",
        "InvalidAccount",
        "InvalidQOS",
        "PartitionNodeLimit",
        "PartitionTimeLimit",
        "QOSNotAllowed",
    }
)
"""Why a job waits that will never begin, unless somebody changes it."""
_MEMORY_SIGNS = (b"exceeded memory limit", b"Exceeded job memory limit", b"oom-kill", b"oom_kill")


class SlurmBuilder(Builder):
    """Submits one job for each order, and follows it."""

    goes_on: ClassVar[bool] = True

    def __init__(
        self,
        program: ApptainerProgram,
        *,
        slurm: Slurm,
        account: BuildAccount | None,
        limits: Limits,
        pause: float = 10.0,
    ):
        """Nothing is submitted. pause: seconds between two questions for the state of a job."""
        self._program = program
        self._slurm = slurm
        self._account = account
        self._limits = limits
        self._pause = pause
        self._version = program.name

    def run(self, order: BuildOrder, output: BuildOutput) -> Path:
        """Build in the work directory of the order, which the nodes share."""
        self._program.require_allowed(order)
        image = order.work_directory / "image.sif"
        files = JobFiles(order.work_directory, self._account)
        self._program.hide(order, output)
        output.begin_again()
        job = self._found(order, files)
        if job is None:
            job = self._submitted(order, output, files, image)
        output.remember(f"{_name(order)} {job}")
        output.line(f"the job {job} of Slurm")
        self._follow(order, output, files, job)
        if not image.is_file():
            raise BuildFailed("the build ended well and left no image")
        self._program.tell_bases(order, output)
        return image

    def clear(self, handle: str) -> None:
        """End the job of a build that nobody follows any more."""
        name, _, job = handle.partition(" ")
        job = job or self._slurm.find(name) or ""
        if job:
            self._slurm.end(job)

    def version(self) -> str:
        """Give what the nodes call the program, and Slurm itself."""
        return f"{self._version}, {self._slurm.version()}"

    def _found(self, order: BuildOrder, files: JobFiles) -> str | None:
        """Give the job that a killed worker has submitted."""
        if order.handle is None:
            return None
        job = order.handle.partition(" ")[2]
        return job or self._job_of_name(order) or files.word("job") or None

    def _submitted(
        self, order: BuildOrder, output: BuildOutput, files: JobFiles, image: Path
    ) -> str:
        directory = self._program.furnish(order, self._account)
        variables = self._program.variables(order.work_directory)
        assigned = [f"{name}={value}" for name, value in variables.items()]
        command = ["env", f"--chdir={directory}", *assigned, *self._program.words(order, image)]
        files.write(self._program.command, command)
        # Before there is a job: by this name it is found again.
        output.remember(_name(order))
        while True:
            left = order.deadline - datetime.now(UTC)
            options = self._limits.words(order.container, left)
            try:
                return self._slurm.submit(files.script, _name(order), options, files.output)
            except Refused as refusal:
                raise BuildFailed(f"Slurm takes no such job: {refusal}") from refusal
            except SlurmAway as away:
                self._wait(order, str(away))
            if job := self._job_of_name(order):
                return job

    def _job_of_name(self, order: BuildOrder) -> str | None:
        while True:
            try:
                return self._slurm.find(_name(order))
            except (SlurmAway, Refused) as away:
                self._wait(order, str(away))

    def _wait(self, order: BuildOrder, away: str) -> None:
        """Wait for Slurm itself. Raises BuildFailed when the build is to end meanwhile."""
        until = time.monotonic() + self._pause
        while True:
            if reason := _why_to_stop(order):
                raise BuildFailed(f"{reason}, and Slurm cannot be asked: {away}")
            if time.monotonic() >= until:
                return
            time.sleep(_STEP_SECONDS)

    def _follow(self, order: BuildOrder, output: BuildOutput, files: JobFiles, job: str) -> None:
        lines = OutputLines(output.line)
        memory = _MemoryWatch()
        seen: Job | None = Job("PENDING")
        looked_at = measured_at = time.monotonic()
        asked, version = False, ""
        while True:
            files.show_new(lines, memory.look)
            # Early, before the build can put anything in its place.
            version = version or files.word("version")
            if reason := _why_to_stop(order):
                if seen is not None and seen.state == "PENDING" and seen.reason:
                    reason = f"{reason}, in the queue of Slurm ({seen.reason})"
                self._end(order, job, reason)
            if self._limits.disk and time.monotonic() - measured_at >= _LOOK_AT_DISK_SECONDS:
                if bytes_below(order.work_directory) > self._limits.disk:
                    self._end(order, job, f"it needed more than {self._limits.disk} bytes of disk")
                measured_at = time.monotonic()
            is_due = time.monotonic() - looked_at >= (self._pause if asked else 0)
            if is_due or (files.word("status") and time.monotonic() - looked_at >= _STEP_SECONDS):
                looked_at, asked = time.monotonic(), True
                try:
                    seen = self._slurm.look(job)
                except SlurmAway:
                    # The job runs on without its controller.
                    time.sleep(_STEP_SECONDS)
                    continue
                if seen is None or seen.state in _ENDS:
                    break
                if seen.state == "PENDING" and seen.reason in _NEVER:
                    self._end(order, job, f"Slurm will never begin the job {job}: {seen.reason}")
            time.sleep(_STEP_SECONDS)
        files.show_new(lines, memory.look)
        lines.end()
        self._version = version or files.word("version") or self._version
        self._require_done(files, job, seen, memory)

    def _require_done(
        self, files: JobFiles, job: str, seen: Job | None, memory: "_MemoryWatch"
    ) -> None:
        """Raise BuildFailed with why a job has left no image."""
        status = files.word("status")
        state = seen.state if seen is not None else ""
        if state == "COMPLETED" or (not state and status == "0"):
            return
        if _ENDS.get(state):
            raise BuildFailed(_ENDS[state].format(job=job))
        if memory.was_seen:
            raise BuildFailed(_ENDS["OUT_OF_MEMORY"].format(job=job))
        if status.isdigit():
            raise BuildFailed(f"{self._program.name} build ended with status {status}")
        if seen is None:
            raise BuildFailed(f"Slurm no longer knows the job {job}, and it has left no status")
        raise BuildFailed(f"the job {job} failed: {seen.reason or 'Slurm says no more'}")

    def _end(self, order: BuildOrder, job: str, reason: str) -> None:
        """End a job, wait until it has ended, and raise BuildFailed with the reason."""
        until = time.monotonic() + _MOST_ENDING_SECONDS
        while time.monotonic() < until:
            try:
                self._slurm.end(job)
                seen = self._slurm.look(job)
            except SlurmAway as away:
                left = f"{reason}, and Slurm could not be asked to end the job {job}: {away}"
            else:
                if seen is None or seen.state in _ENDS:
                    raise BuildFailed(reason)
                left = f"{reason}, and the job {job} has not ended yet"
            if order.leaving():
                raise BuildLeft
            time.sleep(_STEP_SECONDS)
        raise BuildFailed(left)


class _MemoryWatch:
    """Whether the node has said that the job took too much memory: not every Slurm has a state."""

    def __init__(self) -> None:
        self.was_seen = False

    def look(self, block: bytes) -> None:
        if b"slurmstepd" in block and any(sign in block for sign in _MEMORY_SIGNS):
            self.was_seen = True


def _name(order: BuildOrder) -> str:
    return f"sregistry-build-{order.identifier}"


def _why_to_stop(order: BuildOrder) -> str | None:
    """Give why a job is to end. Raises BuildLeft when it is to run on."""
    if order.cancelled():
        return "it was cancelled"
    if order.leaving():
        raise BuildLeft
    if datetime.now(UTC) >= order.deadline:
        return "it took too long"
    return None
