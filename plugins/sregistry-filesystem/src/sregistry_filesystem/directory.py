"""A directory as a storage: one read-only file for each object."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from sregistry_core.contracts import (
    Handoff,
    LocalFile,
    ObjectMissing,
    Storage,
    StoredObject,
    require_key,
)

from .durable import copy, make_durably, missing, refusals, sync_directory

_ARRIVING = ".arriving"
"""The directory of files that are being copied in; no part of a key begins with a dot."""
_GIVEN_UP = timedelta(days=1)


class DirectoryStorage(Storage):
    """Keeps each object as one read-only file below `root`."""

    def __init__(self, root: Path):
        """Use `root`, made when missing.

        Raises OSError, StorageUnavailable or StorageFull when it cannot be written to. What copies
        that were cut off more than a day ago have left is removed.
        """
        self._root = root
        self._arriving = root / _ARRIVING
        self._durable: set[Path] = set()
        make_durably(root)
        self._arriving.mkdir(exist_ok=True, mode=0o700)
        self._remove_leftovers()
        self.check()

    def stat(self, key: str) -> StoredObject:
        """Tell size and age of an object."""
        with missing(key):
            return _stored(key, self._path(key).stat())

    def open(self, key: str, start: int = 0) -> BinaryIO:
        """Open an object for reading from `start` on."""
        with missing(key):
            source = self._path(key).open("rb")
        source.seek(start)
        return source

    def adopt(self, key: str, path: Path) -> None:
        """Move a file here; across file systems it is copied under another name first."""
        target = self._path(key)
        with refusals(key):
            self._prepare(target.parent)
            # Before the key appears: the sweep for objects without a row goes by this time.
            os.utime(path)
            try:
                path.chmod(0o440)
                path.replace(target)
            except OSError as error:
                path.chmod(0o600)
                if error.errno != errno.EXDEV:
                    raise
                copy(path, target, by_way_of=self._arriving)
            sync_directory(target.parent)

    def delete(self, key: str) -> None:
        """Remove an object; its directory stays, also when it is empty."""
        path = self._path(key)
        with refusals(key), suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            path.unlink()

    def walk(self, prefix: str = "") -> Iterator[StoredObject]:
        """Give every object at or below `prefix`; what lies behind a symbolic link is left out."""
        start = self._path(prefix) if prefix else self._root
        if start.is_dir():
            yield from self._below(start, f"{prefix}/" if prefix else "")
        elif start.is_file():
            yield self.stat(prefix)

    def handoff(self, key: str, *, filename: str, lifetime: timedelta) -> Handoff:
        """The file itself."""
        path = self._path(key)
        with missing(key):
            _stored(key, path.stat())
        return LocalFile(path)

    def check(self) -> None:
        """Write and remove a probe."""
        probe = self._arriving / f"probe-{uuid4().hex}"
        with refusals(str(self._root)):
            try:
                probe.write_bytes(b"probe")
            finally:
                probe.unlink(missing_ok=True)

    def free_space(self) -> int | None:
        """Bytes that still fit; None when the directory does not answer."""
        try:
            return shutil.disk_usage(self._root).free
        except OSError:
            return None

    def _path(self, key: str) -> Path:
        return self._root / require_key(key)

    def _prepare(self, directory: Path) -> None:
        if directory in self._durable and directory.is_dir():
            return
        # Where the disk is not mounted, nothing is to be put below its mount point.
        self._arriving.stat()
        directory.mkdir(parents=True, exist_ok=True)
        # Also when it was there: another thread may have made it, and not have synced it yet.
        for parent in directory.relative_to(self._root).parents:
            sync_directory(self._root / parent)
        self._durable.add(directory)

    def _below(self, directory: Path, prefix: str) -> Iterator[StoredObject]:
        with refusals(str(directory)):
            try:
                entries = list(os.scandir(directory))
            except FileNotFoundError:
                return
        for entry in entries:
            key = prefix + entry.name
            try:
                require_key(key)
                with missing(key):
                    found = entry.stat(follow_symlinks=False)
                    if not stat.S_ISDIR(found.st_mode):
                        yield _stored(key, found)
                        continue
            except (ObjectMissing, ValueError):
                continue
            yield from self._below(directory / entry.name, f"{key}/")

    def _remove_leftovers(self) -> None:
        before = (datetime.now(UTC) - _GIVEN_UP).timestamp()
        for path in self._arriving.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()


def _stored(key: str, found: os.stat_result) -> StoredObject:
    if not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError
    return StoredObject(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))
