"""Reading single small files out of a squashfs 4.0, by its layout; links are never followed."""

import struct
from dataclasses import dataclass
from datetime import datetime

from sregistry_core.errors import NotAnImage

from .bounded import Part
from .sif_descriptors import moment
from .squashfs_blocks import COMPRESSIONS, READABLE, Blocks, MetadataCursor

MAGIC = b"hsqs"
MOST_NAMES = 20_000

_SUPERBLOCK = struct.Struct("<4sIIIIHHHHHHQQQQQQQQ")
_NO_TABLE = 0xFFFFFFFFFFFFFFFF
_NO_FRAGMENT = 0xFFFFFFFF
_FRAGMENTS_A_BLOCK = 512
_INODE_START = struct.Struct("<HHHHII")
_DIRECTORY, _FILE, _LARGE_DIRECTORY, _LARGE_FILE = 1, 2, 8, 9


@dataclass(frozen=True, slots=True)
class Superblock:
    """The head of a squashfs; places and sizes in bytes from its start."""

    compression: str
    block_size: int
    created: datetime | None
    root: int
    inode_table: int
    directory_table: int
    fragment_table: int | None


@dataclass(frozen=True, slots=True)
class _Directory:
    block: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class _File:
    start: int
    size: int
    fragment: int
    fragment_offset: int
    blocks: MetadataCursor


def read_superblock(part: Part) -> Superblock:
    """Read the head of a squashfs.

    Raises NotAnImage when it is none, is of another version than 4.0, or is cut off.
    Source: Linux, Documentation/filesystems/squashfs.rst, and squashfs_fs.h.
    """
    fields = _SUPERBLOCK.unpack(part.read_at(0, _SUPERBLOCK.size))
    magic, _, created, block_size, _, compression, block_log = fields[:7]
    _, _, major, minor, root, used = fields[7:13]
    _, _, inodes, directories, fragments, _ = fields[13:]
    if magic != MAGIC:
        raise NotAnImage("this is no squashfs: its magic bytes are missing")
    if (major, minor) != (4, 0):
        raise NotAnImage(f"a squashfs of version {major}.{minor} cannot be read, only 4.0")
    if not 12 <= block_log <= 20 or block_size != 1 << block_log:
        raise NotAnImage(f"the squashfs claims blocks of {block_size} bytes")
    if compression not in COMPRESSIONS:
        raise NotAnImage(f"the squashfs claims compression {compression}, which is not known")
    if used > part.size:
        raise NotAnImage(f"the squashfs claims {used} bytes, but there are only {part.size}")
    if inodes >= used or directories >= used:
        raise NotAnImage(f"the tables of the squashfs lie behind its {used} bytes")
    return Superblock(
        compression=COMPRESSIONS[compression],
        block_size=block_size,
        created=moment(created),
        root=root,
        inode_table=inodes,
        directory_table=directories,
        fragment_table=None if fragments == _NO_TABLE else fragments,
    )


class Squashfs:
    """The tree in a squashfs. A node is named by the place of its inode."""

    def __init__(self, part: Part, superblock: Superblock):
        """Open it; raises NotAnImage when its compression is not one that is read here."""
        if superblock.compression not in READABLE:
            raise NotAnImage(f"compressed with {superblock.compression}, which is not read")
        self.root = superblock.root
        self._part = part
        self._head = superblock
        self._blocks = Blocks(
            part, compression=superblock.compression, block_size=superblock.block_size
        )

    def children(self, node: int) -> dict[str, int]:
        """Give the nodes in a directory by name; nothing when `node` is no directory."""
        directory = self._inode(node)
        if not isinstance(directory, _Directory) or directory.size <= 3:
            return {}
        cursor = MetadataCursor(
            self._blocks, self._head.directory_table + directory.block, directory.offset
        )
        # "." and ".." are not stored, but counted: three bytes.
        left = directory.size - 3
        found: dict[str, int] = {}
        while left > 0:
            count, start, _ = struct.unpack("<III", cursor.take(12))
            left -= 12
            if count >= 256:
                raise NotAnImage(f"a directory of the squashfs claims {count + 1} names at once")
            self._part.budget.spend_steps(count + 1)
            for _ in range(count + 1):
                offset, _, _, length = struct.unpack("<HhHH", cursor.take(8))
                name = cursor.take(length + 1 if length < 256 else _too_long(length))
                found[name.decode("utf-8", "replace")] = start << 16 | offset
                left -= 8 + len(name)
            if len(found) > MOST_NAMES:
                raise NotAnImage(f"a directory of the squashfs has more than {MOST_NAMES} names")
        return found

    def content(self, node: int, limit: int) -> bytes | None:
        """Read a whole file; None when `node` is no regular file.

        Raises NotAnImage when it is larger than `limit` bytes, or damaged.
        """
        file = self._inode(node)
        if not isinstance(file, _File):
            return None
        if file.size > limit:
            raise NotAnImage(f"{file.size} bytes are too many")
        whole_blocks, rest = divmod(file.size, self._head.block_size)
        if rest and file.fragment == _NO_FRAGMENT:
            whole_blocks += 1
        words = struct.unpack(f"<{whole_blocks}I", file.blocks.take(4 * whole_blocks))
        pieces: list[bytes] = []
        place, left = file.start, file.size
        for word in words:
            wanted = min(left, self._head.block_size)
            # A length of 0 is a hole.
            piece = self._blocks.data(place, word)[:wanted] if word else bytes(wanted)
            if len(piece) != wanted:
                raise NotAnImage("a block of the squashfs is too short")
            pieces.append(piece)
            place += word & 0xFFFFFF
            left -= wanted
        if left:
            pieces.append(self._fragment(file, left))
        return b"".join(pieces)

    def _fragment(self, file: _File, count: int) -> bytes:
        if self._head.fragment_table is None:
            raise NotAnImage("a file of the squashfs needs a fragment, but there are none")
        block, entry = divmod(file.fragment, _FRAGMENTS_A_BLOCK)
        (table,) = struct.unpack("<Q", self._part.read_at(self._head.fragment_table + 8 * block, 8))
        cursor = MetadataCursor(self._blocks, table, 16 * entry)
        place, word, _ = struct.unpack("<QII", cursor.take(16))
        end = file.fragment_offset + count
        piece = self._blocks.data(place, word)[file.fragment_offset : end]
        if len(piece) != count:
            raise NotAnImage("a fragment of the squashfs is too short")
        return piece

    def _inode(self, node: int) -> _Directory | _File | None:
        self._part.budget.spend_steps()
        cursor = MetadataCursor(self._blocks, self._head.inode_table + (node >> 16), node & 0xFFFF)
        kind = _INODE_START.unpack(cursor.take(_INODE_START.size))[0]
        if kind == _DIRECTORY:
            block, _, size, offset, _ = struct.unpack("<IIHHI", cursor.take(16))
            return _Directory(block, offset, size)
        if kind == _LARGE_DIRECTORY:
            _, size, block, _, _, offset, _ = struct.unpack("<IIIIHHI", cursor.take(24))
            return _Directory(block, offset, size)
        if kind == _FILE:
            start, fragment, offset, size = struct.unpack("<IIII", cursor.take(16))
            return _File(start, size, fragment, offset, cursor)
        if kind == _LARGE_FILE:
            start, size, _, _, fragment, offset, _ = struct.unpack("<QQQIIII", cursor.take(40))
            return _File(start, size, fragment, offset, cursor)
        return None


def _too_long(length: int) -> int:
    raise NotAnImage(f"a name in the squashfs claims {length + 1} bytes")
