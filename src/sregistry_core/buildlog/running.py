"""Runs the build log: as a process, until a signal ends it, or in a thread of the server."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable

from sregistry_core.db.session import Database
from sregistry_core.errors import ConfigurationError
from sregistry_core.services import Facilities

from .server import BuildLogServer

_PATIENCE_SECONDS = 30.0


def run(
    database: Database,
    facilities: Facilities,
    *,
    host: str,
    port: int,
    ready: Callable[[str, int], None],
) -> None:
    """Serve until SIGTERM or SIGINT; clients are then told that the server goes away.

    ready   called once, with the address and port
    A second signal does not wait for them.
    Raises ConfigurationError when the address cannot be had.
    """

    async def serve() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()

        def end() -> None:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_DFL)
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end)
        await _serve(database, facilities, host, port, stop, ready)

    asyncio.run(serve())


class EmbeddedBuildLog:
    """The build log within the server, at a port that only this machine knows."""

    def __init__(self, database: Database, facilities: Facilities):
        self._database = database
        self._facilities = facilities
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="build-log", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self.address = ("127.0.0.1", 0)

    def start(self) -> None:
        """Start it, and wait until it listens at `address`."""
        self._thread.start()
        if not self._is_ready.wait(_PATIENCE_SECONDS):
            raise ConfigurationError("the build log does not start")

    def stop(self) -> None:
        """Tell clients that the server goes away, and end."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_PATIENCE_SECONDS)

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await _serve(self._database, self._facilities, *self.address, self._stop, self._ready)

        asyncio.run(serve())

    def _ready(self, host: str, port: int) -> None:
        self.address = (host, port)
        self._is_ready.set()


async def _serve(
    database: Database,
    facilities: Facilities,
    host: str,
    port: int,
    stop: asyncio.Event,
    ready: Callable[[str, int], None],
) -> None:
    log = BuildLogServer(database, facilities)
    try:
        server = await log.listen(host, port)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise ConfigurationError(f"sregistry.build_log = {host}:{port}: {reason}") from error
    ready(*server.sockets[0].getsockname()[:2])
    await stop.wait()
    server.close()
    await server.wait_closed()
    log.close()
