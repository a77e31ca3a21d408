"""One client's connection: waitress's channel, which here can be finished and is never held up."""

import os
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import WSGITask

from .body import BodyParser, LimitOf
from .loop import Loop
from .proxied import Proxied
from .relay import Relay
from .spool import BodyFile, Spool

# Waitress sends as long as the socket takes it: to a client as fast as we are, a whole image, and
# nobody else would be served in the meantime.
_SENT_PER_TURN = 4 * 1024 * 1024
_SENT_AT_ONCE = 256 * 1024


class RequestTask(WSGITask):  # type: ignore[misc]
    """One call of the application."""

    _handed: BodyFile | None = None

    def build_response_header(self) -> bytes:
        """Give the header of the answer; while stopping it says that this answer is the last."""
        if self.channel.stopping() or getattr(self.request, "cut", False):
            # As if the client had asked for it: the one way that is right for 1.0 and 1.1.
            self.request.headers["CONNECTION"] = "close"
        header: bytes = super().build_response_header()
        return header

    def get_environment(self) -> dict[str, Any]:
        """Give the WSGI environment; without an `ident`, waitress puts None where text must be.

        `sregistry.began_at` is when the header had come, in seconds since 1970.
        """
        environ: dict[str, Any] = super().get_environment()
        environ["SERVER_SOFTWARE"] = "sregistry-core"
        environ["sregistry.began_at"] = self.request.began_at
        # The address of the connection itself, whatever it says of whom it speaks for.
        self._handed = self.channel.proxied.prepare(environ, str(self.channel.addr[0]))
        return environ

    def write(self, data: bytes) -> None:
        """Write a piece of the answer; the header leaves in one packet with the first of them.

        A call of the kernel, and one more turn among the threads, are worth more than a copy.
        """
        if not self.wrote_header and 0 < len(data) <= _SENT_AT_ONCE:
            self.channel.hold_next()
        super().write(data)
        self.channel.let_go()

    def execute(self) -> None:
        """Call the application, and close the body that the proxy has handed over, if any."""
        try:
            super().execute()
        finally:
            if self._handed is not None:
                self._handed.close()


class Connection(HTTPChannel):  # type: ignore[misc]
    """One client's connection, made by a listener where waitress asks for its `channel_class`.

    map        waits for what happens here.
    stopping   whether the server wants to end.
    proxied    knows whose word about bodies is believed.
    relay      takes over connections that are another server's.
    """

    task_class = RequestTask
    request: BodyParser | None
    sendbuf_len: int
    server: Any

    def __init__(
        self,
        server: Any,
        sock: Any,
        addr: Any,
        adj: Any,
        map: Loop,
        *,
        spool: Spool,
        proxied: Proxied,
        stopping: Callable[[], bool],
        limit_of: LimitOf | None = None,
        relay: Relay | None = None,
    ):
        self.proxied = proxied
        self.parser_class = partial(BodyParser, spool=spool, limit_of=limit_of)
        self.stopping = stopping
        self._relay = relay
        self._cut = False
        self._holds = False
        self._held = b""
        self._sent_in_turn = 0
        super().__init__(_Waker(server, self, map), sock, addr, adj, map=map)
        # Waitress reads this much for each call of send(), 2.5 MB on loopback, and reads again
        # what was not sent.
        self.sendbuf_len = min(self.sendbuf_len, _SENT_AT_ONCE)

    @property
    def idle(self) -> bool:
        """Whether nothing is arriving, being worked on, or waiting to be sent."""
        with self.requests_lock:
            return not (self.requests or self.request or self.total_outbufs_len)

    def stalled(self, since: float) -> bool:
        """Whether it is the client's turn, and no byte has moved since then.

        since   seconds since 1970.
        """
        clients_turn = not self.requests or self.total_outbufs_len
        return bool(clients_turn) and self.last_activity < since

    def received(self, data: bytes) -> bool:
        """Take what has come. What follows a body that was cut is part of it, and no request."""
        if self._cut:
            return False
        if self._relay is not None and self._relay.takes(data) and self.idle:
            self._relay.take(socket.socket(fileno=os.dup(self.socket.fileno())), data)
            self.handle_close()
            return True
        taken: bool = super().received(data)
        with self.requests_lock:
            self._cut = any(request.cut for request in self.requests)
        return taken

    def hold_next(self) -> None:
        """Keep what is written next, until something follows it."""
        self._holds = True

    def let_go(self) -> None:
        """Write what is kept, if any: nothing has followed."""
        self._holds = False
        if self._held:
            self.write_soon(b"")

    def write_soon(self, data: Any) -> int:
        """Take a piece of an answer from the application's thread."""
        if self._holds:
            self._holds, self._held = False, data
            return len(data)
        if self._held:
            data, self._held = self._held + data, b""
        if not self.total_outbufs_len:
            # The client's turn begins now, however long the application has worked.
            self.last_activity = time.time()
        self._sent_in_turn = 0
        written: int = super().write_soon(data)
        return written

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send what the socket takes and the turn allows.

        Activity is noted with every piece; waitress notes it at the end of a long flush.
        """
        if self._sent_in_turn >= _SENT_PER_TURN:
            return 0  # as a full socket would; the loop comes back after the others
        sent: int = super().send(data, do_close=do_close)
        if sent:
            self._sent_in_turn += sent
            self.last_activity = time.time()
        return sent

    def handle_write(self) -> None:
        """Send what may be sent, in this connection's turn of the loop."""
        self._sent_in_turn = 0
        super().handle_write()

    def handle_close(self) -> None:
        """Close, and drop what has arrived of a body; waitress would leave that to chance.

        Requests that are complete belong to the thread that works on them, which closes them.
        """
        super().handle_close()
        self.server = getattr(self.server, "listener", self.server)
        request, self.request = self.request, None
        if request is not None:
            request.close()

    def handle_expt(self) -> None:
        """Close on urgent data: HTTP has none, and it would wake the server for ever."""
        self.handle_close()

    def cancel(self) -> None:
        """Drop the requests that wait for a thread; the dispatcher calls this when it ends."""
        with self.requests_lock:
            for request in self.requests:
                request.close()
        super().cancel()


class _Waker:
    """The listener of a connection, as far as that needs it; wakes the loop only for its part.

    An answer that has left whole is none of it: the loop hears of the next request anyway.
    """

    def __init__(self, listener: Any, connection: Connection, loop: Loop):
        self.listener = listener
        self._connection = connection
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        return getattr(self.listener, name)

    def pull_trigger(self) -> None:
        """Have the connection looked at, if there is a reason to."""
        if self._connection.writable() or not self._loop.hears(self._connection):
            self._loop.note(self._connection)
            self.listener.pull_trigger()
