"""An ext3 with single numbers changed to hurt its reader: loops, far places, endless sizes."""

import io
import struct
import time
from collections.abc import Callable

import pytest

from sregistry_core.formats.image import inspect
from sregistry_core.formats.inspection import Inspection

Make = Callable[..., bytes]

SIZE, FLAGS, BLOCKS, SIZE_HIGH = 4, 32, 40, 108
SINGLE, DOUBLE, TRIPLE = BLOCKS + 48, BLOCKS + 52, BLOCKS + 56
SCRIPT = {".singularity.d/runscript": b"line\n" * 10_000}
BLOCK = 1024


def look(content: bytes) -> Inspection:
    started = time.monotonic()
    found = inspect(io.BytesIO(content), len(content))
    assert time.monotonic() - started < 5
    return found


def number(content: bytes, place: int) -> int:
    return int.from_bytes(content[place : place + 4], "little")


def inode_place(content: bytes, inode: int) -> int:
    per_group, inode_size = number(content, 1064), int.from_bytes(content[1112:1114], "little")
    group, index = divmod(inode - 1, per_group)
    table = number(content, 2 * BLOCK + group * 32 + 8)
    return table * BLOCK + index * inode_size


def inode_of(content: bytes, name: str) -> int:
    """Find the inode by the only entry of this name, in a directory with typed names."""
    spelled = name.encode()
    place = content.index(struct.pack("<BB", len(spelled), 1) + spelled)
    return number(content, place - 6)


def changed(content: bytes, place: int, *words: int) -> bytes:
    return (
        content[:place] + struct.pack(f"<{len(words)}I", *words) + content[place + 4 * len(words) :]
    )


@pytest.fixture
def image(make_ext: Make) -> bytes:
    return make_ext(SCRIPT, "-b", str(BLOCK))


@pytest.fixture
def script_place(image: bytes) -> int:
    return inode_place(image, inode_of(image, "runscript"))


def test_the_image_that_is_changed_is_sound(image: bytes) -> None:
    assert look(image).runscript == "line\n" * 10_000


@pytest.mark.parametrize("word", [2**32 - 1, 1_000_000])
@pytest.mark.parametrize("field", [BLOCKS, SINGLE])
def test_a_block_outside_of_the_image_is_not_read(
    image: bytes, script_place: int, field: int, word: int
) -> None:
    found = look(changed(image, script_place + field, word))

    assert found.runscript is None
    assert found.notes == (
        f"/.singularity.d/runscript was left out: block {word} is not in the ext3",
    )


