"""The waiting room of incoming bytes: hashed once as they pass, synced before they are believed."""

import fcntl
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from sregistry_core.digests import Digest, RunningDigest
from sregistry_core.errors import Malformed, NotFound, StorageFull, TooLarge
from sregistry_core.identifiers import new_identifier

from .durable import refusals, sync_directory

CHUNK = 1 << 20
_REMEMBERED_UPLOADS = 256
_BODY = "the body"
_MOMENT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Staged:
    """A complete file in the waiting room, on disk; `size` in bytes."""

    path: Path
    size: int
    digest: Digest


class Staging:
    """A directory with `incoming` (files of one request) and `uploads` (files of one upload).

    Bodies that the server has spooled to a file in `spool` are taken over by a link instead of
    being copied. All of it should be on the file system of the first storage.
    """

    def __init__(self, root: Path, *, keep_free: int):
        """Use `root`, made when missing. keep_free: bytes that stay free of uploads."""
        self._keep_free = keep_free
        root = root.absolute()
        self._incoming = root / "incoming"
        self._uploads = root / "uploads"
        self.spool = root / "spool"
        self._running: OrderedDict[str, tuple[int, RunningDigest]] = OrderedDict()
        self._lock = threading.Lock()
        for directory in (self._incoming, self._uploads, self.spool):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def root(self) -> Path:
        """The directory of all."""
        return self.spool.parent

    def require_room(self, size: int) -> None:
        """Raise StorageFull when `size` bytes would not leave the free space that is to stay."""
        free = shutil.disk_usage(self._uploads).free
        if size + self._keep_free > free:
            raise StorageFull(
                f"no room for {size} bytes: {max(0, free - self._keep_free)} bytes can be taken"
            )

    @contextmanager
    def receive(self, source: BinaryIO, *, limit: int) -> Iterator[Staged]:
        """Take in a stream and hash it on the way; removed afterwards unless it was moved on.

        limit   in bytes; TooLarge is raised for more, and nothing is left behind.
        Raises StorageFull when the disk is.
        """
        path = self._incoming / new_identifier()
        try:
            with refusals(_BODY):
                digest = self._take_over(source, path, limit) or self._copy(source, path, limit)
            with _in_use(path):
                yield Staged(path, digest.size, digest.value)
        finally:
            path.unlink(missing_ok=True)

    def keep_whole(self, upload: str, staged: Staged) -> None:
        """Keep the bytes of a whole upload; those of an earlier try are replaced."""
        with refusals(_BODY):
            staged.path.replace(self._whole(upload))
            sync_directory(self._uploads)

    def whole(self, upload: str, *, size: int, digest: Digest) -> Staged:
        """Give the bytes of a whole upload again. Raises NotFound when they are not here."""
        path = self._whole(upload)
        if not path.exists():
            raise NotFound(f"the bytes of upload {upload} are not here")
        return Staged(path, size, digest)

    def write_part(
        self, upload: str, number: int, source: BinaryIO, *, offset: int, size: int
    ) -> None:
        """Put part `number` (from 1) of an upload at its place, and on disk.

        offset, size   in bytes; Malformed is raised when the body has another size.
        May be repeated. Parts that come in order are hashed on the way, so that nothing need be
        read again at the end.
        """
        running = self._running_before(upload, number)
        with refusals(f"part {number}"):
            _refuse_if_full(source)
            handle = os.open(self._parts(upload), os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                written = 0
                while chunk := source.read(min(CHUNK, size - written + 1)):
                    if written + len(chunk) > size:
                        raise Malformed(f"part {number} has more than the {size} bytes announced")
                    _write_all(handle, chunk, offset + written)
                    written += len(chunk)
                    if running:
                        running.update(chunk)
                if written != size:
                    raise Malformed(f"part {number} has {written} bytes, {size} were announced")
                os.fdatasync(handle)
            finally:
                os.close(handle)
        self._remember(upload, number, running)

    def join_parts(self, upload: str, *, size: int, parts: int) -> Staged:
        """Give the joined parts as one file, hashed.

        Raises NotFound when they are not here, Malformed when their size is wrong.
        """
        path = self._parts(upload)
        if not path.exists():
            raise NotFound(f"the bytes of upload {upload} are not here")
        found = path.stat().st_size
        if found != size:
            raise Malformed(f"the parts have {found} bytes together, {size} were announced")
        with self._lock:
            number, running = self._running.pop(upload, (0, RunningDigest()))
        if number != parts or running.size != size:
            # A part came twice, out of order, or to another process.
            running = _hash(path)
        with refusals(_BODY):
            sync_directory(self._uploads)
        return Staged(path, size, running.value)

    def discard(self, upload: str) -> None:
        """Remove all that is here of an upload."""
        with self._lock:
            self._running.pop(upload, None)
        self._whole(upload).unlink(missing_ok=True)
        self._parts(upload).unlink(missing_ok=True)

    def leftovers(
        self, known: Callable[[Collection[str]], Collection[str]], *, before: datetime
    ) -> Iterator[Path]:
        """Give files that nobody uses any more: what a crash has left.

        known    tells which of some uploads still are under way
        before   younger files of uploads are left alone
        """
        old = [path for path in self._uploads.iterdir() if _changed_at(path) < before]
        alive = known({path.stem for path in old})
        yield from (path for path in old if path.stem not in alive)
        # These are locked while a request of this machine is at work on them.
        a_moment_ago = datetime.now(UTC) - _MOMENT
        for directory in (self._incoming, self.spool):
            for path in directory.iterdir():
                if _changed_at(path) < a_moment_ago and not _is_in_use(path):
                    yield path

    def _take_over(self, source: BinaryIO, path: Path, limit: int) -> RunningDigest | None:
        _refuse_if_full(source)
        name = getattr(source, "name", None)
        if not isinstance(name, str) or Path(name).parent != self.spool:
            return None
        source.flush()
        os.link(name, path)
        if path.stat().st_size > limit:
            raise TooLarge(f"more than the {limit} bytes that are taken here")
        running = _hash(path)
        _sync_file(path)
        return running

    def _copy(self, source: BinaryIO, path: Path, limit: int) -> RunningDigest:
        running = RunningDigest()
        with path.open("xb") as target:
            while chunk := source.read(CHUNK):
                running.update(chunk)
                if running.size > limit:
                    raise TooLarge(f"more than the {limit} bytes that are taken here")
                target.write(chunk)
            target.flush()
            os.fdatasync(target.fileno())
        return running

    def _running_before(self, upload: str, number: int) -> RunningDigest | None:
        with self._lock:
            reached, running = self._running.get(upload, (0, RunningDigest()))
            if number == reached + 1:
                return running.copy()
            # The hash of what follows would not be that of the file.
            self._running[upload] = (-1, running)
            return None

    def _remember(self, upload: str, number: int, running: RunningDigest | None) -> None:
        with self._lock:
            reached, _ = self._running.get(upload, (0, None))
            if running is None or reached != number - 1:
                self._running[upload] = (-1, RunningDigest())
            else:
                self._running[upload] = (number, running)
            while len(self._running) > _REMEMBERED_UPLOADS:
                self._running.popitem(last=False)

    def _whole(self, upload: str) -> Path:
        return self._uploads / f"{upload}.whole"

    def _parts(self, upload: str) -> Path:
        return self._uploads / f"{upload}.parts"


@contextmanager
def _in_use(path: Path) -> Iterator[None]:
    """Lock a file for the time of the block: a sweep leaves it alone."""
    handle = os.open(path, os.O_RDWR)
    try:
        # The server has locked it already when the file was its own.
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _is_in_use(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _refuse_if_full(source: BinaryIO) -> None:
    if getattr(source, "full", False):
        raise StorageFull("no room for the body: the disk is full")


def _hash(path: Path) -> RunningDigest:
    running = RunningDigest()
    buffer = bytearray(CHUNK)
    view = memoryview(buffer)
    with path.open("rb", buffering=0) as source:
        while count := source.readinto(buffer):
            running.update(view[:count])
    return running


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fdatasync(handle)
    finally:
        os.close(handle)


def _write_all(handle: int, chunk: bytes, offset: int) -> None:
    view = memoryview(chunk)
    while view:
        written = os.pwrite(handle, view, offset)
        view, offset = view[written:], offset + written


def _changed_at(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.now(UTC) + timedelta(days=1)
