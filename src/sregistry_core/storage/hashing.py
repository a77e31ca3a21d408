"""Hashing of whole files, and bringing them to disk meanwhile."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sregistry_core.digests import RunningDigest

CHUNK = 1 << 20


def hash_of(path: Path) -> RunningDigest:
    """Hash a file."""
    running = RunningDigest()
    buffer = bytearray(CHUNK)
    view = memoryview(buffer)
    with path.open("rb", buffering=0) as source:
        while count := source.readinto(buffer):
            running.update(view[:count])
    return running


def hash_span(source: int, running: RunningDigest, *, offset: int, size: int) -> None:
    """Hash `size` bytes of a file from `offset` on; fewer where it ends. source: its descriptor."""
    view, end = memoryview(bytearray(CHUNK)), offset + size
    while offset < end and (count := os.preadv(source, [view[: end - offset]], offset)):
        running.update(view[:count])
        offset += count


def hash_and_sync(path: Path) -> RunningDigest:
    """Hash a file while the disk writes it; when this returns, its bytes are on disk."""
    with ThreadPoolExecutor(1, thread_name_prefix="sync") as beside:
        synced = beside.submit(_sync, path)
        running = hash_of(path)
        synced.result()
    return running


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fdatasync(handle)
    finally:
        os.close(handle)
