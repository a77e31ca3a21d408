"""Sending a file to an object store: whole, or in parts at the same time; what is there stays."""

import hashlib
import io
import logging
import os
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .settings import MIB, MOST_PARTS, ObjectStoreSettings

_CHUNK = 1 << 20

log = logging.getLogger(__name__)


class Section(io.RawIOBase):
    """Some bytes of an open file, read at their place: many threads may do so at once."""

    def __init__(self, handle: int, offset: int, size: int):
        """Give `size` bytes from `offset` on."""
        super().__init__()
        self._handle, self._offset, self._size = handle, offset, size
        self._position = 0

    def __len__(self) -> int:
        return self._size

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always: the bytes are hashed before they are sent."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Where the next byte is read from."""
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer."""
        wanted = min(len(buffer), self._size - self._position)
        if wanted <= 0:
            return 0
        chunk = os.pread(self._handle, wanted, self._offset + self._position)
        buffer[: len(chunk)] = chunk
        self._position += len(chunk)
        return len(chunk)


@dataclass(frozen=True, slots=True)
class _Piece:
    number: int
    offset: int
    size: int


def send(client: Any, settings: ObjectStoreSettings, where: dict[str, str], path: Path) -> None:
    """Make an object of a file, all or nothing.

    where   bucket and key, as the store has them
    A file larger than a part is sent in parts. When that breaks off, the next call goes on with
    the parts that are there; what is never gone on with is for `abandon`.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= settings.part_size:
            body = Section(file.fileno(), 0, size)
            client.put_object(**where, **settings.encrypting, Body=body, ContentLength=size)
            return
        _send_parts(client, settings, where, file.fileno(), size)


def uploads_of(client: Any, where: dict[str, str]) -> Iterator[Any]:
    """Give the unfinished uploads of all keys that begin like `where` says, as the store does."""
    pages = client.get_paginator("list_multipart_uploads")
    for page in pages.paginate(Bucket=where["Bucket"], Prefix=where["Key"]):
        yield from page.get("Uploads", ())


def parts_of(client: Any, where: dict[str, str], upload: str) -> Iterator[Any]:
    """Give the parts of an upload that are there, as the store does."""
    for page in client.get_paginator("list_parts").paginate(**where, UploadId=upload):
        yield from page.get("Parts", ())


def _send_parts(
    client: Any, settings: ObjectStoreSettings, where: dict[str, str], handle: int, size: int
) -> None:
    pieces = list(_pieces(size, settings.part_size))
    upload, there = _go_on(client, where, handle, pieces) or (
        client.create_multipart_upload(**where, **settings.encrypting)["UploadId"],
        {},
    )

    def send_one(piece: _Piece) -> tuple[int, str]:
        if piece.number in there:
            return piece.number, there[piece.number]
        body = Section(handle, piece.offset, piece.size)
        answer = client.upload_part(
            **where,
            UploadId=upload,
            PartNumber=piece.number,
            Body=body,
            ContentLength=piece.size,
        )
        return piece.number, str(answer["ETag"])

    threads = ThreadPoolExecutor(settings.at_once, thread_name_prefix="s3")
    try:
        sending = [threads.submit(send_one, piece) for piece in pieces]
        wait(sending, return_when=FIRST_EXCEPTION)
    finally:
        # After a failure nothing more is begun.
        threads.shutdown(cancel_futures=True)
    for one in sending:
        if not one.cancelled() and (failed := one.exception()) is not None:
            raise failed
    sent = [one.result() for one in sending]
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in sent]
    client.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})


def _go_on(
    client: Any, where: dict[str, str], handle: int, pieces: list[_Piece]
) -> tuple[str, dict[int, str]] | None:
    """Find an upload of the same key that broke off, and those of its parts that are right."""
    found = [one for one in uploads_of(client, where) if one["Key"] == where["Key"]]
    if not found:
        return None
    upload = str(max(found, key=lambda one: one["Initiated"])["UploadId"])
    sizes = {piece.number: piece for piece in pieces}
    there: dict[int, str] = {}
    for part in parts_of(client, where, upload):
        piece = sizes.get(int(part["PartNumber"]))
        if piece is None or piece.size != int(part["Size"]):
            continue
        # Of an encrypted part the ETag is no MD5: it is then sent again.
        if part["ETag"].strip('"') == _md5(handle, piece):
            there[piece.number] = part["ETag"]
    log.info("going on with %s: %d of %d parts are there", where["Key"], len(there), len(pieces))
    return upload, there


def _pieces(size: int, part_size: int) -> Iterator[_Piece]:
    least = -(-size // MOST_PARTS)
    if least > part_size:
        part_size = -(-least // MIB) * MIB
    for number, offset in enumerate(range(0, size, part_size), 1):
        yield _Piece(number, offset, min(part_size, size - offset))


def _md5(handle: int, piece: _Piece) -> str:
    running = hashlib.md5(usedforsecurity=False)
    section = Section(handle, piece.offset, piece.size)
    while chunk := section.read(_CHUNK):
        running.update(chunk)
    return running.hexdigest()
