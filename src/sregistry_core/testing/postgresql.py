"""A real PostgreSQL server for tests: a process of its own, that ends with them.

    with PostgresqlServer() as server:
        url = server.make_database()
        server.kill()
        server.start()

It sorts as people do, not by bytes, unless a column says otherwise: what leans on the order of
SQLite shows.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from sregistry_core.db import schema
from sregistry_core.db.session import open_database

from .components import need, need_module
from .live_ini import free_port

_PATIENCE_SECONDS = 60.0
_TEMPLATE = "registry_template"
_USER = "postgres"
_PACKAGE = "postgresql-15"


class PostgresqlServer:
    """One server with its data in a directory of its own, reached on a loopback port.

    port   where it listens, the same after every start.
    """

    def __init__(self, *, durable: bool = False):
        """Make the files of a server; nothing is started yet.

        durable   sync what is committed, as tests that kill the server want it
        Skips the test, as `leave_out` does, when PostgreSQL is not installed.
        """
        need_module("psycopg", "pip install 'sregistry-core[postgresql]'")
        self.port = free_port()
        self._programs = _programs()
        self._durable = durable
        # Not in the directory of the test: PostgreSQL refuses to be root, who alone may go there.
        self._directory = Path(tempfile.mkdtemp(prefix="sregistry-postgresql-"))
        self._account = _unprivileged(self._directory)
        self._process: subprocess.Popen[bytes] | None = None
        self._engine: Engine | None = None
        self._numbers = count(1)
        self._has_template = False
        words = ["-D", str(self._directory / "data"), "-A", "trust", "-U", _USER, "-E", "UTF8"]
        words += ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync"]
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
            [str(self._programs / "initdb"), *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=self._directory,
            **self._account,
        )
        assert done.returncode == 0, f"initdb ended with {done.returncode}: {done.stderr}"

    def __enter__(self) -> "PostgresqlServer":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def log(self) -> str:
        """What the server has said since its first start."""
        return (self._directory / "log").read_text(encoding="utf-8", errors="replace")

    def url(self, database: str) -> str:
        """Give the address of a database, as `sregistry.database` takes it."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        self._launch()
        while not self._answers():
            assert time.monotonic() < deadline, f"PostgreSQL does not answer:\n{self.log}"
            if self._process is not None and self._process.poll() is not None:
                # Processes of the one that was killed may be ending still.
                time.sleep(0.1)
                self._launch()
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server as an administrator would, without waiting for its clients."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End the server as a power cut would (SIGKILL)."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let the server and those of its connections answer nothing, until `thaw`."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let the server go on."""
        self._signal_all(signal.SIGCONT)

    def close(self) -> None:
        """End the server, and remove its files."""
        if self._engine is not None:
            self._engine.dispose()
        self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def make_database(self) -> str:
        """Make a database of the newest schema, and give its address."""
        if not self._has_template:
            self._execute(f"CREATE DATABASE {_TEMPLATE}")
            database = open_database(self.url(_TEMPLATE))
            schema.upgrade(database.writing)
            database.dispose()
            self._has_template = True
        return self.make_empty_database(template=_TEMPLATE)

    def make_empty_database(self, *, template: str = "template1", more: str = "") -> str:
        """Make a database without a schema, and give its address. more: further SQL of it."""
        name = f"registry_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} {more}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever still is at it."""
        self._execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        if self._engine is None:
            self._engine = create_engine(
                self.url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
            )
        with self._engine.connect() as connection:
            connection.execute(text(statement))

    def _launch(self) -> None:
        words = ["-D", str(self._directory / "data"), "-k", str(self._directory)]
        words += ["-p", str(self.port), "-c", "listen_addresses=127.0.0.1"]
        words += ["-c", "max_connections=200", "-c", "max_wal_size=256MB"]
        if not self._durable:
            for switch in ("fsync", "full_page_writes", "synchronous_commit"):
                words += ["-c", f"{switch}=off"]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
                [str(self._programs / "postgres"), *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._directory,
                **self._account,
            )

    def _signal_all(self, number: signal.Signals) -> None:
        assert self._process is not None, "the server was not started"
        parent = self._process.pid
        # Each connection has a process of its own, in a group of its own.
        told = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
        for pid in (parent, *map(int, told.split())):
            os.kill(pid, number)

    def _answers(self) -> bool:
        engine = create_engine(self.url("postgres"), poolclass=NullPool)
        try:
            with engine.connect():
                return True
        except Exception:  # whatever it says while it starts
            return False

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(_PATIENCE_SECONDS)
            self._process = None


def _programs() -> Path:
    """Give the directory of the server's programs, which Debian keeps off the search path."""
    for place in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (place / "postgres").exists():
            return place
    return Path(need("postgres", _PACKAGE)).parent


def _unprivileged(directory: Path) -> dict[str, Any]:
    """Give a directory to the account that may run PostgreSQL; what Popen needs for that."""
    if os.geteuid() != 0:
        return {}
    try:
        account = pwd.getpwnam(_USER)
    except KeyError:
        account = pwd.getpwnam("nobody")
    os.chown(directory, account.pw_uid, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
