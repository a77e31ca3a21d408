"""The frame of a SIF: header and descriptors, true ones and hostile ones."""

import io
import struct
from datetime import UTC, datetime

import pytest

from sregistry_core.errors import NotAnImage
from sregistry_core.formats import sif
from sregistry_core.formats.sif_descriptors import (
    Descriptor,
    FileSystemKind,
    ObjectKind,
    OciExtra,
    PartitionExtra,
    PartitionKind,
    SbomExtra,
    SignatureExtra,
)
from sregistry_core.testing.sif_files import (
    DATA,
    DESCRIPTOR_SIZE,
    DESCRIPTORS_OFFSET,
    GENERIC,
    GENERIC_JSON,
    PARTITION,
    SQUASHFS,
    YEAR_ONE,
    SifObject,
    make_oci_sif,
    make_sif,
    partition_extra,
    write_sif,
)

FINGERPRINT = "8B5A3C5F0E1D2C3B4A5968778695A4B3C2D1E0F9"
FREE, TOTAL, TABLE, TABLE_LENGTH, DATA_OFFSET, DATA_LENGTH = 80, 88, 96, 104, 112, 120
CREATED, MODIFIED = 64, 72


def read(content: bytes) -> tuple[Descriptor, ...]:
    source = io.BytesIO(content)
    return sif.read_descriptors(source, sif.read_header(source), len(content))


def with_number(content: bytes, place: int, number: int) -> bytes:
    changed = bytearray(content)
    struct.pack_into("<q", changed, place, number)
    return bytes(changed)


def slot(number: int) -> int:
    return DESCRIPTORS_OFFSET + number * DESCRIPTOR_SIZE


def test_the_header_of_a_sif_is_read() -> None:
    header = sif.read_header(io.BytesIO(make_sif(arch="arm64", created=1_700_000_000)))

    assert header.arch == "arm64"
    assert header.version == "01"
    assert str(header.uuid) == "11111111-2222-4333-8444-555555555555"
    assert header.created == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert header.descriptors_total == 48
    assert header.descriptors_offset == 4096
    assert header.data_offset == 32176


def test_reading_the_header_reads_128_bytes_and_no_more() -> None:
    source = io.BytesIO(make_sif())

    sif.read_header(source)

    assert source.tell() == 128


@pytest.mark.parametrize("seconds", [YEAR_ONE, 0, -1, 2**62, -(2**63)])
def test_a_time_that_is_none_is_none(seconds: int) -> None:
    content = with_number(with_number(make_sif(), CREATED, seconds), MODIFIED, seconds)

    header = sif.read_header(io.BytesIO(content))

    assert header.created is None
    assert header.modified is None


@pytest.mark.parametrize("code", [b"00\0", b"99\0", b"\xff\xff\xff", b"\0\0\0"])
def test_an_architecture_that_is_not_known_is_none(code: bytes) -> None:
    content = make_sif()

    header = sif.read_header(io.BytesIO(content[:45] + code + content[48:]))

    assert header.arch is None


def test_a_sif_without_a_launch_line_is_a_sif() -> None:
    content = write_sif([SifObject(GENERIC, b"x")], launch_line=b"")

    assert [one.kind for one in read(content)] == [ObjectKind.GENERIC]


def test_a_version_that_is_not_known_is_refused() -> None:
    content = make_sif()

    with pytest.raises(NotAnImage, match="02"):
        sif.read_header(io.BytesIO(content[:42] + b"02\0" + content[45:]))


@pytest.mark.parametrize("place", [FREE, TOTAL, TABLE, TABLE_LENGTH, DATA_OFFSET, DATA_LENGTH])
def test_a_negative_number_in_the_header_is_refused(place: int) -> None:
    with pytest.raises(NotAnImage, match="negative"):
        sif.read_header(io.BytesIO(with_number(make_sif(), place, -1)))


@pytest.mark.parametrize("length", [0, 1, 41, 127])
def test_a_header_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(NotAnImage, match="too early"):
        sif.read_header(io.BytesIO(make_sif()[:length]))


def test_more_descriptors_than_anybody_needs_are_refused() -> None:
    with pytest.raises(NotAnImage, match="9223372036854775807"):
        read(with_number(make_sif(), TOTAL, 2**63 - 1))


def test_more_descriptors_than_the_file_can_hold_are_refused() -> None:
    with pytest.raises(NotAnImage, match="65536 descriptors"):
        read(with_number(make_sif(), TOTAL, 65536))


@pytest.mark.parametrize("place", [TABLE, TABLE_LENGTH, DATA_OFFSET, DATA_LENGTH])
def test_a_range_of_the_header_behind_the_file_is_refused(place: int) -> None:
    with pytest.raises(NotAnImage, match="but the file has"):
        read(with_number(make_sif(), place, 2**62))


def test_a_table_inside_the_header_is_refused() -> None:
    with pytest.raises(NotAnImage, match="inside its header"):
        read(with_number(make_sif(), TABLE, 64))


def test_a_sif_of_zero_descriptors_has_none() -> None:
    content = with_number(with_number(make_sif(), TOTAL, 0), FREE, 0)

    assert read(content) == ()


def test_a_descriptor_is_read_with_what_its_kind_adds() -> None:
    content = make_sif(
        arch="riscv64", signed_by=[FINGERPRINT, None], sbom=b"{}", sbom_format="spdx-json"
    )

    extras = [one.extra for one in read(content)]

    assert extras[2:] == [
        PartitionExtra(FileSystemKind.SQUASHFS, PartitionKind.PRIMARY, "riscv64"),
        SbomExtra("spdx-json"),
        SignatureExtra("sha256", FINGERPRINT),
        SignatureExtra("sha256", None),
    ]


