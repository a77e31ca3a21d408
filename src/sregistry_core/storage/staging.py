"""The waiting room of incoming bytes: hashed once as they pass, synced before they are believed."""

import os
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from sregistry_core.digests import Digest, RunningDigest
from sregistry_core.errors import BodyWithheld, NotFound, StorageFull, TooLarge
from sregistry_core.identifiers import new_identifier

from .durable import refusals, sync_directory
from .following import Followers
from .hashing import CHUNK, hash_and_sync
from .locking import in_use, is_in_use, let_go, locked
from .part_files import PartFiles

_BODY = "the body"
_MOMENT = timedelta(minutes=1)
_LONGEST_HANDING_OVER = timedelta(days=1)
"""A proxy has written a body, and waits for us to take it over: nobody is at an older one."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A complete file in the waiting room, on disk; `size` in bytes."""

    path: Path
    size: int
    digest: Digest


class Staging:
    """A directory with `incoming` (files of one request) and `uploads` (files of one upload).

    Bodies that the server has spooled to a file in `spool` are taken over by a link instead of
    being copied. All of it should be on the file system of the first storage. In `nginx` a proxy in
    front leaves bodies for us, where it was told to.
    """

    def __init__(self, root: Path, *, keep_free: int):
        """Use `root`, made when missing. keep_free: bytes that stay free of uploads."""
        self._keep_free = keep_free
        root = root.absolute()
        self._incoming = root / "incoming"
        self._uploads = root / "uploads"
        self.spool = root / "spool"
        self._of_proxy = root / "nginx"
        self._parts = PartFiles(self._uploads)
        self._followers = Followers(self._of_proxy)
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

    def has(self, source: BinaryIO) -> bool:
        """Tell whether the server has spooled a body here already."""
        name = getattr(source, "name", None)
        return isinstance(name, str) and Path(name).parent == self.spool

    @contextmanager
    def receive(self, source: BinaryIO, *, limit: int) -> Iterator[Staged]:
        """Take in a stream and hash it on the way; removed afterwards unless it was moved on.

        limit   in bytes; TooLarge is raised for more, and nothing is left behind.
        Raises StorageFull when the disk is.
        """
        path = self._incoming / new_identifier()
        try:
            with refusals(_BODY), self._expecting(source):
                digest = self._take_over(source, path, limit) or self._copy(source, path, limit)
            with in_use(path):
                yield Staged(path, digest.size, digest.value)
        finally:
            path.unlink(missing_ok=True)
            if self.has(source):
                # The server closes it after its answer, and the next request may come before.
                let_go(source.fileno())

    def keep_whole(self, upload: str, staged: Staged) -> None:
        """Keep the bytes of a whole upload; those of an earlier try are replaced.

        The name of the file says its digest, so that nobody takes it for another one, whatever
        comes between this and the note of it in the database.
        """
        path = self._whole(upload, staged.digest)
        with refusals(_BODY):
            staged.path.replace(path)
            sync_directory(self._uploads)
        for other in self._wholes(upload):
            if other != path and not is_in_use(other):
                other.unlink(missing_ok=True)

    @contextmanager
    def whole(self, upload: str, *, size: int, digest: Digest) -> Iterator[Staged]:
        """Give the bytes of a whole upload again; for the time of the block nobody else has them.

        Raises NotFound when they are not here, Conflict when somebody else has them.
        """
        path = self._whole(upload, digest)
        with _still_here(upload), locked(path):
            yield Staged(path, size, digest)

    def write_part(
        self, upload: str, number: int, source: BinaryIO, *, offset: int, size: int
    ) -> None:
        """Put part `number` (from 1) of an upload at its place; on disk it is once all are joined.

        offset, size   in bytes; Malformed is raised when the body has another size.
        May be repeated, until the parts are joined. Parts that come in order are hashed on the
        way, so that nothing need be read again at the end.
        """
        with refusals(f"part {number}"):
            _refuse_if_full(source)
            self._parts.write(upload, number, source, offset=offset, size=size)

    def append(self, upload: str, source: BinaryIO, *, offset: int, limit: int) -> int:
        """Put bytes after the first `offset` ones of an upload; give how many there are now.

        limit   in bytes, of the whole; TooLarge is raised for more
        The bytes are hashed on the way when they come in order. Raises NotFound when fewer than
        `offset` bytes are here, StorageFull when the disk is.
        """
        with refusals(_BODY):
            _refuse_if_full(source)
            # Raises when the proxy has the body still, before anything is made for it.
            with self._expecting(source) if not offset else nullcontext():
                source.read(0)
            if not offset and self.has(source):
                with suppress(FileExistsError):
                    return self._adopt(upload, source, limit)
            return self._parts.append(upload, source, offset=offset, limit=limit)

    @contextmanager
    def appended(self, upload: str, *, size: int) -> Iterator[Staged]:
        """Give what was appended as one file, hashed; for the time of the block nobody appends.

        Raises NotFound when it is not here, Malformed when its size is another.
        """
        with self.joined_parts(upload, size=size, parts=size) as staged:
            yield staged

    @contextmanager
    def joined_parts(self, upload: str, *, size: int, parts: int) -> Iterator[Staged]:
        """Give the joined parts as one file, hashed; for the time of the block it does not change.

        Raises NotFound when they are not here, Malformed when their size is wrong, Conflict when
        somebody else is at work on them.
        """
        with _still_here(upload), self._parts.joined(upload, size=size, parts=parts) as joined:
            with refusals(_BODY):
                sync_directory(self._uploads)
            yield Staged(joined.path, size, joined.running.value)

    def discard(self, upload: str) -> None:
        """Remove all that is here of an upload."""
        self._parts.discard(upload)
        for path in self._wholes(upload):
            path.unlink(missing_ok=True)

    def leftovers(
        self, known: Callable[[Collection[str]], Collection[str]], *, before: datetime
    ) -> Iterator[Path]:
        """Give files that nobody uses any more: what a crash has left.

        known    tells which of some uploads still are under way
        before   younger files of uploads are left alone
        """
        old = [path for path in self._uploads.iterdir() if _changed_at(path) < before]
        alive = known({_upload_of(path) for path in old})
        yield from (path for path in old if _upload_of(path) not in alive)
        # These are locked while a request of this machine is at work on them.
        a_moment_ago = datetime.now(UTC) - _MOMENT
        for directory in (self._incoming, self.spool):
            for path in directory.iterdir():
                if _changed_at(path) < a_moment_ago and not is_in_use(path):
                    yield path
        # A proxy that was killed does not remove what was arriving; ours writes it here.
        a_day_ago = datetime.now(UTC) - _LONGEST_HANDING_OVER
        for path in self._of_proxy.rglob("*") if self._of_proxy.is_dir() else ():
            if path.is_file() and _changed_at(path) < min(before, a_day_ago):
                yield path

    @contextmanager
    def _expecting(self, source: BinaryIO) -> Iterator[None]:
        """Expect the body when it is the proxy that has it still: it writes it next."""
        try:
            yield
        except BodyWithheld:
            self._followers.expect(getattr(source, "announced", None))
            raise

    def _adopt(self, upload: str, source: BinaryIO, limit: int) -> int:
        source.flush()
        path = Path(source.name)
        if path.stat().st_size > limit:
            raise TooLarge(f"more than the {limit} bytes that are taken here")
        try:
            return self._parts.adopt(upload, path, self._followers.take(path))
        finally:
            # The next request for this upload comes as soon as this one is answered.
            let_go(source.fileno())

    def _take_over(self, source: BinaryIO, path: Path, limit: int) -> RunningDigest | None:
        _refuse_if_full(source)
        if not self.has(source):
            return None
        source.flush()
        os.link(source.name, path)
        if path.stat().st_size > limit:
            raise TooLarge(f"more than the {limit} bytes that are taken here")
        return hash_and_sync(path, self._followers.take(path))

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

    def _whole(self, upload: str, digest: Digest) -> Path:
        return self._uploads / f"{upload}.{digest.hex}.whole"

    def _wholes(self, upload: str) -> list[Path]:
        return list(self._uploads.glob(f"{upload}.*.whole"))


@contextmanager
def _still_here(upload: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(f"the bytes of upload {upload} are not here") from error


def _upload_of(path: Path) -> str:
    return path.name.partition(".")[0]


def _refuse_if_full(source: BinaryIO) -> None:
    if getattr(source, "full", False):
        raise StorageFull("no room for the body: the disk is full")


def _changed_at(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.now(UTC) + timedelta(days=1)
