"""Writing that survives a power cut, and telling a full disk from other trouble."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sregistry_core.errors import StorageFull, StorageUnavailable

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def refusals(what: str) -> Iterator[None]:
    """Say StorageFull for a full disk and StorageUnavailable for any other failing of it."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(f"no room for {what}: {error.strerror}") from error
        raise StorageUnavailable(f"{what} cannot be kept: {error.strerror}") from error
