"""Reading scripts and labels out of real file systems, made with mksquashfs and mke2fs."""

import struct
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from sregistry_core.errors import NotAnImage
from sregistry_core.formats.inspection import Inspection
from sregistry_core.testing.sif_files import EXT3, LAUNCH_LINE, make_sif

Look = Callable[[bytes], Inspection]
Make = Callable[..., bytes]
Tree = dict[str, bytes]


def require_everything(found: Inspection) -> None:
    assert found.notes == ()
    assert found.labels == {"MAINTAINER": "ada", "VERSION": "1"}
    assert found.definition == "Bootstrap: docker\nFrom: alpine\n"
    assert found.runscript == "#!/bin/sh\nexec blast\n"
    assert found.startscript == "#!/bin/sh\nexec serve\n"
    assert found.test == "#!/bin/sh\ntrue\n"
    assert found.help == "ask ada\n"
    assert list(found.environment.items()) == [
        ("/.singularity.d/env/10-docker.sh", "export PATH=/bin\n"),
        ("/.singularity.d/env/90-environment.sh", "export BLAST=1\n"),
    ]
    (app,) = found.apps.values()
    assert app.labels == {"APP": "blast"}
    assert app.runscript == "exec blast\n"
    assert app.help == "blast it\n"
    assert app.environment == {"/scif/apps/blast/scif/env/90-environment.sh": "export B=2\n"}


@pytest.mark.parametrize("compression", ["gzip", "xz", "lzma"])
def test_a_squashfs_of_a_readable_compression_is_read(
    look: Look, make_squashfs: Make, container_tree: Tree, compression: str
) -> None:
    found = look(make_squashfs(container_tree, "-comp", compression))

    assert found.kind == "squashfs"
    require_everything(found)


@pytest.mark.parametrize(
    "options",
    [
        ("-noI", "-noD", "-noF"),
        ("-no-fragments",),
        ("-always-use-fragments",),
        ("-b", "4096"),
        ("-b", "1048576"),
        ("-comp", "xz", "-b", "1048576", "-Xbcj", "x86"),
        ("-no-exports",),
    ],
    ids=" ".join,
)
def test_a_squashfs_made_in_any_way_is_read(
    look: Look, make_squashfs: Make, container_tree: Tree, options: tuple[str, ...]
) -> None:
    require_everything(look(make_squashfs(container_tree, *options)))


@pytest.mark.parametrize("compression", ["lzo", "lz4", "zstd"])
def test_a_squashfs_of_another_compression_is_noted(
    look: Look, make_squashfs: Make, container_tree: Tree, compression: str
) -> None:
    found = look(make_squashfs(container_tree, "-comp", compression))

    assert found.kind == "squashfs"
    assert found.notes == (
        f"the file system was not read: compressed with {compression}, which is not read",
    )


def test_a_launch_line_before_a_squashfs_is_passed_over(
    look: Look, make_squashfs: Make, container_tree: Tree
) -> None:
    found = look(LAUNCH_LINE + make_squashfs(container_tree))

    assert found.kind == "squashfs"
    require_everything(found)


def test_a_squashfs_tells_when_it_was_made(look: Look, make_squashfs: Make) -> None:
    found = look(make_squashfs({"a": b"b"}, "-mkfs-time", "1500000000"))

    assert found.created == datetime(2017, 7, 14, 2, 40, tzinfo=UTC)


def test_a_squashfs_in_a_sif_is_read(look: Look, make_squashfs: Make, container_tree: Tree) -> None:
    payload = make_squashfs(container_tree)

    found = look(make_sif(payload=payload, inspect_metadata=False, definition=None))

    assert found.kind == "sif"
    require_everything(found)


def test_files_of_several_blocks_and_many_neighbours_are_read(
    look: Look, make_squashfs: Make
) -> None:
    script = b"# line\n" * 50_000
    tree = {f"many/file-{number:05}": b"x" for number in range(3000)}
    tree[".singularity.d/runscript"] = script

    found = look(make_squashfs(tree, "-b", "4096"))

    assert found.runscript == script.decode()


def test_a_sparse_script_is_read_as_zeros(look: Look, make_squashfs: Make) -> None:
    found = look(make_squashfs({".singularity.d/runscript": bytes(300_000)}))

    assert found.runscript == "\ufffd" * 300_000


@pytest.mark.parametrize(("kind", "block"), [("ext3", "1024"), ("ext3", "4096"), ("ext4", "4096")])
def test_an_ext_file_system_is_read(
    look: Look, make_ext: Make, container_tree: Tree, kind: str, block: str
) -> None:
    found = look(make_ext(container_tree, "-b", block, kind=kind, size="16m"))

    assert found.kind == "ext3"
    assert found.created is not None
    require_everything(found)


def test_a_launch_line_before_an_ext3_is_passed_over(
    look: Look, make_ext: Make, container_tree: Tree
) -> None:
    found = look(LAUNCH_LINE + make_ext(container_tree))

    assert found.kind == "ext3"
    require_everything(found)


def test_an_ext3_in_a_sif_is_read(look: Look, make_ext: Make, container_tree: Tree) -> None:
    payload = make_ext(container_tree)

    found = look(
        make_sif(payload=payload, file_system=EXT3, inspect_metadata=False, definition=None)
    )

    require_everything(found)


