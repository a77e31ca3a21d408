"""Builds with the Apptainer or Singularity of this machine, in a sandbox."""

import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sregistry_core.contracts import (
    SEARCH_PATH,
    ApptainerProgram,
    Builder,
    BuildFailed,
    BuildOrder,
    BuildOutput,
    bytes_below,
    end_process_group,
)

from .limits_seen import LimitsSeen
from .process import Process
from .sandbox import Sandbox

_VERSION_SECONDS = 30
_LOOK_AT_DISK_SECONDS = 5.0
_STATUS_OF_KILLED = 128 + signal.SIGKILL
_KILLED = "it was killed, as the kernel does where all that builds may have of memory is used up"


class LocalBuilder(Builder):
    """Runs `apptainer build` once for each order."""

    def __init__(self, program: ApptainerProgram, *, sandbox: Sandbox):
        """Nothing is started."""
        self._program = program
        self._sandbox = sandbox

    def run(self, order: BuildOrder, output: BuildOutput) -> Path:
        """Build in the work directory of the order."""
        program, work = self._program, order.work_directory
        program.require_allowed(order)
        image = work / "image.sif"
        directory = program.furnish(order, self._sandbox.user)
        program.hide(order, output)
        process = Process(
            self._sandbox.words(program.words(order, image), directory, program.variables(work)),
            directory=directory,
            environment={"PATH": SEARCH_PATH},
        )
        output.remember(process.handle)
        limits = LimitsSeen(self._sandbox)
        status = process.follow(limits.looking(output.line), self._why_to_stop(order))
        if status:
            said = f"{program.name} build ended with status {status}"
            why = limits.reason() or (_KILLED if status == _STATUS_OF_KILLED else "")
            raise BuildFailed(": ".join(filter(None, (said, why))))
        if not image.is_file():
            raise BuildFailed("the build ended well and left no image")
        program.tell_bases(order, output)
        return image

    def clear(self, handle: str) -> None:
        """End the process of a build whose worker was killed."""
        end_process_group(handle)

    def version(self) -> str:
        """Ask the program."""
        words = self._sandbox.words([*self._program.command, "--version"], Path("/"), {})
        try:
            done = subprocess.run(  # noqa: S603 - the words are the ini file's, and ours
                words,
                capture_output=True,
                text=True,
                check=False,
                timeout=_VERSION_SECONDS,
                env={"PATH": SEARCH_PATH},
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired):
            return self._program.name
        said = done.stdout.strip().splitlines()
        return said[-1] if said and not done.returncode else self._program.name

    def _why_to_stop(self, order: BuildOrder) -> Callable[[], str | None]:
        looked_at = time.monotonic()

        def ask() -> str | None:
            nonlocal looked_at
            if order.cancelled():
                return "it was cancelled"
            if datetime.now(UTC) >= order.deadline:
                return "it took too long"
            if self._sandbox.disk and time.monotonic() - looked_at >= _LOOK_AT_DISK_SECONDS:
                if bytes_below(order.work_directory) > self._sandbox.disk:
                    return f"it needed more than {self._sandbox.disk} bytes of disk"
                looked_at = time.monotonic()
            return None

        return ask
