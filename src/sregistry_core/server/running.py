"""Runs the server, from listening until the last answer has been sent after a signal to stop."""

import gc
import logging
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from waitress import wasyncore
from waitress.server import BaseWSGIServer, create_server

from . import huge_pages
from .adjustments import adjustments
from .connection import Connection
from .listening import listening_sockets
from .loop import Loop
from .open_files import allow_open_files
from .proxied import Proxied
from .relay import Relay
from .settings import ServerSettings
from .spool import Spool
from .threads import Threads

log = logging.getLogger(__name__)

_TURN_WHILE_STOPPING = 0.1
_ECHO_SECONDS = 0.5
_SETTLED_SECONDS = 5.0
"""So long after the start a server has made nearly all that it will keep."""
_SWEPT_AGE = timedelta(minutes=1)  # a body is locked a moment after it is made

Ready = Callable[[Sequence[tuple[str, int]]], None]


def serve(
    app: Callable[..., Any],
    settings: ServerSettings,
    *,
    on_signal: Sequence[Callable[[], None]] = (),
    on_stop: Sequence[Callable[[], None]] = (),
    ready: Ready | None = None,
    relay: Relay | None = None,
) -> None:
    """Serve an application until SIGTERM or SIGINT, then finish what is under way and return.

    on_signal called at the first signal, before requests under way have ended.
    on_stop   called after the last request; one that raises is logged and keeps none waiting.
    ready     called once, with the hosts and ports that are listened on.
    relay     takes over connections that are another server's.
    The first signal closes the listening sockets and idle connections; requests under way have
    `settings.grace` to finish. A second signal ends them at once, and a third one `on_stop`, too.
    Prints one line when ready. To be called from the main thread.
    Raises ConfigurationError when an address or the spool cannot be used.
    """
    with ExitStack() as stack:
        sockets = [stack.enter_context(opened) for opened in listening_sockets(settings.listen)]
        spool = stack.enter_context(_spool(settings.spool))
        allow_open_files(settings.connection_limit)
        server = _Server(app, settings, spool, sockets, relay)
        # What was made until now stays: it need not be looked through again and again, and is found
        # sooner where it lies together.
        gc.collect()
        gc.freeze()
        stack.callback(gc.unfreeze)
        settled = threading.Timer(_SETTLED_SECONDS, huge_pages.gather)
        settled.daemon = True
        settled.start()
        stack.callback(settled.cancel)
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.signal(number, server.signalled)
            stack.callback(signal.signal, number, before or signal.SIG_DFL)
        addresses = [opened.getsockname()[:2] for opened in sockets]
        print("serving on", *map(_url, addresses), flush=True)
        if ready is not None:
            ready(addresses)
        try:
            server.run(on_signal)
        finally:
            server.finish(on_stop)


class _Server:
    """Waitress's listeners, their connections and threads, and the way to their end."""

    def __init__(
        self,
        app: Callable[..., Any],
        settings: ServerSettings,
        spool: Spool,
        sockets: list[Any],
        relay: Relay | None,
    ):
        self._settings = settings
        self._signals = 0
        self._signalled_at = float("-inf")
        self._finishing = False
        self._next_look = 0.0
        self._loop = Loop()
        self._threads = Threads(self._turn, wake=lambda: self._listeners[0].pull_trigger())
        create_server(
            app,
            map=self._loop,
            sockets=sockets,
            _dispatcher=self._threads,
            **adjustments(settings, len(sockets)),
        )
        self._listeners = [part for part in self._loop.values() if isinstance(part, BaseWSGIServer)]
        limit_of = getattr(app, "largest_body", None)
        proxied = Proxied(settings.trusted_proxy, settings.body_files, spool)
        for listener in self._listeners:
            listener.channel_class = partial(
                Connection,
                spool=spool,
                proxied=proxied,
                relay=relay,
                limit_of=limit_of,
                stopping=lambda: self._signals > 0,
            )

    def signalled(self, number: int, frame: object) -> None:
        """Note a signal, and wake the loop. Takes no lock: it may interrupt any statement."""
        now = time.monotonic()
        echo, self._signalled_at = now - self._signalled_at < _ECHO_SECONDS, now
        if echo and not self._finishing:
            # make passes on what its whole group has been sent: one wish, told twice.
            return
        self._signals += 1
        self._threads.ring()
        if not self._finishing:
            self._listeners[0].pull_trigger()
        elif self._signals > 2:
            raise SystemExit(0)

    def run(self, on_signal: Sequence[Callable[[], None]]) -> None:
        """Serve until the first signal, then until nothing is under way or the time is up."""
        self._threads.set_thread_count(self._settings.threads)
        self._threads.watch(lambda: self._signals > 0)
        self._threads.take_over()
        log.info("stopping; requests under way may take another %s", self._settings.grace)
        deadline = time.monotonic() + self._settings.grace.total_seconds()
        self._stop_listening()
        _call_all(on_signal)
        while self._signals < 2 and time.monotonic() < deadline:
            for connection in self._connections():
                if connection.idle:
                    connection.handle_close()
            if not self._under_way():
                return
            self._turn(_TURN_WHILE_STOPPING)
        log.warning("stopping without waiting for %d connections", len(self._connections()))

    def finish(self, on_stop: Sequence[Callable[[], None]]) -> None:
        """Close what is left, end the threads, and make the last calls."""
        self._finishing = True
        self._threads.take_over()
        for connection in self._connections():
            connection.handle_close()
        self._threads.shutdown(timeout=0.5)
        if not self._threads.threads:
            # A thread that is still at work would write into whatever has the number next.
            for listener in self._listeners:
                listener.trigger.close()
        self._loop.close()
        _call_all(on_stop)

    def _turn(self, seconds: float) -> None:
        self._loop.turn(seconds)
        now = time.time()
        if now < self._next_look:
            return
        idle_seconds = self._settings.channel_timeout.total_seconds()
        self._next_look = now + min(30, idle_seconds / 4)
        for connection in self._connections():
            # Waitress itself only marks them, waits until the client reads on, and overlooks an
            # application that writes to a client that does not.
            if connection.stalled(since=now - idle_seconds):
                connection.handle_close()

    def _stop_listening(self) -> None:
        for listener in self._listeners:
            open_before = -1
            while len(self._loop) > open_before:
                open_before = len(self._loop)
                listener.handle_accept()  # what the kernel has accepted for us already
            # Not listener.close(), which closes the trigger that its connections still need.
            wasyncore.dispatcher.close(listener)
        # A request that has reached this machine counts as under way: read it before looking.
        self._loop.turn(0)

    def _connections(self) -> list[Connection]:
        return [part for part in list(self._loop.values()) if isinstance(part, Connection)]

    def _under_way(self) -> bool:
        with self._threads.lock:
            # A thread may be at work for a client that has gone.
            if self._threads.queue or self._threads.active_count:
                return True
        return bool(self._connections())


def _call_all(calls: Sequence[Callable[[], None]]) -> None:
    for call in calls:
        try:
            call()
        except Exception:
            log.exception("a call at the end failed: %r", call)


@contextmanager
def _spool(directory: Path | None) -> Iterator[Spool]:
    with ExitStack() as stack:
        if directory is None:
            temporary = tempfile.TemporaryDirectory(prefix="sregistry-spool-")
            directory = Path(stack.enter_context(temporary))
        spool = Spool(directory)
        swept = spool.sweep(_SWEPT_AGE)
        if swept:
            log.warning("removed %d bodies that an earlier server has left behind", swept)
        stack.callback(spool.clear)
        yield spool


def _url(address: tuple[str, int]) -> str:
    host, port = address
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
