"""Takes in the bodies of requests for waitress: small ones in memory, large ones in the spool."""

import time
from collections.abc import Callable
from typing import Any

from waitress.buffers import FileBasedBuffer, OverflowableBuffer
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import BadRequest

from .spool import BodyFile, Spool

# ChunkedReceiver copies all that is left of its input once per chunk. With 256 KiB at a time, a
# client that sends chunks of one byte could keep the whole server busy.
_CHUNKED_STEP = 16 * 1024
# Chunk sizes and trailers, which ChunkedReceiver collects in memory without a limit of its own.
_FRAMING_LIMIT = 64 * 1024


LimitOf = Callable[[str, str], int | None]
"""Gives how many bytes of a body are wanted at most, by method and path; None for any number."""


class BodyParser(HTTPRequestParser):  # type: ignore[misc]
    """A request as it arrives. Connection makes one where waitress asks for its `parser_class`.

    began_at   when its header had come, in seconds since 1970; the body may take hours.
    cut        whether the body is larger than the application wants, so that the rest is not taken.
               The application then finds too large a CONTENT_LENGTH, and says no in its own words.
    """

    completed: bool

    def __init__(self, adj: Any, spool: Spool, limit_of: LimitOf | None = None):
        super().__init__(adj)
        self._spool = spool
        self._limit_of = limit_of
        self._limit: int | None = None
        self.cut = False
        self.began_at = time.time()

    def parse_header(self, header_plus: bytes) -> None:
        """Parse as waitress does, and let the body go to the spool.

        Both receivers, with a length and chunked, have just been made and hold nothing yet.
        """
        self.began_at = time.time()
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            # Python makes no number of more than 4300 digits, and waitress would hang up.
            raise ParsingError("Content-Length is invalid") from error
        if self.body_rcv is not None:
            if self._limit_of is not None:
                path = self.path.encode("latin-1", "replace").decode("utf-8", "replace")
                self._limit = self._limit_of(self.command, path)
            self.body_rcv.buf = SpooledBuffer(self.adj.inbuf_overflow, self._spool)

    def received(self, data: bytes) -> int:
        """Take what comes, and say how many bytes of it belonged to this request.

        The channel offers the rest again.
        """
        offered = len(data)
        if self.chunked:
            data = data[:_CHUNKED_STEP]
        consumed: int = super().received(data)
        if not self.completed and self._is_too_large():
            self._cut_off()
            return offered
        if self.chunked and not self.completed and self._framing_size() > _FRAMING_LIMIT:
            self.error = BadRequest("a chunk's header or the trailer is too long")
            self.completed = True
        if self.error:
            # Else the channel answers 100 first, and takes the whole body that is refused.
            self.expect_continue = False
        return consumed

    @property
    def body_bytes_received(self) -> int:
        """Bytes of the body. Waitress would count a chunked body's framing, too, as if sent."""
        return len(self.body_rcv) if self.body_rcv is not None else 0

    @body_bytes_received.setter
    def body_bytes_received(self, size: int) -> None:
        """Accept waitress's own count, which is not needed."""

    def _is_too_large(self) -> bool:
        sizes = (self.content_length, self.body_bytes_received)
        return self._limit is not None and max(sizes) > self._limit

    def _cut_off(self) -> None:
        self.cut = self.completed = True
        # Else the channel answers 100 first, and takes the whole body that is refused.
        self.expect_continue = False
        if self.chunked:
            self.headers["CONTENT_LENGTH"] = str(self.body_bytes_received)

    def _framing_size(self) -> int:
        return len(self.body_rcv.control_line) + len(self.body_rcv.trailer)


class SpooledBuffer(OverflowableBuffer):  # type: ignore[misc]
    """The bytes of one body; above `overflow` bytes they are in the spool."""

    buf: Any

    def __init__(self, overflow: int, spool: Spool):
        super().__init__(overflow)
        self._spool = spool

    def _set_large_buffer(self) -> None:
        small = self.buf
        self.buf = BodyBuffer(self._spool.body())
        self.overflowed = True
        if small is not None:
            self.buf.append(small.getfile().getvalue())
            small.close()


class BodyBuffer(FileBasedBuffer):  # type: ignore[misc]
    """The bytes of one body in its file; of a full one only their number."""

    def __init__(self, file: BodyFile):
        super().__init__(file)

    def append(self, chunk: bytes) -> None:
        """Write at the end, without moving the place where the application will read."""
        self.file.append(chunk)
        self.remain += len(chunk)
