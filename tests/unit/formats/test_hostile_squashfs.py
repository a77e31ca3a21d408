"""A squashfs made by hand to hurt its reader: bombs, loops, names and sizes that lie."""

import io
import lzma
import struct
import time
import zlib

import pytest

from sregistry_core.errors import NotAnImage
from sregistry_core.formats.image import inspect
from sregistry_core.formats.inspection import Inspection
from sregistry_core.formats.squashfs_blocks import inflate

BLOCK = 1 << 17
MIB = 1024 * 1024
STORED = 1 << 15
NO_FRAGMENT = 0xFFFFFFFF
NO_TABLE = 0xFFFFFFFFFFFFFFFF
DATA_START = 96


def directory(*, block: int = 0, offset: int = 0, size: int) -> bytes:
    start = struct.pack("<HHHHII", 8, 0o755, 0, 0, 0, 1)
    return start + struct.pack("<IIIIHHI", 2, size, block, 1, 0, offset, NO_FRAGMENT)


def file(size: int, *words: int, fragment: int = NO_FRAGMENT, start: int = DATA_START) -> bytes:
    head = struct.pack("<HHHHII", 9, 0o644, 0, 0, 0, 2)
    body = struct.pack("<QQQIIII", start, size, 0, 1, fragment, 0, NO_FRAGMENT)
    return head + body + struct.pack(f"<{len(words)}I", *words)


def names(**places: int) -> bytes:
    listing = struct.pack("<III", len(places) - 1, 0, 1)
    for name, place in places.items():
        spelled = name.replace("__", ".").encode()
        listing += struct.pack("<HhHH", place, 0, 1, len(spelled) - 1) + spelled
    return listing


def block(content: bytes, *, stored: bool = True) -> bytes:
    return struct.pack("<H", len(content) | (STORED if stored else 0)) + content


def squashfs(
    inodes: bytes, listing: bytes, *, content: bytes = b"", root: int = 0, fragments: int = NO_TABLE
) -> bytes:
    """Inodes and names are whole tables of blocks."""
    inode_table = DATA_START + len(content)
    names_table = inode_table + len(inodes)
    used = names_table + len(listing)
    head = struct.pack("<4sIIIIHHHHHH", b"hsqs", 2, 1, BLOCK, 0, 1, 17, 0, 1, 4, 0)
    tables = (root, used, NO_TABLE, NO_TABLE, inode_table, names_table, fragments, NO_TABLE)
    return head + struct.pack("<8Q", *tables) + content + inodes + listing


def with_runscript(script: bytes, *, content: bytes = b"") -> bytes:
    """A tree of /.singularity.d/runscript, whose inode is given."""
    home = names(runscript=80)
    top = names(__singularity__d=40)
    inodes = directory(size=len(top) + 3) + directory(offset=len(top), size=len(home) + 3) + script
    return squashfs(block(inodes), block(top + home), content=content)


def look(content: bytes) -> Inspection:
    started = time.monotonic()
    found = inspect(io.BytesIO(content), len(content))
    assert time.monotonic() - started < 5
    return found


def test_the_squashfs_made_by_hand_is_sound() -> None:
    packed = zlib.compress(b"exec blast")

    found = look(with_runscript(file(10, len(packed)), content=packed))

    assert found.runscript == "exec blast"
    assert found.notes == ()


def test_a_bomb_in_a_block_is_not_inflated() -> None:
    bomb = zlib.compress(bytes(100 * MIB), 9)[:BLOCK]

    found = look(with_runscript(file(10, len(bomb)), content=bomb))

    assert found.runscript is None
    assert found.notes == (
        "/.singularity.d/runscript was left out:"
        " a gzip block of the squashfs is not 131072 bytes at most",
    )


@pytest.mark.parametrize(
    ("compression", "bomb"),
    [
        ("gzip", zlib.compress(bytes(32 * MIB))),
        ("xz", lzma.compress(bytes(32 * MIB))),
        ("lzma", lzma.compress(bytes(32 * MIB), format=lzma.FORMAT_ALONE)),
    ],
    ids=["gzip", "xz", "lzma"],
)
def test_no_compression_gives_more_than_the_limit(compression: str, bomb: bytes) -> None:
    with pytest.raises(NotAnImage, match="8192 bytes at most"):
        inflate(compression, bomb, 8192)


@pytest.mark.parametrize("compression", ["gzip", "xz", "lzma"])
@pytest.mark.parametrize("raw", [b"", b"\0", b"nonsense", b"\xff" * 500])
def test_a_damaged_block_is_refused(compression: str, raw: bytes) -> None:
    with pytest.raises(NotAnImage):
        inflate(compression, raw, 8192)


def test_an_xz_that_wants_much_memory_is_refused() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 512 * MIB, "preset": 0}]
    greedy = lzma.compress(b"x", filters=filters)

    with pytest.raises(NotAnImage, match="damaged"):
        inflate("xz", greedy, 8192)


