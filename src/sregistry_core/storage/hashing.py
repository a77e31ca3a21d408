"""Hashing of whole files, and bringing them to disk meanwhile."""

import mmap
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sregistry_core.digests import RunningDigest

CHUNK = 1 << 20


def hash_of(path: Path) -> RunningDigest:
    """Hash a file."""
    running = RunningDigest()
    _hash_rest(path, running)
    return running


def hash_span(source: int, running: RunningDigest, *, offset: int, size: int) -> None:
    """Hash `size` bytes of a file from `offset` on; fewer where it ends. source: its descriptor."""
    end = offset + size
    # Of the kernel, who has it back afterwards: the allocator would keep some for each thread.
    with mmap.mmap(-1, CHUNK) as memory, memoryview(memory) as view:
        while offset < end and (count := os.preadv(source, [view[: end - offset]], offset)):
            running.update(view[:count])
            offset += count


def hash_and_sync(path: Path, begun: RunningDigest | None = None) -> RunningDigest:
    """Hash a file while the disk writes it; when this returns, its bytes are on disk.

    begun   the hash of its first `size` bytes, when there is one; it is used up
    """
    running = begun or RunningDigest()
    with ThreadPoolExecutor(1, thread_name_prefix="sync") as beside:
        synced = beside.submit(_sync, path)
        _hash_rest(path, running)
        synced.result()
    return running


def begin_to_write_back(handle: int, offset: int, size: int) -> None:
    """Let the disk write a part of a file, and do not wait for it. handle: its descriptor."""
    # Linux begins to write what it is told nobody needs; there is no better word in Python.
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(handle, offset, size, os.POSIX_FADV_DONTNEED)


def _hash_rest(path: Path, running: RunningDigest) -> None:
    source = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(source).st_size
        hash_span(source, running, offset=running.size, size=size - running.size)
    finally:
        os.close(source)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fdatasync(handle)
    finally:
        os.close(handle)
