"""Reading from a file that may lie about itself: every read is inside the file and is counted."""

from dataclasses import dataclass
from typing import BinaryIO

from sregistry_core.errors import NotAnImage

MIB = 1024 * 1024


@dataclass(slots=True)
class Budget:
    """What one inspection may cost; what is spent does not come back.

    bytes_left      bytes that may still be read from the file
    inflated_left   bytes that may still come out of decompression
    steps_left      directory entries and file system nodes that may still be looked at
    """

    bytes_left: int = 64 * MIB
    inflated_left: int = 64 * MIB
    steps_left: int = 200_000

    def spend_bytes(self, count: int) -> None:
        """Count bytes that are about to be read.

        Raises NotAnImage when there were too many.
        """
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise NotAnImage("too many bytes would have to be read to look into this file")

    def spend_inflated(self, count: int) -> None:
        """Count bytes that are about to be inflated.

        Raises NotAnImage when there were too many.
        """
        self.inflated_left -= count
        if self.inflated_left < 0:
            raise NotAnImage("too many bytes would have to be inflated to look into this file")

    def spend_steps(self, count: int = 1) -> None:
        """Count nodes that are about to be looked at.

        Raises NotAnImage when there were too many.
        """
        self.steps_left -= count
        if self.steps_left < 0:
            raise NotAnImage("too many directory entries to look into this file")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file; places are counted from the stretch's own start.

    source   seekable; its position is moved by every read
    offset   bytes from the start of the file
    size     bytes; the whole stretch lies inside the file
    """

    source: BinaryIO
    offset: int
    size: int
    budget: Budget

    def read_at(self, place: int, count: int) -> bytes:
        """Read exactly `count` bytes at `place`.

        Raises NotAnImage when they are not all inside the stretch, or the file ends before.
        """
        self._require_inside(place, count)
        self.budget.spend_bytes(count)
        self.source.seek(self.offset + place)
        return read_exactly(self.source, count)

    def part(self, place: int, size: int) -> "Part":
        """Give a stretch of this stretch; raises NotAnImage when it is not all inside."""
        self._require_inside(place, size)
        return Part(self.source, self.offset + place, size, self.budget)

    def _require_inside(self, place: int, count: int) -> None:
        if place < 0 or count < 0 or place + count > self.size:
            raise NotAnImage(
                f"bytes {place} to {place + count} are asked for, but there are only {self.size}"
            )


def read_exactly(source: BinaryIO, count: int) -> bytes:
    """Read `count` bytes from where `source` stands; raises NotAnImage when it ends before."""
    pieces: list[bytes] = []
    missing = count
    while missing:
        # An unbuffered file may give less than was asked for, and only b"" means the end.
        piece = source.read(missing)
        if not piece:
            raise NotAnImage(f"the file ends {missing} bytes too early")
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
