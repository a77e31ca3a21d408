"""The real server for tests: a process of its own, with its data in a directory.

    with LiveRegistry(tmp_path / "registry", listen="127.0.0.2:80") as registry:
        token = registry.make_user("ada")
        print(registry.url, registry.admin("user", "list"))
        registry.kill()
        registry.start()

The server runs `sregistry-admin serve --set-up` with the ini file `registry.ini`; what it prints
and logs is in `registry.log`, and shown when it does not start.
"""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from sregistry_core.app import Parts
from sregistry_core.contracts import Scope
from sregistry_core.ini import read_ini
from sregistry_core.services import Services

from .live_ini import free_address, free_port, write_ini

PASSWORD = "correct horse battery"
_PATIENCE_SECONDS = 60.0


class LiveRegistry:
    """One registry: started and ended as often as a test likes, on the same data.

    url              where clients reach it, without a slash at the end.
    data             the directory of its database, images and waiting room.
    log_file         what the server has printed and logged, of every start.
    environ          the environment variables of its processes.
    """

    def __init__(
        self,
        directory: Path,
        *,
        listen: str | None = None,
        settings: Mapping[str, str] | None = None,
        server: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
        python: Path | None = None,
    ):
        """Write the ini file; nothing is started yet.

        listen     `address:port`; by default a free port of 127.0.0.1. Port 80 is not shown in
                   `url`, as the shub client needs it.
        settings   ini keys of `[app:main]` that differ: `{"sregistry.require_sif": "true"}`.
        server     ini keys of `[server:main]` that differ: `{"grace": "1s"}`.
        environ    environment variables that the server gets beside those of the tests.
        python     of the environment where the registry is installed; by default that of the tests.
        """
        self._python = str(python or sys.executable)
        self.listen = listen or f"127.0.0.1:{free_port()}"
        self.url = "http://" + self.listen.removesuffix(":80")
        self.directory = directory
        self.data = directory / "var"
        self.log_file = directory / "registry.log"
        self.ini = directory / "registry.ini"
        self.environ = {
            **{key: text for key, text in os.environ.items() if not key.startswith("SREGISTRY_")},
            **(environ or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True, exist_ok=True)
        write_ini(
            self.ini,
            listen=self.listen,
            url=self.url,
            settings=settings or {},
            server=server or {},
        )

    def __enter__(self) -> "LiveRegistry":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None and self.is_running:
            self.stop()
        else:
            self.kill()

    @property
    def is_running(self) -> bool:
        """True while the server's process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The number of the server's process."""
        assert self._process is not None, "the server was not started"
        return self._process.pid

    @property
    def log(self) -> str:
        """What the server has printed and logged, of every start."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def admin_password(self) -> str:
        """The password of the user `admin`, which the first start has printed."""
        found = re.search(r"^password: +(\S+)$", self.log, re.MULTILINE)
        assert found, f"no password was printed:\n{self.log}"
        return found[1]

    def start(self) -> None:
        """Start the server, and wait until it answers that it is ready."""
        assert not self.is_running, "the server is running already"
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                self.command("serve", "--set-up"),
                cwd=self.directory,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._is_ready():
            if not self.is_running:
                raise AssertionError(
                    f"the server ended with {self._process.returncode}:\n{self.log}"
                )
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(
                    f"the server is not ready after {_PATIENCE_SECONDS} s:\n{self.log}"
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server as an administrator would (SIGTERM); it must end well."""
        assert self._process is not None, "the server was not started"
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise AssertionError(
                f"the server did not end within {_PATIENCE_SECONDS} s:\n{self.log}"
            ) from error
        assert code == 0, f"the server ended with {code}:\n{self.log}"

    def kill(self) -> None:
        """End the server as a power cut would (SIGKILL); one that has ended is fine."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def admin(self, *words: str, stdin: str = "") -> str:
        """Run `sregistry-admin` with the ini file of this registry, and give what it prints."""
        done = self.try_admin(*words, stdin=stdin)
        assert done.returncode == 0, (
            f"sregistry-admin {' '.join(words)} ended with {done.returncode}:\n"
            f"{done.stdout}{done.stderr}"
        )
        return done.stdout

    def try_admin(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run `sregistry-admin` when it may fail; the result has code, output and errors."""
        return subprocess.run(  # noqa: S603 - our own command
            self.command(*words),
            cwd=self.directory,
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def make_user(self, name: str, *, is_admin: bool = False, scope: Scope = Scope.ADMIN) -> str:
        """Make a user with the password `PASSWORD`, and give a token of theirs.

        Works while the server runs and while it does not.
        """
        with self.services() as services:
            user = services.accounts.create(
                name, password=PASSWORD, email=f"{name}@example.org", is_admin=is_admin
            )
            return services.tokens.issue(user, scope=scope).secret

    @contextmanager
    def services(self) -> Iterator[Services]:
        """Do in this process what a command of `sregistry-admin` does in a slower one of its own.

        Works while the server runs and while it does not.
        """
        ini = read_ini(self.ini, self.environ)
        parts = Parts.open(ini.app, here=ini.here, environ=self.environ)
        try:
            with parts.unit()() as services:
                yield services
        finally:
            parts.close()

    def peak_memory(self) -> int:
        """Bytes of memory that the server's process has had at most since its start."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii", errors="replace")
        found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
        assert found, "the server is not running"
        return int(found[1]) * 1024

    def command(self, *words: str) -> list[str]:
        """Give the command line of `sregistry-admin` with the ini file of this registry."""
        return [self._python, "-m", "sregistry_core.cli", "-c", str(self.ini), *words]

    def _is_ready(self) -> bool:
        host, _, port = self.listen.rpartition(":")
        connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            with suppress(OSError):
                connection.close()


__all__ = ["PASSWORD", "LiveRegistry", "free_address", "free_port"]