def test_a_bomb_in_a_table_is_refused() -> None:
    bomb = zlib.compress(bytes(8 * MIB))[:8192]

    found = look(squashfs(block(bomb, stored=False), block(b"x")))

    assert "8192 bytes at most" in found.notes[0]


def test_a_directory_that_holds_itself_is_no_endless_walk() -> None:
    listing = names(__singularity__d=0, scif=0, apps=0, env=0)

    found = look(squashfs(block(directory(size=len(listing) + 3)), block(listing)))

    assert found.labels == {}
    assert list(found.apps) == [".singularity.d", "apps", "env", "scif"]


def test_a_directory_that_claims_gigabytes_is_given_up() -> None:
    listing = b"".join(names(**{f"n{number:04}": 0 for number in range(256)}) for _ in range(2))

    found = look(squashfs(block(directory(size=2**32 - 1)), block(listing)))

    assert "/ was left out" in found.notes[0]


def test_a_directory_of_very_many_names_is_given_up() -> None:
    # Every block holds one whole listing of 256 names, and there are 200 of them.
    listings = b"".join(
        names(**{f"{turn:03}x{number:03}xxxxxxxxxxxxx": 0 for number in range(256)})
        for turn in range(200)
    )
    table = b"".join(block(listings[at : at + 8192]) for at in range(0, len(listings), 8192))

    found = look(squashfs(block(directory(size=len(listings) + 3)), table))

    assert found.notes == ("/ was left out: a directory of the squashfs has more than 20000 names",)


def test_a_run_of_names_that_is_too_long_is_refused() -> None:
    listing = struct.pack("<III", 2**32 - 1, 0, 0)

    found = look(squashfs(block(directory(size=500)), block(listing)))

    assert "claims 4294967296 names at once" in found.notes[0]


def test_a_name_that_is_too_long_is_refused() -> None:
    listing = struct.pack("<IIIHhHH", 0, 0, 0, 0, 0, 1, 65535)

    found = look(squashfs(block(directory(size=500)), block(listing)))

    assert "claims 65536 bytes" in found.notes[0]


@pytest.mark.parametrize("length", [0, 8193, 0x7FFF])
def test_a_table_block_of_an_impossible_length_is_refused(length: int) -> None:
    found = look(squashfs(struct.pack("<H", STORED | length) + bytes(9000), block(b"x")))

    assert f"claims {length} bytes" in found.notes[0]


def test_compressed_blocks_of_nothing_are_no_endless_walk() -> None:
    empty = block(zlib.compress(b""), stored=False)

    found = look(squashfs(empty * 1000, block(b"x")))

    assert found.notes == ("/ was left out: a metadata block of the squashfs is empty",)


@pytest.mark.parametrize("root", [0xFFFF, 8192, 2**40, 2**64 - 1, 1 << 16])
def test_a_root_outside_of_the_table_is_noted(root: int) -> None:
    listing = names(a=0)

    found = look(squashfs(block(directory(size=len(listing) + 3)), block(listing), root=root))

    assert "/ was left out" in found.notes[0]


@pytest.mark.parametrize(
    "script",
    [
        file(2**63, 5),
        file(MIB + 1, 5),
        file(10, 0x1FFFFFF),
        file(10, 5, start=2**63),
        file(10, fragment=0),
        file(BLOCK * 3, 3, 3, 3),
    ],
    ids=["endless", "large", "long block", "far away", "no fragments", "short blocks"],
)
def test_a_file_that_lies_about_itself_is_left_out(script: bytes) -> None:
    found = look(with_runscript(script, content=b"x" * 100))

    assert found.runscript is None
    assert found.notes[0].startswith("/.singularity.d/runscript was left out")


@pytest.mark.parametrize("fragments", [0, 5, 2**40, 2**64 - 2])
def test_a_fragment_table_that_lies_is_noted(fragments: int) -> None:
    home = names(runscript=80)
    top = names(__singularity__d=40)
    inodes = directory(size=len(top) + 3) + directory(offset=len(top), size=len(home) + 3)
    inodes += file(10, fragment=7)

    found = look(squashfs(block(inodes), block(top + home), fragments=fragments))

    assert found.runscript is None
    assert found.notes != ()


def test_all_scripts_together_are_bounded() -> None:
    # A hundred scripts of a few bytes in the file, each of which inflates to one mebibyte.
    packed = zlib.compress(b"x" * BLOCK)
    script = file(MIB, *[len(packed)] * 8)
    env = {f"s{number:03}__sh": 120 for number in range(100)}
    listing, home, top = names(**env), names(env=80), names(__singularity__d=40)
    inodes = directory(size=len(top) + 3)
    inodes += directory(offset=len(top), size=len(home) + 3)
    inodes += directory(offset=len(top) + len(home), size=len(listing) + 3)
    inodes += script

    found = look(squashfs(block(inodes), block(top + home + listing), content=packed * 8))

    # The paths count as well, so four times one mebibyte is too much.
    assert len(found.environment) == 3
    assert any("bytes are too many" in note for note in found.notes)
