"""Takes in the bodies of requests for waitress: small ones in memory, large ones in the spool."""

from typing import Any

from waitress.buffers import FileBasedBuffer, OverflowableBuffer
from waitress.parser import HTTPRequestParser
from waitress.utilities import BadRequest

from .spool import BodyFile, Spool

# ChunkedReceiver copies all that is left of its input once per chunk. With 256 KiB at a time, a
# client that sends chunks of one byte could keep the whole server busy.
_CHUNKED_STEP = 16 * 1024
# Chunk sizes and trailers, which ChunkedReceiver collects in memory without a limit of its own.
_FRAMING_LIMIT = 64 * 1024


class BodyParser(HTTPRequestParser):  # type: ignore[misc]
    """A request as it arrives. Connection makes one where waitress asks for its `parser_class`."""

    completed: bool

    def __init__(self, adj: Any, spool: Spool):
        super().__init__(adj)
        self._spool = spool

    def parse_header(self, header_plus: bytes) -> None:
        """Parse as waitress does, and let the body go to the spool.

        Both receivers, with a length and chunked, have just been made and hold nothing yet.
        """
        super().parse_header(header_plus)
        if self.body_rcv is not None:
            self.body_rcv.buf = SpooledBuffer(self.adj.inbuf_overflow, self._spool)

    def received(self, data: bytes) -> int:
        """Take what comes, and say how many bytes of it belonged to this request.

        The channel offers the rest again.
        """
        if self.chunked:
            data = data[:_CHUNKED_STEP]
        consumed: int = super().received(data)
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
