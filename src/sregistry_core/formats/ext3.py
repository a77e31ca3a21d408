"""Reading single small files out of an ext3 or ext4 file system; links are never followed."""

import struct
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from sregistry_core.errors import NotAnImage

from .bounded import MIB, Part
from .sif_descriptors import moment

MAGIC = b"\x53\xef"
MAGIC_OFFSET = 1080
MOST_NAMES = 20_000
LARGEST_DIRECTORY = 4 * MIB

_ROOT_INODE = 2
_HAS_JOURNAL = 0x4
# Names with types, a journal to be replayed, extents, 64 bit, flexible groups, checksum seed,
# directories of three levels. None of them changes where things lie in a way not read here.
_READABLE_FEATURES = 0x2 | 0x4 | 0x40 | 0x80 | 0x200 | 0x2000 | 0x4000
_FEATURE_64BIT = 0x80
_USES_EXTENTS, _ENCRYPTED, _INLINE = 0x80000, 0x800, 0x10000000
_DIRECTORY, _FILE = 0x4000, 0x8000
_DIRECT_BLOCKS = 12
_EXTENT_MAGIC = 0xF30A
_DEEPEST_EXTENTS = 5
_BLOCKS_KEPT = 16


@dataclass(frozen=True, slots=True)
class Superblock:
    """The head of an ext file system; sizes in bytes."""

    created: datetime | None
    features: int
    inode_count: int
    block_count: int
    first_block: int
    block_size: int
    inodes_per_group: int
    inode_size: int
    group_size: int


@dataclass(frozen=True, slots=True)
class _Inode:
    kind: int
    flags: int
    size: int
    blocks: bytes


def read_superblock(part: Part) -> Superblock:
    """Read the head of an ext3 (or ext4) file system.

    Raises NotAnImage when it is none, has no journal (clients refuse it then), or is cut off.
    Source: Linux, Documentation/filesystems/ext4/super.rst.
    """
    head = part.read_at(1024, 1024)
    if head[56:58] != MAGIC:
        raise NotAnImage("this is no ext3: its magic bytes are missing")
    inode_count, block_count = struct.unpack_from("<II", head)
    first_block, block_log = struct.unpack_from("<II", head, 20)
    (inodes_per_group,) = struct.unpack_from("<I", head, 40)
    (revision,) = struct.unpack_from("<I", head, 76)
    inode_size = struct.unpack_from("<H", head, 88)[0] if revision else 128
    compatible, features = struct.unpack_from("<II", head, 92)
    if not compatible & _HAS_JOURNAL:
        raise NotAnImage("the file system has no journal, so it is no ext3")
    if block_log > 6:
        raise NotAnImage(f"the ext3 claims blocks of 2 to the power of {10 + block_log} bytes")
    block_size = 1024 << block_log
    group_size = 32
    if features & _FEATURE_64BIT:
        group_size = struct.unpack_from("<H", head, 254)[0]
        block_count |= struct.unpack_from("<I", head, 336)[0] << 32
    if block_count * block_size > part.size:
        raise NotAnImage(
            f"the ext3 claims {block_count * block_size} bytes, but there are only {part.size}"
        )
    if not 128 <= inode_size <= block_size or not 32 <= group_size <= 1024 or not inodes_per_group:
        raise NotAnImage(f"the ext3 claims inodes of {inode_size} bytes")
    return Superblock(
        created=moment(struct.unpack_from("<I", head, 264)[0]),
        features=features,
        inode_count=inode_count,
        block_count=block_count,
        first_block=first_block,
        block_size=block_size,
        inodes_per_group=inodes_per_group,
        inode_size=inode_size,
        group_size=group_size,
    )


