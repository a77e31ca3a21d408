"""A real worker for tests: `sregistry-admin worker` in a process of its own."""

import subprocess
import time
from types import TracebackType

from .live import LiveRegistry

_PATIENCE_SECONDS = 60.0


class LiveWorker:
    """Works off the jobs of a live registry until it is ended.

    log   what it has printed and logged, of every start.
    """

    def __init__(self, registry: LiveRegistry, name: str = "worker"):
        """Nothing is started yet. name: of the log file, beside that of the registry."""
        self._registry = registry
        self._log_file = registry.directory / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "LiveWorker":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None and self._process is not None:
            self.stop()
        else:
            self.kill()

    @property
    def log(self) -> str:
        """What it has printed and logged, of every start."""
        return self._log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None, "the worker was not started"
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it says that it works."""
        with self._log_file.open("ab") as log:
            began = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                self._registry.command("worker"),
                cwd=self._registry.directory,
                env=self._registry.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while b"working for" not in self._log_file.read_bytes()[began:]:
            assert self._process.poll() is None, f"the worker ended:\n{self.log}"
            assert time.monotonic() < deadline, f"the worker does not start:\n{self.log}"
            time.sleep(0.05)

    def stop(self, within: float = _PATIENCE_SECONDS) -> None:
        """End it as an administrator would (SIGTERM); it must end well within some seconds."""
        assert self._process is not None, "the worker was not started"
        self._process.terminate()
        try:
            code = self._process.wait(within)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise AssertionError(
                f"the worker did not end within {within} s:\n{self.log}"
            ) from error
        self._process = None
        assert code == 0, f"the worker ended with {code}:\n{self.log}"

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
