"""Files of random bytes, that no registry has yet."""

import hashlib
import os
from pathlib import Path

MIB = 1 << 20
SPARE = 256 * MIB
"""So much memory more than the bytes that are written take."""


def write_random(path: Path, size: int) -> None:
    """Write a file of so many bytes."""
    with path.open("wb") as file:
        for start in range(0, size, MIB):
            file.write(os.urandom(min(MIB, size - start)))


def make_unlike(path: Path) -> None:
    """Change the first bytes of a file."""
    with path.open("r+b") as file:
        file.write(os.urandom(32))


def hex_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def touch_memory(path: Path, size: int) -> None:
    """Have so many bytes of memory free that the machine really has; the file is gone afterwards.

    A virtual machine gives back what it does not use, and is slow where it must fetch it again:
    what is written just after this is written as on a machine that keeps its memory.
    """
    with path.open("wb") as file:
        for _ in range(0, size, MIB):
            file.write(bytes(MIB))
    path.unlink()