class Ext3:
    """The tree in an ext3 or ext4 file system. A node is the number of its inode."""

    def __init__(self, part: Part, superblock: Superblock):
        """Open it; raises NotAnImage when it has features that are not read here."""
        unreadable = superblock.features & ~_READABLE_FEATURES
        if unreadable:
            raise NotAnImage(f"the file system has features that are not read: {unreadable:#x}")
        self.root = _ROOT_INODE
        self._part = part
        self._head = superblock
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def children(self, node: int) -> dict[str, int]:
        """Give the nodes in a directory by name; nothing when `node` is no directory."""
        inode = self._inode(node)
        if inode.kind != _DIRECTORY:
            return {}
        if inode.size > LARGEST_DIRECTORY:
            raise NotAnImage(f"a directory of the ext3 claims {inode.size} bytes")
        found: dict[str, int] = {}
        for number in range(-(-inode.size // self._head.block_size)):
            self._read_names(self._block_of(inode, number), found)
            if len(found) > MOST_NAMES:
                raise NotAnImage(f"a directory of the ext3 has more than {MOST_NAMES} names")
        return found

    def content(self, node: int, limit: int) -> bytes | None:
        """Read a whole file; None when `node` is no regular file.

        Raises NotAnImage when it is larger than `limit` bytes, or damaged.
        """
        inode = self._inode(node)
        if inode.kind != _FILE:
            return None
        if inode.size > limit:
            raise NotAnImage(f"{inode.size} bytes are too many")
        count = -(-inode.size // self._head.block_size)
        return b"".join(self._block_of(inode, number) for number in range(count))[: inode.size]

    def _read_names(self, block: bytes, found: dict[str, int]) -> None:
        place = 0
        while place + 8 <= len(block):
            self._part.budget.spend_steps()
            inode, step, length = struct.unpack_from("<IHB", block, place)
            # A block of 64 KiB cannot spell its own length in 16 bits.
            if len(block) == 65536 and step in (0, 65535):
                step = 65536
            if step < 8 or step % 4 or place + step > len(block) or 8 + length > step:
                raise NotAnImage("a directory of the ext3 is damaged")
            if inode:
                name = block[place + 8 : place + 8 + length].decode("utf-8", "replace")
                found[name] = inode
            place += step

    def _inode(self, number: int) -> _Inode:
        self._part.budget.spend_steps()
        head = self._head
        if not 1 <= number <= head.inode_count:
            raise NotAnImage(f"inode {number} is not one of the {head.inode_count} of the ext3")
        group, index = divmod(number - 1, head.inodes_per_group)
        entry = self._part.read_at(
            (head.first_block + 1) * head.block_size + group * head.group_size, head.group_size
        )
        (table,) = struct.unpack_from("<I", entry, 8)
        if head.group_size >= 64:
            table |= struct.unpack_from("<I", entry, 40)[0] << 32
        raw = self._part.read_at(table * head.block_size + index * head.inode_size, 128)
        (mode,) = struct.unpack_from("<H", raw)
        (size,) = struct.unpack_from("<I", raw, 4)
        (flags,) = struct.unpack_from("<I", raw, 32)
        size |= struct.unpack_from("<I", raw, 108)[0] << 32
        if flags & (_ENCRYPTED | _INLINE):
            raise NotAnImage("an encrypted or inline file of the ext3 is not read")
        return _Inode(kind=mode & 0xF000, flags=flags, size=size, blocks=raw[40:100])

    def _block_of(self, inode: _Inode, number: int) -> bytes:
        if inode.flags & _USES_EXTENTS:
            place = self._place_by_extents(inode, number)
        else:
            place = self._place_by_pointers(inode, number)
        return self._block(place) if place else bytes(self._head.block_size)

    def _place_by_pointers(self, inode: _Inode, number: int) -> int:
        pointers: tuple[int, ...] = struct.unpack("<15I", inode.blocks)
        if number < _DIRECT_BLOCKS:
            return pointers[number]
        number -= _DIRECT_BLOCKS
        per_block = self._head.block_size // 4
        for levels in (1, 2, 3):
            if number < per_block**levels:
                place = pointers[_DIRECT_BLOCKS + levels - 1]
                for level in range(levels - 1, -1, -1):
                    if not place:
                        return 0
                    index = number // per_block**level % per_block
                    place = int.from_bytes(self._block(place)[4 * index : 4 * index + 4], "little")
                return place
            number -= per_block**levels
        raise NotAnImage(f"a file of the ext3 claims a block number {number} too large")

    def _place_by_extents(self, inode: _Inode, number: int) -> int:
        """Give the block, or 0 for a hole; every level must be one less than the one above."""
        tree = inode.blocks
        expected: int | None = None
        while True:
            magic, count, _, depth = struct.unpack_from("<HHHH", tree)
            too_deep = depth > _DEEPEST_EXTENTS if expected is None else depth != expected
            if magic != _EXTENT_MAGIC or too_deep or 12 + 12 * count > len(tree):
                raise NotAnImage("an extent tree of the ext3 is damaged")
            if depth == 0:
                return _leaf_place(tree, count, number)
            below = 0
            for start in range(12, 12 + 12 * count, 12):
                first, low, high = struct.unpack_from("<IIH", tree, start)
                if first <= number:
                    below = high << 32 | low
            if not below:
                return 0
            tree = self._block(below)
            expected = depth - 1

    def _block(self, place: int) -> bytes:
        if place not in self._kept:
            if place >= self._head.block_count:
                raise NotAnImage(f"block {place} is not in the ext3")
            size = self._head.block_size
            self._kept[place] = self._part.read_at(place * size, size)
            if len(self._kept) > _BLOCKS_KEPT:
                self._kept.popitem(last=False)
        return self._kept[place]


def _leaf_place(tree: bytes, count: int, number: int) -> int:
    for start in range(12, 12 + 12 * count, 12):
        first, length, high, low = struct.unpack_from("<IHHI", tree, start)
        # Longer than this means: reserved, never written, so it reads as zeros.
        if length <= 32768 and first <= number < first + length:
            return int((high << 32 | low) + number - first)
    return 0
