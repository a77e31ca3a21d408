"""A network of its own for the machine of the containers: nothing else of this machine is in it.

with Network() as network:
    network.start("podman", "system", "service", ...)   # a process that lives in it
    with network.inside():
        urlopen("http://172.30.232.3:8080/")    # as somebody on the machine of the containers
"""

import ctypes
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from sregistry_core.testing.components import leave_out, need

_CLONE_NEWNET = 0x40000000
_PATIENCE_SECONDS = 10.0


class Network:
    """Held by a process that sleeps, and gone with it and what was started in it."""

    def __init__(self) -> None:
        self._enter_it = need("nsenter", "util-linux")
        self._ip = need("ip", "iproute2")
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Network":
        if os.geteuid() != 0:
            leave_out("only root makes networks for containers")
        words = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"]
        self._processes.append(subprocess.Popen(words))
        deadline = time.monotonic() + _PATIENCE_SECONDS
        # Until it has its own, its network is ours.
        while self.path.readlink() == Path("/proc/self/ns/net").readlink():
            if self._processes[0].poll() is not None or time.monotonic() > deadline:
                self.close()
                leave_out("no network for containers can be made here")
            time.sleep(0.01)
        self._do("link", "set", "lo", "up")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The namespace."""
        return Path(f"/proc/{self._processes[0].pid}/ns/net")

    def start(self, *words: str, environ: Mapping[str, str], log: Path) -> None:
        """Start a program that has this network, and goes with it."""
        enter = ["setpriv", "--pdeathsig", "KILL", self._enter_it, f"--net={self.path}"]
        with log.open("ab") as file:
            process = subprocess.Popen(
                [*enter, *words],
                env={**os.environ, **environ},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self._processes.append(process)

    def forget_neighbours(self) -> None:
        """Ask again who has an address: one that has started again may have other hardware."""
        self._do("neigh", "flush", "all")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Let this thread's new connections begin there for the time of the block."""
        own = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
        there = os.open(self.path, os.O_RDONLY)
        try:
            _enter(there)
            try:
                yield
            finally:
                _enter(own)
        finally:
            os.close(own)
            os.close(there)

    def _do(self, *words: str) -> None:
        subprocess.run([self._enter_it, f"--net={self.path}", self._ip, *words], check=True)

    def close(self) -> None:
        """End what was started in it, the last first, and let it go."""
        while self._processes:
            process = self._processes.pop()
            process.kill()
            process.wait()


def _enter(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
