"""A network of its own for containers: every one has an address there, and nobody else is in it.

with Bridge("172.30.232") as bridge:
    bridge.attach("web", "172.30.232.3")    # `podman run --network ns:PATH`
    with bridge.inside():
        urlopen("http://172.30.232.3:8080/")    # as somebody on the machine of the containers
"""

import ctypes
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from sregistry_core.testing.components import leave_out, need

_CLONE_NEWNET = 0x40000000
_PATIENCE_SECONDS = 10.0


class Bridge:
    """Each namespace is held by a process that sleeps, and is gone with it.

    prefix   the first three numbers of every address; the machine itself has .1
    """

    def __init__(self, prefix: str):
        self.prefix = prefix
        self._ip = need("ip", "iproute2")
        self._nsenter = need("nsenter", "util-linux")
        self._holders: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Bridge":
        if os.geteuid() != 0:
            leave_out("only root makes networks for containers")
        try:
            self._hold("")
            self._do("", "link", "add", "bridge0", "type", "bridge")
            self._do("", "addr", "add", f"{self.prefix}.1/24", "dev", "bridge0")
            self._do("", "link", "set", "bridge0", "up")
        except (OSError, subprocess.CalledProcessError) as error:
            self.close()
            leave_out(f"no network for containers can be made here: {error}")
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
        """The namespace of the machine of the containers."""
        return self._path("")

    def attach(self, name: str, address: str) -> Path:
        """Make a namespace with an address on the bridge, and give its path."""
        self._hold(name)
        pid, link = str(self._holders[name].pid), f"link{len(self._holders)}"
        self._do("", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", pid)
        self._do("", "link", "set", link, "master", "bridge0", "up")
        self._do(name, "addr", "add", f"{address}/24", "dev", "eth0")
        self._do(name, "link", "set", "eth0", "up")
        return self._path(name)

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

    def close(self) -> None:
        """End all holders; the networks go with them."""
        for holder in self._holders.values():
            holder.kill()
            holder.wait()
        self._holders = {}

    def _hold(self, name: str) -> None:
        words = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"]
        self._holders[name] = holder = subprocess.Popen(words)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        # Until it has its own, its network is ours.
        while self._path(name).readlink() == Path("/proc/self/ns/net").readlink():
            if holder.poll() is not None or time.monotonic() > deadline:
                raise OSError("unshare --net ended")
            time.sleep(0.01)
        self._do(name, "link", "set", "lo", "up")

    def _path(self, name: str) -> Path:
        return Path(f"/proc/{self._holders[name].pid}/ns/net")

    def _do(self, name: str, *words: str) -> None:
        subprocess.run(
            [self._nsenter, f"--net={self._path(name)}", self._ip, *words],
            check=True,
            capture_output=True,
        )


def _enter(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
