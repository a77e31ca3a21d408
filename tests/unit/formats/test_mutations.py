"""Whatever is done to an image, looking at it answers or refuses, soon, and reads little."""

import io
import subprocess
import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sregistry_core.errors import NotAnImage
from sregistry_core.formats.deffile import read_definition
from sregistry_core.formats.image import inspect
from sregistry_core.testing.components import need
from sregistry_core.testing.sif_files import LAUNCH_LINE, make_oci_sif, make_sif

FINGERPRINT = "8B5A3C5F0E1D2C3B4A5968778695A4B3C2D1E0F9"
MIB = 1024 * 1024
MOST_BYTES_READ = 64 * MIB
MOST_SECONDS = 10

some_changes = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=9)), max_size=8
)
cut = st.none() | st.floats(0, 1)
many = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


class CountingSource(io.BytesIO):
    """Counts what is read, and refuses to be read whole."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None and 0 <= size <= 2 * MIB
        self.count += size
        return super().read(size)


def mutated(content: bytes, changes: list[tuple[float, bytes]], until: float | None) -> bytes:
    changed = bytearray(content)
    for where, replacement in changes:
        place = int(where * len(changed))
        changed[place : place + len(replacement)] = replacement
    return bytes(changed if until is None else changed[: int(until * len(changed))])


def look_at(content: bytes) -> None:
    source = CountingSource(content)
    started = time.monotonic()
    try:
        inspect(source, len(content))
    except NotAnImage as refusal:
        assert str(refusal)
    assert source.count <= MOST_BYTES_READ
    assert time.monotonic() - started < MOST_SECONDS


@cache
def modern_sif() -> bytes:
    return make_sif(
        labels={"A": "1"}, runscript="x", signed_by=[FINGERPRINT], sbom=b"{}", payload_size=100
    )


@cache
def file_system(kind: str) -> bytes:
    tree = {
        ".singularity.d/labels.json": b'{"A": "1"}',
        ".singularity.d/runscript": b"exec blast\n" * 500,
        ".singularity.d/env/90-environment.sh": b"export A=1\n",
        "scif/apps/blast/scif/runscript": b"exec app\n",
    }
    with TemporaryDirectory() as place:
        root = Path(place, "root")
        image = Path(place, "image")
        for path, content in tree.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        if kind == "squashfs":
            command = [need("mksquashfs", "squashfs-tools"), str(root), str(image), "-noI"]
            command += ["-b", "4096", "-no-xattrs"]
        else:
            command = [need("mke2fs", "e2fsprogs"), "-q", "-F", "-t", kind, "-d", str(root)]
            command += ["-b", "1024", "-J", "size=1", "-N", "64", str(image), "4m"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return image.read_bytes()


@many
@given(some_changes, cut)
def test_a_changed_sif_does_no_harm(
    changes: list[tuple[float, bytes]], until: float | None
) -> None:
    look_at(mutated(modern_sif(), changes, until))


@many
@given(some_changes)
def test_a_sif_with_a_changed_frame_does_no_harm(changes: list[tuple[float, bytes]]) -> None:
    content = modern_sif()

    header = mutated(content[:128], changes, None)[:128].ljust(128, b"\0")
    look_at(header + content[128:])
    table = mutated(content[4096:8192], changes, None)[:4096].ljust(4096, b"\0")
    look_at(content[:4096] + table + content[8192:])


@many
@given(some_changes)
def test_an_oci_sif_with_changed_objects_does_no_harm(changes: list[tuple[float, bytes]]) -> None:
    content = make_oci_sif(labels={"A": "1"})
    start = 4096 + 8 * 585

    look_at(content[:start] + mutated(content[start:], changes, None))


@many
@given(st.binary(max_size=300))
def test_any_inspect_metadata_does_no_harm(text: bytes) -> None:
    from sregistry_core.testing.sif_files import GENERIC_JSON, SifObject, write_sif

    look_at(write_sif([SifObject(GENERIC_JSON, text, name="inspect-metadata.json")]))


@pytest.mark.parametrize("kind", ["squashfs", "ext3", "ext4"])
@many
@given(changes=some_changes, until=cut)
def test_a_changed_file_system_does_no_harm(
    kind: str, changes: list[tuple[float, bytes]], until: float | None
) -> None:
    content = file_system(kind)

    look_at(mutated(content, changes, until))
    look_at(mutated(LAUNCH_LINE + content, changes, None))


@many
@given(changes=some_changes)
def test_changed_tables_of_a_squashfs_do_no_harm(changes: list[tuple[float, bytes]]) -> None:
    """Its tables are stored plainly here, so that changes reach inodes and names."""
    content = file_system("squashfs")
    start = int.from_bytes(content[64:72], "little")
    tables = mutated(content[start:], changes, None)

    look_at(content[:start] + tables.ljust(len(content) - start, b"\0"))


@many
@given(changes=some_changes)
def test_changed_heads_of_an_ext3_do_no_harm(changes: list[tuple[float, bytes]]) -> None:
    content = file_system("ext3")

    look_at(content[:1024] + mutated(content[1024:3072], changes, None)[:2048] + content[3072:])
    look_at(mutated(content[: 64 * 1024], changes, None) + content[64 * 1024 :])


@many
@given(st.binary(max_size=3000))
def test_any_bytes_do_no_harm(content: bytes) -> None:
    look_at(content)


@many
@given(st.text(max_size=2000))
def test_any_definition_can_be_taken_apart(text: str) -> None:
    read_definition(text)
