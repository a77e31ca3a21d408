"""Files of random bytes, that no registry has yet."""

import hashlib
import os
from pathlib import Path

MIB = 1 << 20


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
