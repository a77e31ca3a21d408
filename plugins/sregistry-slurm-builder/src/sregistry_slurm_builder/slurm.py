"""Slurm's commands: a job is submitted, found, asked for its state, and ended."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sregistry_core.contracts import SEARCH_PATH, BuildAccount, BuildFailed

_ANSWER_SECONDS = 60
_AWAY = (
    "unable to contact slurm controller",
    "socket timed out",
    "zero bytes were transmitted",
    "connection refused",
    "connection reset",
    "connection timed out",
    "unable to establish configuration source",
    "protocol authentication error",
    "temporarily",
)
"""What Slurm's commands say when the controller cannot be reached for now."""
_A_MONTH = "--starttime=now-30days"
_UNKNOWN = "invalid job id"


class SlurmAway(Exception):
    """Slurm cannot be asked for now; the text is what its command said."""


class Refused(Exception):
    """Slurm will not; the text is what its command said."""


@dataclass(frozen=True, slots=True)
class Job:
    """How a job is: a state such as RUNNING, and Slurm's own word for why it is in it."""

    state: str
    reason: str = ""


class Slurm:
    """Runs the commands, as the user who builds."""

    def __init__(self, account: BuildAccount | None, *, configuration: str = ""):
        """configuration: the path of slurm.conf, where the commands do not find it."""
        self._account = account
        self._configuration = configuration

    def submit(self, script: Path, name: str, options: Sequence[str], output: Path) -> str:
        """Submit a job that runs once, and give its number.

        Raises SlurmAway, and then nobody knows whether it was taken; Refused.
        """
        said = self._run(
            "sbatch",
            *("--parsable", "--no-requeue", "--export=NIL", "--open-mode=append"),
            *(f"--job-name={name}", f"--comment={name}", "--input=/dev/null"),
            *(f"--output={output}", f"--chdir={script.parent}", *options, str(script)),
        )
        # On a federation the name of the cluster follows.
        return said.strip().splitlines()[-1].partition(";")[0]

    def find(self, name: str) -> str | None:
        """Give the number of the first job of a name, None when there is none. SlurmAway."""
        known = self._run("squeue", "--noheader", "--states=all", f"--name={name}", "--format=%i")
        found = known.split()
        if not found:
            past = self._ask_accounting(f"--name={name}", "--format=JobID", _A_MONTH)
            found = [line for line in past if line.isdigit()]
        return min(found, key=int) if found else None

    def look(self, job: str) -> Job | None:
        """Give how a job is, None when Slurm knows it no more. SlurmAway."""
        try:
            said = self._run(
                "squeue", "--noheader", "--states=all", f"--jobs={job}", "--format=%T|%r"
            )
        except Refused as refusal:
            if _UNKNOWN not in str(refusal).lower():
                raise SlurmAway(str(refusal)) from refusal
            said = ""
        for line in said.splitlines():
            state, _, reason = line.strip().partition("|")
            return Job(state, "" if reason == "None" else reason)
        for line in self._ask_accounting(f"--jobs={job}", "--format=State"):
            # Such as `CANCELLED by 1000`.
            return Job(line.split()[0].rstrip("+"))
        return None

    def end(self, job: str) -> None:
        """Have a job ended; one that has ended is fine. SlurmAway."""
        try:
            self._run("scancel", "--quiet", job)
        except Refused as refusal:
            said = str(refusal).lower()
            if _UNKNOWN not in said and "already" not in said:
                raise SlurmAway(str(refusal)) from refusal

    def version(self) -> str:
        """Give what Slurm calls itself."""
        try:
            return self._run("sbatch", "--version").strip() or "Slurm"
        except (SlurmAway, Refused, BuildFailed):
            return "Slurm"

    def _ask_accounting(self, *words: str) -> Sequence[str]:
        """Give what the accounting says of jobs; nothing where there is none."""
        if shutil.which("sacct", path=self._path) is None:
            return ()
        try:
            said = self._run("sacct", "--noheader", "--allocations", "--parsable2", *words)
        except Refused:
            return ()
        return [line.strip() for line in said.splitlines() if line.strip()]

    @property
    def _path(self) -> str:
        return os.environ.get("PATH", SEARCH_PATH)

    def _run(self, *words: str) -> str:
        environment: Mapping[str, str] = {"PATH": self._path, "LC_ALL": "C.UTF-8"}
        configuration = self._configuration or os.environ.get("SLURM_CONF", "")
        if configuration:
            environment = {**environment, "SLURM_CONF": configuration}
        dropped = self._account.words() if self._account is not None else ()
        try:
            done = subprocess.run(  # noqa: S603 - the words are the ini file's, and ours
                # What a killed worker was submitting, the next one submits.
                ["setpriv", "--pdeathsig", "KILL", "--", *dropped, *words],  # noqa: S607
                cwd="/",
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                # Ctrl-C is the worker's to hear.
                start_new_session=True,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=_ANSWER_SECONDS,
            )
        except subprocess.TimeoutExpired as late:
            raise SlurmAway(f"{words[0]} does not answer") from late
        except OSError as error:
            raise BuildFailed(f"{words[0]} cannot be run here: {error.strerror}") from error
        if done.returncode == 0:
            return done.stdout
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        said = lines[-1].strip() if lines else f"{words[0]} ended with {done.returncode}"
        if any(sign in done.stderr.lower() for sign in _AWAY):
            raise SlurmAway(said)
        raise Refused(said)
