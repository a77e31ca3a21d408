"""Reading an object as it comes over the network, going on after a connection that broke off."""

import io
import logging
import re
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError
from urllib3.exceptions import HTTPError

from .refusals import refusals

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)", re.ASCII)

log = logging.getLogger(__name__)


class ObjectReader(io.RawIOBase):
    """The bytes of one object from a position on; closing it closes the connection.

    When the connection breaks off, the rest is asked for anew, of the same version of the object.
    """

    def __init__(self, client: Any, where: dict[str, str], *, start: int, store: str, key: str):
        """Ask for the bytes. Raises ObjectMissing.

        where   bucket and key, as the store has them
        """
        super().__init__()
        self._client, self._where = client, where
        self._store, self._key = store, key
        self._position = start
        with refusals(store, key):
            answer = self._ask({})
        self._version = {"IfMatch": answer["ETag"]} if answer.get("ETag") else {}
        self._end = start + int(answer["ContentLength"])
        self._body = answer["Body"]

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Give as many bytes, and fewer only at the end."""
        left = self._end - self._position
        wanted = left if size is None or size < 0 else min(size, left)
        chunks: list[bytes] = []
        while wanted > 0:
            chunk = self._next(wanted)
            chunks.append(chunk)
            wanted -= len(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer."""
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        """Close the connection, whatever of the object has not been read."""
        if not self.closed:
            with suppress(Exception):
                self._body.close()
        super().close()

    def _next(self, size: int) -> bytes:
        with refusals(self._store, self._key):
            try:
                chunk: bytes = self._body.read(size)
            except (BotoCoreError, HTTPError, OSError) as error:
                log.warning("%s broke off, and is asked for anew: %s", self._key, error)
                chunk = b""
            if not chunk:
                # Once more: what breaks off again without a byte is given up.
                with suppress(Exception):
                    self._body.close()
                self._body = self._ask(self._version)["Body"]
                chunk = self._body.read(size)
            if not chunk:
                raise OSError("the object ended too early")
        self._position += len(chunk)
        return chunk

    def _ask(self, version: dict[str, str]) -> Any:
        # Always a range, whose answer tells the size twice: a connection that ends within the
        # headers looks like an answer with fewer of them, or with fewer digits.
        for _ in range(2):
            answer = self._client.get_object(
                **self._where, Range=f"bytes={self._position}-", **version
            )
            told = _RANGE.fullmatch(answer.get("ContentRange", ""))
            if told is not None:
                first, last, total = map(int, told.groups())
                size = answer.get("ContentLength")
                if first == self._position and last + 1 == total and size == total - first:
                    return answer
            with suppress(Exception):
                answer["Body"].close()
        raise OSError("the headers of the answer are not whole")
