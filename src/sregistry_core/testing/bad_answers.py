"""A way to an HTTP server on which requests and answers go wrong, as a test wants it.

    with BadAnswers(port_of_the_store) as way:
        way.plan(Fault(status=503, word="SlowDown"), Fault(cut_answer_after=1000))
        ...             # the next request is refused, the answer to the one after it is cut off
        assert way.is_over

It speaks HTTP/1.1, passes headers on as they are, so that signatures hold, and listens on a free
port of 127.0.0.1.
"""

import http.client
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request.

    status, word        the store is not asked: this is answered, as S3 words it
    wait                seconds before anything is answered
    cut_request_after   the connection ends after so many bytes of the body of the request
    cut_answer_after    it ends after so many bytes of the answer, its headers counted
    only                of requests with this method alone; the others go by
    """

    status: int = 0
    word: str = "InternalError"
    wait: float = 0
    cut_request_after: int | None = None
    cut_answer_after: int | None = None
    only: str = ""


class BadAnswers:
    """Passes requests on; `url` is its address, `asked` how many requests have come."""

    def __init__(self, port: int):
        """Lead to a port of 127.0.0.1."""
        self._to = port
        self._faults: deque[Fault] = deque()
        self._always: Fault | None = None
        self._lock = threading.Lock()
        self.asked = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "BadAnswers":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def is_over(self) -> bool:
        """True when all that was planned has happened."""
        with self._lock:
            return not self._faults

    def plan(self, *faults: Fault) -> None:
        """Let the next requests go wrong, one after the other."""
        with self._lock:
            self._faults.extend(faults)

    def always(self, fault: Fault | None) -> None:
        """Let every request go wrong that nothing else is planned for; None ends it."""
        with self._lock:
            self._always = fault

    def next_fault(self, method: str) -> Fault:
        """Give what goes wrong with the request that has come."""
        with self._lock:
            self.asked += 1
            if self._faults and self._faults[0].only in ("", method):
                return self._faults.popleft()
            if self._always is not None and self._always.only in ("", method):
                return self._always
            return Fault()

    def pass_on(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
        """Ask the server, and give its whole answer as bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", self._to, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, text in headers:
                if name.lower() not in ("expect", "connection"):
                    connection.putheader(name, text)
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
            lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
            dropped = ("transfer-encoding", "connection")
            kept = [one for one in answer.headers.items() if one[0].lower() not in dropped]
            if method != "HEAD":
                kept = [one for one in kept if one[0].lower() != "content-length"]
                kept.append(("Content-Length", str(len(content))))
            lines += [f"{name}: {text}" for name, text in [*kept, ("Connection", "close")]]
            return "\r\n".join([*lines, "", ""]).encode("latin-1") + content
        finally:
            connection.close()


def _refusal(fault: Fault) -> bytes:
    body = f"<?xml version='1.0'?><Error><Code>{fault.word}</Code></Error>".encode()
    head = f"HTTP/1.1 {fault.status} Bad\r\nContent-Type: application/xml\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def _handler_of(way: BadAnswers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.close_connection = True
            fault = way.next_fault(self.command)
            length = int(self.headers.get("Content-Length") or 0)
            if fault.cut_request_after is not None:
                self.rfile.read(min(length, fault.cut_request_after))
                return
            body = self.rfile.read(length)
            time.sleep(fault.wait)
            if fault.status:
                said = _refusal(fault)
            else:
                said = way.pass_on(self.command, self.path, self.headers.items(), body)
            with suppress(OSError):
                for start in range(0, len(said[: fault.cut_answer_after]), _CHUNK):
                    self.wfile.write(said[: fault.cut_answer_after][start : start + _CHUNK])

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    return Handler
