"""Images that are made on the fly, of any size."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Body:
    """An image that is made on the fly: `start`, then zeros up to `size` bytes."""

    start: bytes
    size: int

    def part(self, offset: int, size: int) -> Iterator[bytes]:
        """Give some of the bytes, at most 1 MiB at a time."""
        zeros = bytes(MIB)
        end = min(offset + size, self.size)
        while offset < end:
            if offset < len(self.start):
                piece = self.start[offset : min(end, offset + MIB)]
            else:
                piece = zeros[: min(MIB, end - offset)]
            yield piece
            offset += len(piece)

    def __iter__(self) -> Iterator[bytes]:
        return self.part(0, self.size)

    @property
    def digest(self) -> str:
        """The SHA-256 in hex digits."""
        running = hashlib.sha256()
        for piece in self:
            running.update(piece)
        return running.hexdigest()
