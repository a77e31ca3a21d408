"""A connection between a client and a server that a test can look at, and break off."""

import socket
import threading
from contextlib import suppress
from types import TracebackType

_CHUNK = 1 << 16


class Passage:
    """Passes every connection on to a server of this machine.

    with Passage(server_port) as passage:
        passage.break_off_after = 1_000_000
        ...                             # the next connection ends after so many bytes of answer
        assert passage.connections == 0

    connections        how many are open at this moment.
    passed             bytes of answers so far.
    brought            bytes of requests so far.
    break_off_after    bytes of answers after which one connection ends; then it is None again.
    """

    def __init__(self, port: int):
        """Lead to a port of 127.0.0.1; the passage listens on a free one there."""
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.connections = 0
        self.passed = 0
        self.brought = 0
        self.break_off_after: int | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    def __enter__(self) -> "Passage":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            left = list(self._open)
        for one in left:
            _shut(one)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._to)) as server:
            ends = {client, server}
            with self._lock:
                self.connections += 1
                self._open |= ends
            there = threading.Thread(target=self._pass, args=(client, server, False), daemon=True)
            there.start()
            self._pass(server, client, True)
            there.join()
            with self._lock:
                self.connections -= 1
                self._open -= ends

    def _pass(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK):
                target.sendall(chunk)
                if is_answer and self._is_over(len(chunk)):
                    break
                if not is_answer:
                    with self._lock:
                        self.brought += len(chunk)
        _shut(source)
        _shut(target)

    def _is_over(self, size: int) -> bool:
        with self._lock:
            self.passed += size
            if self.break_off_after is None:
                return False
            self.break_off_after -= size
            if self.break_off_after > 0:
                return False
            self.break_off_after = None
            return True


def _shut(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