def test_a_block_of_pointers_to_itself_is_no_endless_walk(image: bytes, script_place: int) -> None:
    loop = number(image, script_place + SINGLE)
    content = changed(image, loop * BLOCK, *[loop] * (BLOCK // 4))
    content = changed(content, script_place + SINGLE, loop, loop, loop)
    content = changed(content, script_place + SIZE, 2**20)

    found = look(content)

    assert found.runscript is not None
    assert len(found.runscript) <= 2**20


def test_missing_blocks_of_pointers_are_holes(image: bytes, script_place: int) -> None:
    found = look(changed(image, script_place + SINGLE, 0, 0, 0))

    assert found.runscript is not None
    assert found.runscript.startswith("line\n")
    assert found.runscript.endswith("\ufffd")


@pytest.mark.parametrize(("field", "word"), [(SIZE, 2**32 - 1), (SIZE_HIGH, 2**31)])
def test_an_endless_file_is_left_out(
    image: bytes, script_place: int, field: int, word: int
) -> None:
    found = look(changed(image, script_place + field, word))

    assert found.runscript is None
    assert "bytes are too many" in found.notes[0]


def test_an_endless_directory_is_given_up(image: bytes) -> None:
    found = look(changed(image, inode_place(image, 2) + SIZE, 2**32 - 1))

    assert found.notes == ("/ was left out: a directory of the ext3 claims 4294967295 bytes",)


@pytest.mark.parametrize("step", [0, 4, 13, 2048, 65535])
def test_a_directory_entry_of_an_impossible_length_is_noted(image: bytes, step: int) -> None:
    block = number(image, inode_place(image, 2) + BLOCKS) * BLOCK

    found = look(image[: block + 4] + struct.pack("<H", step) + image[block + 6 :])

    assert found.notes == ("/ was left out: a directory of the ext3 is damaged",)


def test_a_directory_that_holds_itself_is_no_endless_walk(image: bytes) -> None:
    names = image.index(struct.pack("<BB", 14, 2) + b".singularity.d") - 6

    found = look(changed(image, names, 2))

    assert found.runscript is None


@pytest.mark.parametrize("inode", [2**32 - 1, 100_000])
def test_an_inode_that_is_none_is_noted(image: bytes, inode: int) -> None:
    names = image.index(struct.pack("<BB", 9, 1) + b"runscript") - 6

    found = look(changed(image, names, inode))

    assert found.notes[0].startswith(f"/.singularity.d/runscript was left out: inode {inode}")


def test_inodes_outside_of_the_image_are_noted(image: bytes) -> None:
    found = look(changed(image, 2 * BLOCK + 8, 2**32 - 1))

    assert found.notes[0].startswith("/ was left out: bytes")


def test_an_encrypted_file_is_noted(image: bytes, script_place: int) -> None:
    found = look(changed(image, script_place + FLAGS, 0x800))

    assert found.notes == (
        "/.singularity.d/runscript was left out:"
        " an encrypted or inline file of the ext3 is not read",
    )


def test_a_file_of_many_extents_is_read(make_ext: Make) -> None:
    # Every other block is a hole, so that the extents need a tree.
    script = (b"line\n" * 205)[:BLOCK] + bytes(BLOCK)
    content = make_ext({".singularity.d/runscript": script * 400}, "-b", "1024", kind="ext4")

    assert look(content).runscript == (script * 400).replace(b"\0", "\ufffd".encode()).decode()


@pytest.mark.parametrize(
    "head",
    [
        struct.pack("<HHHHI", 0, 1, 4, 0, 0),
        struct.pack("<HHHHI", 0xF30A, 5, 4, 0, 0),
        struct.pack("<HHHHI", 0xF30A, 65535, 4, 0, 0),
        struct.pack("<HHHHI", 0xF30A, 1, 4, 65535, 0),
        struct.pack("<HHHHI", 0xF30A, 1, 4, 3, 0),
    ],
    ids=["no magic", "too many", "far too many", "endless depth", "depth without blocks"],
)
def test_a_damaged_extent_tree_is_noted(make_ext: Make, head: bytes) -> None:
    image = make_ext(SCRIPT, "-b", "1024", "-O", "^64bit", kind="ext4")
    place = inode_place(image, inode_of(image, "runscript")) + BLOCKS

    found = look(image[:place] + head + image[place + len(head) :])

    assert found.runscript is None
    assert found.notes[0].startswith("/.singularity.d/runscript was left out")


def test_an_extent_tree_that_points_at_itself_is_no_endless_walk(make_ext: Make) -> None:
    image = make_ext(SCRIPT, "-b", "1024", "-O", "^64bit", kind="ext4")
    place = inode_place(image, inode_of(image, "runscript")) + BLOCKS
    loop = number(image, place + 20)
    node = struct.pack("<HHHHIIIHH", 0xF30A, 1, 4, 5, 0, 0, loop, 0, 0)
    content = image[:place] + node + image[place + len(node) :]
    content = content[: loop * BLOCK] + node + content[loop * BLOCK + len(node) :]

    found = look(content)

    assert found.notes == (
        "/.singularity.d/runscript was left out: an extent tree of the ext3 is damaged",
    )


def test_an_extent_tree_without_the_block_is_a_hole(make_ext: Make) -> None:
    image = make_ext({".singularity.d/runscript": b"x" * 10}, "-O", "^64bit", kind="ext4")
    block_size = 1024 << number(image, 1048)
    assert block_size == BLOCK
    place = inode_place(image, inode_of(image, "runscript")) + BLOCKS
    node = struct.pack("<HHHHIIIHH", 0xF30A, 1, 4, 1, 0, 7, 5, 0, 0)

    found = look(image[:place] + node + image[place + len(node) :])

    assert found.runscript == "\ufffd" * 10
