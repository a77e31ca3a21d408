"""Uploads in parts: every part is written at its place in one file, and hashed if it can be.

A part is hashed while the next one arrives, which is what makes a push in parts as fast as one in
one piece: the answer to a part says that it is here, and not what its hash is.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sregistry_core.digests import RunningDigest
from sregistry_core.errors import Malformed, NotFound, TooLarge

from .copying import copy, descriptor_of, write_all
from .durable import refusals
from .hashing import CHUNK, begin_to_write_back, hash_and_sync, hash_of, hash_span
from .locking import locked

_REMEMBERED = 256
_HASHED_AT_ONCE = 4

_Running = Future[RunningDigest]


@dataclass(frozen=True, slots=True)
class _Progress:
    """The hash of the first `reached` parts, and when the file was changed last, by its clock.

    running   may still be at work: it reads what is in the file already
    """

    reached: int
    running: _Running
    changed_at: int


@dataclass(frozen=True, slots=True)
class Joined:
    """All parts as one file; nobody can write to it any more."""

    path: Path
    running: RunningDigest


class PartFiles:
    """One file for each upload in parts. Only one at a time writes to a file, or completes it."""

    def __init__(self, directory: Path):
        self._directory = directory
        self._progress: OrderedDict[str, _Progress] = OrderedDict()
        self._lock = threading.Lock()
        self._hashing = ThreadPoolExecutor(_HASHED_AT_ONCE, thread_name_prefix="hash")

    def path(self, upload: str) -> Path:
        """Where the parts of an upload are."""
        return self._directory / f"{upload}.parts"

    def write(self, upload: str, number: int, source: BinaryIO, *, offset: int, size: int) -> None:
        """Put part `number` (from 1) at its place; sizes in bytes.

        Raises Malformed when the body has another size, NotFound when the upload was completed
        in the meantime.
        """
        path = self.path(upload)
        try:
            with locked(path, create=True, wait=True) as handle:
                before, reached = self._hash_before(upload, number, handle), number - 1
                try:
                    _write(handle, number, source, offset=offset, size=size)
                    begin_to_write_back(handle, offset, size)
                    reached, before = number, self._go_on(before, path, offset, size)
                finally:
                    # A part that broke off has changed nothing that lies before it.
                    self._remember(upload, reached, before, handle)
        except FileNotFoundError as error:
            raise NotFound("there is no such upload, or it was given up") from error

    def append(self, upload: str, source: BinaryIO, *, offset: int, limit: int) -> int:
        """Put bytes after the first `offset` ones, and on disk; give how many there are now.

        What lies behind `offset` is what a broken request has left, and is overwritten.
        limit   in bytes, of the whole; TooLarge is raised for more
        Raises NotFound when fewer than `offset` bytes are here.
        """
        path = self.path(upload)
        try:
            with locked(path, create=not offset, wait=True) as handle:
                if os.fstat(handle).st_size < offset:
                    raise NotFound("there is no such upload, or it was given up")
                before, reached = self._hash_before(upload, offset + 1, handle), offset
                try:
                    os.ftruncate(handle, offset)
                    end = _append(handle, source, offset=offset, limit=limit)
                    running = self._go_on(before, path, offset, end - offset)
                    os.fdatasync(handle)
                    reached, before = end, running
                finally:
                    self._remember(upload, reached, before, handle)
                return end
        except FileNotFoundError as error:
            raise NotFound("there is no such upload, or it was given up") from error

    def adopt(self, upload: str, source: Path, begun: RunningDigest | None = None) -> int:
        """Take a file over as all that is here of an upload so far; give its size in bytes.

        begun   the hash of its first bytes, when there is one
        Raises FileExistsError when something of the upload is here.
        """
        path = self.path(upload)
        os.link(source, path)
        running = hash_and_sync(path, begun)
        handle = os.open(path, os.O_RDWR)
        try:
            self._remember(upload, running.size, _done(running), handle)
        finally:
            os.close(handle)
        return running.size

    @contextmanager
    def joined(self, upload: str, *, size: int, parts: int) -> Iterator[Joined]:
        """Give all parts as one file, on disk and hashed. While the block lasts no part is taken.

        Raises FileNotFoundError when they are not here, Malformed when their size is wrong,
        Conflict when a part is being written, or somebody else completes the upload.
        """
        path = self.path(upload)
        with locked(path) as handle:
            found = os.fstat(handle)
            if found.st_size != size:
                raise Malformed(
                    f"the parts have {found.st_size} bytes together, {size} were announced"
                )
            with refusals("the upload"):
                os.fdatasync(handle)
            progress = self._forget(upload)
            if progress and (progress.reached, progress.changed_at) == (parts, found.st_mtime_ns):
                with refusals("the upload"):
                    running = progress.running.result()
            else:
                # A part came twice, out of order, or to another process.
                running = hash_of(path)
            yield Joined(path, running)

    def discard(self, upload: str) -> None:
        """Remove all that is here of an upload."""
        self._forget(upload)
        self.path(upload).unlink(missing_ok=True)

    def _go_on(
        self, before: _Running | None, path: Path, offset: int, size: int
    ) -> _Running | None:
        """Hash a part that is in the file, after all that lies before it; nobody waits for it.

        It is begun when that is done, so that no thread stands in another one's way.
        """
        if before is None:
            return None
        # Opened anew: a copy of the descriptor would keep the lock.
        source, after = os.open(path, os.O_RDONLY | os.O_CLOEXEC), _Running()

        def work() -> None:
            try:
                running = before.result().copy()
                hash_span(source, running, offset=offset, size=size)
                after.set_result(running)
            except BaseException as error:
                after.set_exception(error)
            finally:
                os.close(source)

        before.add_done_callback(lambda _: self._hashing.submit(work))
        return after

    def _hash_before(self, upload: str, number: int, handle: int) -> _Running | None:
        """Give the hash of all that lies before a part; None when it is not known."""
        progress = self._forget(upload)
        if number == 1:
            return _done(RunningDigest())
        if progress is None or progress.reached != number - 1:
            return None
        changed_elsewhere = os.fstat(handle).st_mtime_ns != progress.changed_at
        return None if changed_elsewhere else progress.running

    def _remember(self, upload: str, reached: int, running: _Running | None, handle: int) -> None:
        if running is None:
            return
        with self._lock:
            self._progress[upload] = _Progress(reached, running, os.fstat(handle).st_mtime_ns)
            while len(self._progress) > _REMEMBERED:
                self._progress.popitem(last=False)

    def _forget(self, upload: str) -> _Progress | None:
        with self._lock:
            return self._progress.pop(upload, None)


def _done(running: RunningDigest) -> _Running:
    future = _Running()
    future.set_result(running)
    return future


def _write(handle: int, number: int, source: BinaryIO, *, offset: int, size: int) -> None:
    spooled = descriptor_of(source)
    if spooled is not None and os.fstat(spooled).st_size == size:
        copy(spooled, handle, offset=offset, size=size)
        return
    written = 0
    while chunk := source.read(min(CHUNK, size - written + 1)):
        if written + len(chunk) > size:
            raise Malformed(f"part {number} has more than the {size} bytes announced")
        write_all(handle, chunk, offset + written)
        written += len(chunk)
    if written != size:
        raise Malformed(f"part {number} has {written} bytes, {size} were announced")


def _append(handle: int, source: BinaryIO, *, offset: int, limit: int) -> int:
    spooled = descriptor_of(source)
    if spooled is not None:
        size = os.fstat(spooled).st_size
        if offset + size > limit:
            raise TooLarge(f"more than the {limit} bytes that are taken here")
        copy(spooled, handle, offset=offset, size=size)
        return offset + size
    while chunk := source.read(CHUNK):
        if offset + len(chunk) > limit:
            raise TooLarge(f"more than the {limit} bytes that are taken here")
        write_all(handle, chunk, offset)
        offset += len(chunk)
    return offset
