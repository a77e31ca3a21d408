"""A disk so small that it can be filled: a tmpfs of its own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .needing import need


class SmallDisk:
    """A mounted file system; sizes in bytes."""

    def __init__(self, path: Path):
        self.path = path
        self._filler = path / "filler"

    @property
    def free(self) -> int:
        """What still fits."""
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def fill(self, *, leave: int) -> None:
        """Take all space but some."""
        with self._filler.open("ab") as file:
            while (size := self.free - leave) > 0:
                # The server writes, too, and may have been faster.
                with suppress(OSError):
                    os.posix_fallocate(file.fileno(), file.tell(), size)
                file.seek(0, os.SEEK_END)

    def empty(self) -> None:
        """Give back what was taken."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(path: Path, size: int) -> Iterator[SmallDisk]:
    """Mount a tmpfs for the time of the block. Skips the test when this machine does not let us."""
    path.mkdir(parents=True)
    options = f"size={size},mode=0700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    need(done.returncode == 0, f"the right to mount a tmpfs ({done.stderr.strip()})")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)
