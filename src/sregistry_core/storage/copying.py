"""Copies a spooled body into a larger file: by the kernel, and hashed meanwhile."""

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

from sregistry_core.digests import RunningDigest

from .hashing import CHUNK

_BEYOND_THE_KERNEL = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}


def descriptor_of(source: BinaryIO, size: int) -> int | None:
    """Give the descriptor of a body that is a whole file of this size; None for any other."""
    if not isinstance(getattr(source, "name", None), str) or source.tell():
        return None
    source.flush()
    found = os.fstat(source.fileno())
    return source.fileno() if stat.S_ISREG(found.st_mode) and found.st_size == size else None


def copy_and_hash(
    source: int, target: int, running: RunningDigest | None, *, offset: int, size: int
) -> None:
    """Copy a whole file of `size` bytes to `offset` in another one; both are descriptors."""
    with ThreadPoolExecutor(1, thread_name_prefix="copy") as beside:
        copied = beside.submit(_copy, source, target, offset, size)
        if running is not None:
            _hash(source, size, running)
        copied.result()


def write_all(handle: int, chunk: bytes | memoryview, offset: int) -> None:
    """Write all of some bytes at a place."""
    view = memoryview(chunk)
    while view:
        written = os.pwrite(handle, view, offset)
        view, offset = view[written:], offset + written


def _copy(source: int, target: int, offset: int, size: int) -> None:
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


def _hash(source: int, size: int, running: RunningDigest) -> None:
    buffer, done = memoryview(bytearray(CHUNK)), 0
    while done < size and (count := os.preadv(source, [buffer], done)):
        running.update(buffer[:count])
        done += count
