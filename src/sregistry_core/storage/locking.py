"""Locks on files: they hold across threads and processes, and end with whoever had them."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sregistry_core.errors import Conflict

_HELD = {errno.EAGAIN, errno.EACCES}


@contextmanager
def in_use(path: Path) -> Iterator[None]:
    """Lock a file for the time of the block, unless it is locked: a sweep leaves it alone."""
    handle = os.open(path, os.O_RDWR)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def is_in_use(path: Path) -> bool:
    """Tell whether somebody has locked a file, or it is gone."""
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


@contextmanager
def locked(path: Path, *, create: bool = False, wait: bool = False) -> Iterator[int]:
    """Open a file for reading and writing, and have it alone for the time of the block.

    create   make it when it is missing
    wait     until others have let go of it; otherwise Conflict is raised when they have it
    Raises FileNotFoundError when it is not there, or was moved away in the meantime.
    """
    handle = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            # A file system without locks has none to keep anybody out with.
            if error.errno in _HELD:
                raise Conflict("this upload is at work already") from error
        if not os.path.samestat(os.fstat(handle), path.stat()):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        yield handle
    finally:
        os.close(handle)


def let_go(handle: int) -> None:
    """Give up a lock before the file is closed."""
    with suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_UN)