@pytest.mark.parametrize("kind", ["ext3", "ext4"])
def test_an_ext_file_of_many_blocks_is_read(look: Look, make_ext: Make, kind: str) -> None:
    # 1000 blocks of 1 KiB need blocks of pointers to blocks of pointers.
    script = b"".join(b"line %06d\n" % number for number in range(80_000))
    tree = {f"many/file-{number:05}": b"x" for number in range(500)}
    tree[".singularity.d/runscript"] = script

    found = look(make_ext(tree, "-b", "1024", kind=kind, size="16m"))

    assert found.runscript == script.decode()


def test_an_ext_file_system_without_a_journal_is_refused(look: Look, make_ext: Make) -> None:
    with pytest.raises(NotAnImage, match="no journal"):
        look(make_ext({"a": b"b"}, kind="ext2"))


def test_an_ext_with_features_not_read_is_noted(look: Look, make_ext: Make) -> None:
    found = look(make_ext({"a": b"b"}, "-O", "inline_data", kind="ext4"))

    assert found.notes == (
        "the file system was not read: the file system has features that are not read: 0x8000",
    )


@pytest.mark.parametrize("make", ["make_squashfs", "make_ext"])
def test_the_files_of_singularity_before_2_3_are_read(
    look: Look, request: pytest.FixtureRequest, make: str
) -> None:
    content = request.getfixturevalue(make)(
        {"singularity": b"exec old\n", "environment": b"export OLD=1\n"}
    )

    found = look(content)

    assert found.runscript == "exec old\n"
    assert found.environment == {"/environment": "export OLD=1\n"}


@pytest.mark.parametrize("make", ["make_squashfs", "make_ext"])
def test_no_link_is_followed(look: Look, request: pytest.FixtureRequest, make: str) -> None:
    content = request.getfixturevalue(make)(
        {"etc/passwd": b"secret"},
        links={
            "singularity": "etc/passwd",
            "environment": "/etc/passwd",
            ".singularity.d/labels.json": "../../../../etc/passwd",
            ".singularity.d/runscript": "runscript",
            ".singularity.d/env": "/",
            "scif/apps": "/",
        },
    )

    found = look(content)

    assert found == Inspection(kind=found.kind, created=found.created)


@pytest.mark.parametrize("make", ["make_squashfs", "make_ext"])
def test_a_directory_where_a_file_is_wanted_is_passed_over(
    look: Look, request: pytest.FixtureRequest, make: str
) -> None:
    found = look(request.getfixturevalue(make)({".singularity.d/runscript/x": b"y"}))

    assert found.runscript is None


@pytest.mark.parametrize("make", ["make_squashfs", "make_ext"])
def test_a_file_above_one_mebibyte_is_left_out(
    look: Look, request: pytest.FixtureRequest, make: str
) -> None:
    tree = {".singularity.d/runscript": b"x" * 2**20 + b"x", ".singularity.d/test": b"true"}

    found = look(request.getfixturevalue(make)(tree))

    assert found.runscript is None
    assert found.test == "true"
    assert found.notes == ("/.singularity.d/runscript was left out: 1048577 bytes are too many",)


def test_too_many_scripts_and_apps_are_left_out(look: Look, make_squashfs: Make) -> None:
    tree = {f".singularity.d/env/{number:03}.sh": b"x" for number in range(150)}
    tree |= {f"scif/apps/app{number:03}/scif/runscript": b"x" for number in range(150)}

    found = look(make_squashfs(tree))

    assert (len(found.environment), len(found.apps)) == (100, 100)
    assert len(found.notes) == 2


@pytest.mark.parametrize("make", ["make_squashfs", "make_ext"])
def test_a_file_system_that_is_cut_off_is_refused(
    look: Look, request: pytest.FixtureRequest, make: str
) -> None:
    content = request.getfixturevalue(make)({"a": bytes(range(256)) * 4096})

    with pytest.raises(NotAnImage, match="but there are only"):
        look(content[: len(content) // 2])


def test_a_cut_off_file_system_in_a_sound_sif_is_noted(look: Look, make_squashfs: Make) -> None:
    payload = make_squashfs({"a": bytes(range(256)) * 64})[:-5000]

    found = look(make_sif(payload=payload, inspect_metadata=False))

    assert "but there are only" in found.notes[0]


@pytest.mark.parametrize(
    ("place", "shape", "value"),
    [
        (12, "<I", 0),
        (12, "<I", 2**31),
        (20, "<H", 99),
        (22, "<H", 60),
        (28, "<H", 3),
        (40, "<Q", 2**63),
        (64, "<Q", 2**63),
        (72, "<Q", 2**64 - 1),
    ],
)
def test_an_impossible_head_of_a_squashfs_is_refused(
    look: Look, make_squashfs: Make, place: int, shape: str, value: int
) -> None:
    content = bytearray(make_squashfs({"a": b"b"}))
    struct.pack_into(shape, content, place, value)

    with pytest.raises(NotAnImage):
        look(bytes(content))


@pytest.mark.parametrize(
    ("place", "shape", "value"),
    [(4, "<I", 2**32 - 1), (24, "<I", 7), (24, "<I", 2**32 - 1), (40, "<I", 0), (88, "<H", 5)],
)
def test_an_impossible_head_of_an_ext3_is_refused(
    look: Look, make_ext: Make, place: int, shape: str, value: int
) -> None:
    content = bytearray(make_ext({"a": b"b"}))
    struct.pack_into(shape, content, 1024 + place, value)

    with pytest.raises(NotAnImage):
        look(bytes(content))
