"""Images in a directory of this machine."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from sregistry_core import hookimpl
from sregistry_core.contracts import (
    ConfigurationError,
    Handoff,
    LocalFile,
    ObjectMissing,
    PluginSettings,
    Storage,
    StorageUnavailable,
    StoredObject,
    require_key,
)
from sregistry_core.errors import StorageFull

_ARRIVING = ".arriving-"
"""Begins the name of a file that is being copied in; no key begins a part with it."""


class DirectoryStorage(Storage):
    """Keeps each object as one read-only file below `root`."""

    def __init__(self, root: Path):
        """Use `root`, made when missing. Raises OSError when it cannot be written to."""
        self._root = root
        root.mkdir(parents=True, exist_ok=True)
        self.check()

    def stat(self, key: str) -> StoredObject:
        """Tell size and age of an object."""
        with _missing(key):
            found = self._path(key).stat()
            if not self._path(key).is_file():
                raise FileNotFoundError
        return StoredObject(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def open(self, key: str, start: int = 0) -> BinaryIO:
        """Open an object for reading from `start` on."""
        with _missing(key):
            source = self._path(key).open("rb")
        source.seek(start)
        return source

    def adopt(self, key: str, path: Path) -> None:
        """Move a file here; across file systems it is copied under another name first."""
        target = self._path(key)
        with _full(key):
            self._make_directory(target.parent)
            path.chmod(0o440)
            os.utime(path)
            try:
                path.replace(target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                _copy(path, target)
            _sync(target.parent)

    def delete(self, key: str) -> None:
        """Remove an object, and the directories that it leaves empty are kept."""
        with _unavailable(key):
            self._path(key).unlink(missing_ok=True)

    def walk(self, prefix: str = "") -> Iterator[StoredObject]:
        """Give every object at or below `prefix`."""
        start = self._path(prefix) if prefix else self._root
        if start.is_file():
            yield self.stat(prefix)
        for directory, _, names in os.walk(start):
            for name in names:
                if name.startswith(_ARRIVING):
                    continue
                path = Path(directory, name)
                try:
                    yield self.stat(path.relative_to(self._root).as_posix())
                except (ObjectMissing, ValueError):
                    continue

    def handoff(self, key: str, *, filename: str, lifetime: timedelta) -> Handoff:
        """The file itself."""
        self.stat(key)
        return LocalFile(self._path(key))

    def check(self) -> None:
        """Write, sync and remove a probe."""
        probe = self._root / f"{_ARRIVING}probe-{uuid4().hex}"
        with _unavailable(str(self._root)):
            try:
                probe.write_bytes(b"probe")
            finally:
                probe.unlink(missing_ok=True)

    def free_space(self) -> int:
        """Bytes that still fit."""
        return shutil.disk_usage(self._root).free

    def _path(self, key: str) -> Path:
        return self._root / require_key(key)

    def _make_directory(self, directory: Path) -> None:
        if directory.is_dir():
            return
        directory.mkdir(parents=True, exist_ok=True)
        # The names of new directories must survive too, up to the root.
        for parent in directory.parents:
            _sync(parent)
            if parent == self._root:
                break


def _copy(source: Path, target: Path) -> None:
    arriving = target.with_name(f"{_ARRIVING}{uuid4().hex}")
    try:
        with source.open("rb") as reader, arriving.open("xb") as writer:
            shutil.copyfileobj(reader, writer, 1 << 20)
            writer.flush()
            os.fsync(writer.fileno())
        arriving.chmod(0o440)
        arriving.replace(target)
    finally:
        arriving.unlink(missing_ok=True)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _missing(key: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise ObjectMissing(f"{key} is not in the storage") from error
    except OSError as error:
        raise StorageUnavailable(f"{key} cannot be read: {error.strerror}") from error


@contextmanager
def _full(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageFull(f"no room for {key}: {error.strerror}") from error
        raise StorageUnavailable(f"{key} cannot be kept: {error.strerror}") from error


@contextmanager
def _unavailable(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(f"{what} does not work: {error.strerror}") from error


@hookimpl
def sregistry_storage(kind: str, settings: PluginSettings) -> Storage | None:
    """Open a directory as a storage."""
    if kind != "filesystem":
        return None
    root = settings.path("root")
    try:
        return DirectoryStorage(root)
    except (OSError, StorageUnavailable) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(
            f"{settings.name}.root = {root} cannot be used as a storage: {reason}"
        ) from error
