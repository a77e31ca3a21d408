"""One command: what it says line by line, and its end, also when it would not end by itself."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from sregistry_core.contracts import BuildFailed, OutputLines, handle_of_process

_STEP_SECONDS = 0.5
_GRACE_SECONDS = 3.0
_BLOCK = 1 << 16


class Process:
    """A command in a session of its own."""

    def __init__(self, words: Sequence[str], *, directory: Path, environment: Mapping[str, str]):
        """Start it. Raises BuildFailed when that is not possible."""
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the words are the ini file's, and ours
                list(words),
                cwd=directory,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise BuildFailed(f"{words[0]} cannot be started: {error.strerror}") from error

    @property
    def handle(self) -> str:
        """What leads back to it: its number, and when it was started."""
        return handle_of_process(self._process.pid)

    def follow(self, show: Callable[[str], None], why_to_stop: Callable[[], str | None]) -> int:
        """Show its lines until it ends, and give its status.

        why_to_stop   is asked about twice a second: a reason ends it, and is raised as BuildFailed
        """
        lines = OutputLines(show)
        with (
            cast(IO[bytes], self._process.stdout) as output,
            selectors.DefaultSelector() as selector,
        ):
            os.set_blocking(output.fileno(), False)
            selector.register(output, selectors.EVENT_READ)
            asked_at = 0.0
            while True:
                block = output.read(_BLOCK) if selector.select(_STEP_SECONDS) else None
                if block:
                    lines.add(block)
                if time.monotonic() - asked_at >= _STEP_SECONDS:
                    asked_at = time.monotonic()
                    if reason := why_to_stop():
                        self.kill()
                        raise BuildFailed(reason)
                # What it has started may hold the pipe open after its end.
                if block == b"" or (not block and self._process.poll() is not None):
                    break
            lines.end()
        self._end_group(signal.SIGKILL)
        return self._process.wait()

    def kill(self) -> None:
        """End it and all that it has started."""
        self._end_group(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_SECONDS)
        self._end_group(signal.SIGKILL)
        self._process.wait()

    def _end_group(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
