"""Ends the server at a chosen system call, or lets that call fail: strace beside the process."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sregistry_core.testing.live import LiveRegistry

from .needing import need, need_program
from .waiting import eventually

PATIENCE = 20.0  # seconds


@contextmanager
def injected(registry: LiveRegistry, injection: str) -> Iterator[None]:
    """Let system calls of a running server go wrong for the time of the block.

    injection   in strace's words: `fsync:error=EIO`, `rename:signal=KILL:when=2`; calls are
                counted in every thread by itself.
    """
    need_program("strace")
    calls = injection.partition(":")[0]
    with tempfile.NamedTemporaryFile(prefix="strace-") as said:
        words = ["strace", "-f", "-p", str(registry.pid), "-o", "/dev/null"]
        words += ["-e", f"trace={calls}", "-e", f"inject={injection}"]
        tracer = subprocess.Popen(words, stderr=said)
        try:
            _wait_until_attached(tracer, registry, Path(said.name))
            yield
        finally:
            tracer.terminate()
            tracer.wait(PATIENCE)


def _wait_until_attached(
    tracer: "subprocess.Popen[bytes]", registry: LiveRegistry, said: Path
) -> None:
    threads = Path(f"/proc/{registry.pid}/task")

    def attached() -> bool:
        need(tracer.poll() is None, f"the right to trace ({said.read_text().strip()})")
        return all(
            "TracerPid:\t0\n" not in (thread / "status").read_text() for thread in threads.iterdir()
        )

    eventually(attached, PATIENCE)


def is_dead(registry: LiveRegistry, within: float) -> bool:
    """Tell whether the server ends within some seconds."""
    end = time.monotonic() + within
    while registry.is_running:
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
