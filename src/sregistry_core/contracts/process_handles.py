"""What leads a later worker back to a process on its machine, whatever has that number by then."""

import os
import signal
from contextlib import suppress
from pathlib import Path


def handle_of_process(number: int) -> str:
    """Give what `BuildOutput.remember` may keep of a process: its number, and its beginning."""
    return f"{number}:{_started_at(number)}"


def end_process_group(handle: str) -> None:
    """End the group that a process leads, by its handle; another process is let be."""
    number, _, started_at = handle.partition(":")
    if number.isdigit() and started_at and _started_at(int(number)) == started_at:
        with suppress(ProcessLookupError):
            os.killpg(int(number), signal.SIGKILL)


def _started_at(number: int) -> str:
    """When a process was started, in ticks since the boot; empty for one that is gone."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    # The name, in brackets, may hold blanks and brackets.
    return fields.rpartition(")")[2].split()[19]


__all__ = ["end_process_group", "handle_of_process"]
