"""A real Redis server for tests: a process of its own, that keeps nothing."""

import signal
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path
from types import TracebackType

from .components import need
from .live_ini import free_port

_PATIENCE_SECONDS = 20.0


class RedisServer:
    """A Redis on a loopback port, the same after every start.

    url   as `sregistry.jobs` takes it.
    """

    def __init__(self, directory: Path):
        """Nothing is started yet. Skips the test when Redis is not installed."""
        self._program = need("redis-server", "redis-server")
        self._directory = directory
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start the server, and wait until it listens."""
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly"]
        self._process = subprocess.Popen(  # noqa: S603 - Redis' own program
            [self._program, *words, "no", "--dir", str(self._directory)],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._listens():
            assert time.monotonic() < deadline, "Redis does not listen"
            time.sleep(0.02)

    def kill(self) -> None:
        """End the server as a power cut would; what it knew is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let the server take connections and answer nothing, until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let the server go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "Redis was not started"
        self._process.send_signal(number)

    def _listens(self) -> bool:
        with closing(socket.socket()) as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0