def test_a_descriptor_tells_its_place_name_group_and_link() -> None:
    content = make_sif(signed_by=[FINGERPRINT])

    definition, metadata, partition, signature = read(content)

    assert content[definition.offset :][: definition.size] == b"bootstrap: docker\nfrom: alpine\n"
    assert metadata.name == "inspect-metadata.json"
    assert partition.group == 1
    assert partition.offset % 4096 == 0
    assert signature.group is None
    assert (signature.link_group, signature.link_object) == (1, None)


def test_a_legacy_signature_is_linked_to_an_object() -> None:
    content = make_sif(signed_by=[FINGERPRINT], signature_format="legacy")

    assert (read(content)[-1].link_group, read(content)[-1].link_object) == (None, 1)


def test_the_digest_of_an_oci_blob_is_read() -> None:
    extras = [one.extra for one in read(make_oci_sif())]

    assert all(isinstance(one, OciExtra) and one.digest is not None for one in extras)


@pytest.mark.parametrize("digest", [b"", b"sha256:", b"../../etc/passwd", b"sha256:" + b"G" * 64])
def test_an_oci_digest_that_is_none_is_none(digest: bytes) -> None:
    (blob,) = read(write_sif([SifObject(0x400B, b"{}", extra=digest)]))

    assert blob.extra == OciExtra(None)


def test_a_kind_that_is_not_known_keeps_its_number() -> None:
    (one,) = read(write_sif([SifObject(0x4FFF, b"x")]))

    assert (one.kind, one.code) == (ObjectKind.UNKNOWN, 0x4FFF)


def test_codes_that_are_not_known_are_named_so() -> None:
    (one,) = read(write_sif([SifObject(PARTITION, b"x", extra=struct.pack("<ii", 77, -5))]))

    assert one.extra == PartitionExtra(FileSystemKind.UNKNOWN, PartitionKind.UNKNOWN, None)


def test_an_unused_slot_is_passed_over() -> None:
    content = write_sif(
        [SifObject(GENERIC, b"a"), SifObject(GENERIC, b"b", used=False), SifObject(GENERIC, b"c")]
    )

    assert [one.id for one in read(content)] == [1, 3]


def test_a_name_that_is_no_utf_8_is_read() -> None:
    (one,) = read(write_sif([SifObject(GENERIC, b"x", name="caf\udce9")]))

    assert one.name == "caf\ufffd"


def test_two_objects_with_one_id_are_refused() -> None:
    with pytest.raises(NotAnImage, match="two objects with id 7"):
        read(write_sif([SifObject(GENERIC, b"a", id=7), SifObject(GENERIC, b"b", id=7)]))


def test_an_object_with_id_0_is_refused() -> None:
    with pytest.raises(NotAnImage, match="id 0"):
        read(write_sif([SifObject(GENERIC, b"a", id=0)]))


@pytest.mark.parametrize("place", [17, 25, 33])
def test_a_negative_place_of_an_object_is_refused(place: int) -> None:
    with pytest.raises(NotAnImage, match="negative"):
        read(with_number(make_sif(), slot(0) + place, -1))


@pytest.mark.parametrize("nan", [0x7FF8000000000000, 0x7FEFFFFFFFFFFFFF])
def test_a_size_written_as_a_floating_number_is_refused(nan: int) -> None:
    with pytest.raises(NotAnImage, match="but the file has"):
        read(with_number(make_sif(), slot(0) + 25, nan))


@pytest.mark.parametrize("place", [17, 25])
def test_a_descriptor_outside_the_file_is_refused(place: int) -> None:
    with pytest.raises(NotAnImage, match="but the file has"):
        read(with_number(make_sif(), slot(2) + place, 10**9))


def test_a_file_that_is_one_byte_too_short_is_refused() -> None:
    with pytest.raises(NotAnImage, match="but the file has"):
        read(make_sif()[:-1])


def test_objects_that_overlap_are_refused() -> None:
    content = write_sif([SifObject(GENERIC, b"a" * 100), SifObject(GENERIC_JSON, b"{}" * 50)])

    with pytest.raises(NotAnImage, match="object 1 and object 2 of the sif overlap"):
        read(with_number(content, slot(0) + 25, 101))


@pytest.mark.parametrize(("place", "name"), [(0, "header"), (64, "header"), (5000, "table")])
def test_an_object_over_the_frame_is_refused(place: int, name: str) -> None:
    with pytest.raises(NotAnImage, match=f"the {name} and object|object 1 and the {name}|overlap"):
        read(with_number(make_sif(), slot(0) + 17, place))


def test_empty_objects_overlap_nothing() -> None:
    content = write_sif(
        [SifObject(GENERIC, b""), SifObject(GENERIC, b"b"), SifObject(GENERIC, b"")]
    )

    assert [one.size for one in read(content)] == [0, 1, 0]


def test_a_table_of_65536_descriptors_is_read_in_small_pieces() -> None:
    class Pieces(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None and size >= 0
            self.largest = max(self.largest, size)
            return super().read(size)

    content = write_sif([SifObject(GENERIC, b"a")], slots=65536)
    source = Pieces(content)

    found = sif.read_descriptors(source, sif.read_header(source), len(content))

    assert [one.id for one in found] == [1]
    assert source.largest < 64 * 1024


def test_a_source_that_gives_single_bytes_is_read_as_well() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 1))

    content = make_sif()
    source = Slow(content)

    assert len(sif.read_descriptors(source, sif.read_header(source), len(content))) == 3


def test_a_data_partition_is_no_primary_one() -> None:
    extra = partition_extra(SQUASHFS, DATA, "amd64")

    (one,) = read(write_sif([SifObject(PARTITION, b"x", extra=extra)]))

    assert one.extra == PartitionExtra(FileSystemKind.SQUASHFS, PartitionKind.DATA, "amd64")
