"""Writing that survives a power cut, and telling a full disk from other trouble."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sregistry_core.contracts import ObjectMissing, StorageUnavailable
from sregistry_core.errors import StorageFull

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CHUNK = 1 << 20


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_durably(directory: Path) -> None:
    """Make a directory, and those above it, with names that survive a power cut."""
    missing = [one for one in (directory, *directory.parents) if not one.exists()]
    directory.mkdir(parents=True, exist_ok=True, mode=0o750)
    for one in missing:
        sync_directory(one.parent)


def copy(source: Path, target: Path, *, by_way_of: Path) -> None:
    """Copy a file, readable by owner and group only; `target` appears when all of it is on disk.

    by_way_of   a directory of the target's file system, for the time of the copy
    """
    arriving = by_way_of / uuid4().hex
    handle = os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as writer, source.open("rb") as reader:
            shutil.copyfileobj(reader, writer, _CHUNK)
            writer.flush()
            os.fchmod(handle, 0o440)
            os.fsync(handle)
        arriving.replace(target)
    finally:
        arriving.unlink(missing_ok=True)


@contextmanager
def missing(key: str) -> Iterator[None]:
    """Say ObjectMissing for no such file, StorageUnavailable for any other failing."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise ObjectMissing(f"{key} is not in the storage") from error
    except OSError as error:
        raise StorageUnavailable(f"{key} cannot be read: {error.strerror}") from error


@contextmanager
def refusals(what: str) -> Iterator[None]:
    """Say StorageFull for a full disk, StorageUnavailable for any other failing."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(f"no room for {what}: {error.strerror}") from error
        raise StorageUnavailable(f"{what} cannot be used: {error.strerror}") from error
