"""The compressed blocks of a squashfs: inflated one at a time, never past their known size."""

import lzma
import struct
import zlib
from collections import OrderedDict
from dataclasses import dataclass

from sregistry_core.errors import NotAnImage

from .bounded import MIB, Part

COMPRESSIONS = {1: "gzip", 2: "lzma", 3: "lzo", 4: "xz", 5: "lz4", 6: "zstd"}
READABLE = ("gzip", "lzma", "xz")
METADATA_SIZE = 8192

# The dictionary of a block is no larger than the block, which is 1 MiB at most.
_XZ_MEMORY = 16 * MIB
_METADATA_KEPT = 64
_DATA_KEPT = 4
_STORED_METADATA = 1 << 15
_STORED_DATA = 1 << 24


def inflate(compression: str, raw: bytes, limit: int) -> bytes:
    """Inflate one block.

    limit   bytes; no more than one byte above it is ever produced.
    Raises NotAnImage when the block is damaged or larger than `limit`.
    """
    try:
        if compression == "gzip":
            unzip = zlib.decompressobj()
            inflated = unzip.decompress(raw, limit + 1)
            complete = unzip.eof
        else:
            container = lzma.FORMAT_XZ if compression == "xz" else lzma.FORMAT_ALONE
            unpack = lzma.LZMADecompressor(container, memlimit=_XZ_MEMORY)
            inflated = unpack.decompress(raw, limit + 1)
            complete = unpack.eof
    except (zlib.error, lzma.LZMAError, EOFError) as error:
        raise NotAnImage(f"a {compression} block of the squashfs is damaged") from error
    if len(inflated) > limit or not complete:
        raise NotAnImage(f"a {compression} block of the squashfs is not {limit} bytes at most")
    return inflated


@dataclass(frozen=True, slots=True)
class MetadataBlock:
    """An inflated block of a table.

    end   where the next block starts, in bytes of the squashfs
    """

    content: bytes
    end: int


class Blocks:
    """The blocks of one squashfs; the last few that were inflated are kept."""

    def __init__(self, part: Part, *, compression: str, block_size: int):
        self._part = part
        self._compression = compression
        self._block_size = block_size
        self._metadata: OrderedDict[int, MetadataBlock] = OrderedDict()
        self._data: OrderedDict[int, bytes] = OrderedDict()

    def metadata(self, place: int) -> MetadataBlock:
        """Give the metadata block whose header is at `place`.

        Raises NotAnImage when it is damaged, empty or outside.
        """
        if place in self._metadata:
            return self._metadata[place]
        (head,) = struct.unpack("<H", self._part.read_at(place, 2))
        length = head & ~_STORED_METADATA
        # An empty block would let a reader walk on for nothing.
        if not 0 < length <= METADATA_SIZE:
            raise NotAnImage(f"a metadata block of the squashfs claims {length} bytes")
        raw = self._part.read_at(place + 2, length)
        inflated = raw if head & _STORED_METADATA else self._inflate(raw, METADATA_SIZE)
        if not inflated:
            raise NotAnImage("a metadata block of the squashfs is empty")
        block = MetadataBlock(inflated, place + 2 + length)
        self._metadata[place] = block
        if len(self._metadata) > _METADATA_KEPT:
            self._metadata.popitem(last=False)
        return block

    def data(self, place: int, length_and_mark: int) -> bytes:
        """Give the data or fragment block at `place`.

        length_and_mark   bytes in the file; one bit tells that they are not compressed.
        Raises NotAnImage when it is damaged or larger than a block.
        """
        if place in self._data:
            return self._data[place]
        length = length_and_mark & ~_STORED_DATA
        if not 0 < length <= self._block_size:
            raise NotAnImage(f"a data block of the squashfs claims {length} bytes")
        raw = self._part.read_at(place, length)
        stored = length_and_mark & _STORED_DATA
        block = raw if stored else self._inflate(raw, self._block_size)
        self._data[place] = block
        if len(self._data) > _DATA_KEPT:
            self._data.popitem(last=False)
        return block

    def _inflate(self, raw: bytes, limit: int) -> bytes:
        self._part.budget.spend_inflated(limit)
        return inflate(self._compression, raw, limit)


class MetadataCursor:
    """Walks through a table of metadata blocks, as if it were one text."""

    def __init__(self, blocks: Blocks, place: int, offset: int):
        """Stand `offset` bytes into the inflated block whose header is at `place`."""
        self._blocks = blocks
        self._block = blocks.metadata(place)
        self._offset = offset
        if offset > len(self._block.content):
            raise NotAnImage(f"place {offset} of a metadata block of the squashfs is past its end")

    def take(self, count: int) -> bytes:
        """Give the next `count` bytes; raises NotAnImage when the table ends before."""
        pieces: list[bytes] = []
        while count:
            if self._offset == len(self._block.content):
                self._block = self._blocks.metadata(self._block.end)
                self._offset = 0
            piece = self._block.content[self._offset : self._offset + count]
            pieces.append(piece)
            self._offset += len(piece)
            count -= len(piece)
        return b"".join(pieces)
