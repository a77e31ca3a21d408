"""Copies a spooled body into a larger file: by the kernel."""

import errno
import os
import stat
from typing import BinaryIO

from .hashing import CHUNK

_BEYOND_THE_KERNEL = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}


def descriptor_of(source: BinaryIO) -> int | None:
    """Give the descriptor of a body that is a whole file; None for any other."""
    if not isinstance(getattr(source, "name", None), str) or source.tell():
        return None
    source.flush()
    return source.fileno() if stat.S_ISREG(os.fstat(source.fileno()).st_mode) else None


def write_all(handle: int, chunk: bytes | memoryview, offset: int) -> None:
    """Write all of some bytes at a place."""
    view = memoryview(chunk)
    while view:
        written = os.pwrite(handle, view, offset)
        view, offset = view[written:], offset + written


def copy(source: int, target: int, *, offset: int, size: int) -> None:
    """Copy a whole file of `size` bytes to `offset` in another one; both are descriptors."""
    done = 0
    try:
        while done < size:
            copied = os.copy_file_range(source, target, size - done, done, offset + done)
            if not copied:
                break
            done += copied
    except (OSError, AttributeError) as error:
        if isinstance(error, OSError) and error.errno not in _BEYOND_THE_KERNEL:
            raise
    while chunk := os.pread(source, min(CHUNK, size - done), done):
        write_all(target, chunk, offset + done)
        done += len(chunk)
