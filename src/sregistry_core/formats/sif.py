"""The frame of a SIF: its global header and the table that says where the objects lie."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import BinaryIO
from uuid import UUID

from sregistry_core.errors import NotAnImage

from .bounded import Budget, Part, read_exactly
from .sif_descriptors import DESCRIPTOR_SIZE, Descriptor, architecture, moment, parse_descriptor

HEADER_SIZE = 128
MAGIC = b"SIF_MAGIC\0"
MAGIC_OFFSET = 32
MOST_DESCRIPTORS = 65536

_HEADER = struct.Struct("<32s10s3s3s16s8q")
_SLOTS_AT_A_TIME = 64


@dataclass(frozen=True, slots=True)
class Header:
    """The global header of a SIF.

    arch              as Go spells it ("amd64"); None when the file does not say
    uuid              all zero in deterministic files
    created, modified None when the file does not know, as deterministic files do
    Offsets and lengths are in bytes, offsets from the start of the file.
    """

    version: str
    arch: str | None
    uuid: UUID
    created: datetime | None
    modified: datetime | None
    descriptors_free: int
    descriptors_total: int
    descriptors_offset: int
    descriptors_length: int
    data_offset: int
    data_length: int


def read_header(source: BinaryIO) -> Header:
    """Read the global header of a SIF.

    source   positioned at its start; at most 128 bytes are read.
    Raises NotAnImage when the magic or version is not one we know, or a number is impossible.
    Source: SIF 1.0 layout, global header.
    """
    _, magic, version, arch, uuid, created, modified, *numbers = _HEADER.unpack(
        read_exactly(source, HEADER_SIZE)
    )
    if magic != MAGIC:
        raise NotAnImage("this is no sif: its magic bytes are missing")
    if version != b"01\0":
        raise NotAnImage(f"a sif of version {version!r} is not one that can be read, only 01")
    if min(numbers) < 0:
        raise NotAnImage(f"the header of the sif holds a negative number: {min(numbers)}")
    header = Header(
        version=version[:2].decode("ascii"),
        arch=architecture(arch),
        uuid=UUID(bytes=uuid),
        created=moment(created),
        modified=moment(modified),
        descriptors_free=numbers[0],
        descriptors_total=numbers[1],
        descriptors_offset=numbers[2],
        descriptors_length=numbers[3],
        data_offset=numbers[4],
        data_length=numbers[5],
    )
    if header.descriptors_total > MOST_DESCRIPTORS:
        raise NotAnImage(
            f"the sif claims {header.descriptors_total} descriptors, more than {MOST_DESCRIPTORS}"
        )
    return header


def read_descriptors(source: BinaryIO, header: Header, size: int) -> tuple[Descriptor, ...]:
    """Read the used descriptors of a SIF, in the order of its table.

    size   of the whole file. The table is read in small pieces, and is never over 40 MB.
    Raises NotAnImage when the table or an object is not inside the file, when any of them share
    bytes, or when two objects have the same id.
    """
    _require_table_inside(header, size)
    whole = Part(source, 0, size, Budget())
    found: dict[int, Descriptor] = {}
    for slot in _slots(whole, header):
        descriptor = parse_descriptor(slot)
        if descriptor is None:
            continue
        if descriptor.id in found:
            raise NotAnImage(f"the sif has two objects with id {descriptor.id}")
        if descriptor.offset + descriptor.size > size:
            raise NotAnImage(
                f"object {descriptor.id} of the sif ends at byte"
                f" {descriptor.offset + descriptor.size}, but the file has {size}"
            )
        found[descriptor.id] = descriptor
    descriptors = tuple(found.values())
    _require_apart(header, descriptors)
    return descriptors


def _require_table_inside(header: Header, size: int) -> None:
    table_end = header.descriptors_offset + header.descriptors_total * DESCRIPTOR_SIZE
    if header.descriptors_offset < HEADER_SIZE:
        raise NotAnImage(
            f"the descriptors of the sif start inside its header, at {header.descriptors_offset}"
        )
    if max(table_end, header.descriptors_offset + header.descriptors_length) > size:
        raise NotAnImage(
            f"the sif claims {header.descriptors_total} descriptors from byte"
            f" {header.descriptors_offset} on, but the file has {size}"
        )
    if header.data_offset > size or header.data_length > size:
        raise NotAnImage(
            f"the sif claims {header.data_length} bytes from byte {header.data_offset} on,"
            f" but the file has {size}"
        )


def _slots(whole: Part, header: Header) -> Iterator[bytes]:
    place = header.descriptors_offset
    left = header.descriptors_total
    while left:
        count = min(left, _SLOTS_AT_A_TIME)
        piece = whole.read_at(place, count * DESCRIPTOR_SIZE)
        for start in range(0, len(piece), DESCRIPTOR_SIZE):
            yield piece[start : start + DESCRIPTOR_SIZE]
        place += len(piece)
        left -= count


def _require_apart(header: Header, descriptors: tuple[Descriptor, ...]) -> None:
    table_end = header.descriptors_offset + header.descriptors_total * DESCRIPTOR_SIZE
    taken = [(0, HEADER_SIZE, "the header"), (header.descriptors_offset, table_end, "the table")]
    # An empty object shares no byte with anything, wherever it claims to lie.
    taken += [
        (one.offset, one.offset + one.size, f"object {one.id}") for one in descriptors if one.size
    ]
    taken.sort()
    for (_, end, name), (start, _, next_name) in pairwise(taken):
        if start < end:
            raise NotAnImage(f"{name} and {next_name} of the sif overlap at byte {start}")
