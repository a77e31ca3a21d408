"""Writes SIF files as the clients write them, object by object.

It shares no code with the readers beside it, so that each checks the other.
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

LAUNCH_LINE = b"#!/usr/bin/env run-singularity\n"
YEAR_ONE = -62135596800
DESCRIPTORS_OFFSET = 4096
DESCRIPTOR_SIZE = 585
USUAL_DESCRIPTORS = 48
ALIGNMENT = 4096

DEFINITION, ENVIRONMENT, LABELS, PARTITION, SIGNATURE = 0x4001, 0x4002, 0x4003, 0x4004, 0x4005
GENERIC_JSON, GENERIC, CRYPTO_MESSAGE, SBOM = 0x4006, 0x4007, 0x4008, 0x4009
OCI_ROOT_INDEX, OCI_BLOB = 0x400A, 0x400B

SQUASHFS, EXT3, ARCHIVE, RAW, ENCRYPTED_SQUASHFS, GOCRYPTFS_SQUASHFS = 1, 2, 3, 4, 5, 6
SYSTEM, PRIMARY, DATA, OVERLAY = 1, 2, 3, 4

ARCHITECTURES = {
    None: b"00", "386": b"01", "amd64": b"02", "arm": b"03", "arm64": b"04", "ppc64": b"05",
    "ppc64le": b"06", "mips": b"07", "mipsle": b"08", "mips64": b"09", "mips64le": b"10",
    "s390x": b"11", "riscv64": b"12", "loong64": b"13",
}  # fmt: skip
SBOM_FORMATS = {
    "cyclonedx-json": 1, "cyclonedx-xml": 2, "github-json": 3, "spdx-json": 4, "spdx-rdf": 5,
    "spdx-tag-value": 6, "spdx-yaml": 7, "syft-json": 8,
}  # fmt: skip

_GROUP_MASK = 0xF0000000
_HEADER = struct.Struct("<32s10s3s3s16s8q")
_DESCRIPTOR = struct.Struct("<i?IIIqqqqqqq128s384s")


@dataclass(frozen=True, slots=True)
class SifObject:
    """One object to be written.

    extra          what the kind adds to the descriptor; see `partition_extra` and the like
    group          number; None for an object in no group
    linked_group   the group it belongs to, as a modern signature does; or
    linked_object  the id of the object it belongs to, as a legacy signature does
    id             None for the next one in line
    used           False leaves the hole of an object that was deleted
    """

    code: int
    content: bytes
    name: str = ""
    extra: bytes = b""
    group: int | None = 1
    linked_group: int | None = None
    linked_object: int | None = None
    id: int | None = None
    used: bool = True


def write_sif(
    objects: Iterable[SifObject],
    *,
    arch: str | None = "amd64",
    created: int = 1_700_000_000,
    launch_line: bytes = LAUNCH_LINE,
    slots: int = USUAL_DESCRIPTORS,
    uuid: str = "11111111-2222-4333-8444-555555555555",
) -> bytes:
    """Give the bytes of a SIF with just these objects; partitions start on whole pages.

    slots   in the table; grows when there are more objects.
    """
    wanted = list(objects)
    slots = max(slots, len(wanted))
    data_offset = DESCRIPTORS_OFFSET + slots * DESCRIPTOR_SIZE
    file = bytearray(data_offset)
    for number, one in enumerate(wanted):
        before = len(file)
        if one.code == PARTITION:
            file += bytes(-len(file) % ALIGNMENT)
        offset = len(file)
        file += one.content
        slot = DESCRIPTORS_OFFSET + number * DESCRIPTOR_SIZE
        file[slot : slot + DESCRIPTOR_SIZE] = _DESCRIPTOR.pack(
            one.code,
            one.used,
            number + 1 if one.id is None else one.id,
            _GROUP_MASK | (one.group or 0),
            _link(one),
            offset,
            len(one.content),
            len(file) - before,
            created,
            created,
            0,
            0,
            one.name.encode("utf-8", "surrogateescape"),
            one.extra,
        )
    file[: _HEADER.size] = _HEADER.pack(
        launch_line,
        b"SIF_MAGIC",
        b"01",
        ARCHITECTURES[arch],
        UUID(uuid).bytes,
        created,
        created,
        slots - sum(one.used for one in wanted),
        slots,
        DESCRIPTORS_OFFSET,
        slots * DESCRIPTOR_SIZE,
        data_offset,
        len(file) - data_offset,
    )
    return bytes(file)


def inspect_metadata_object(attributes: Mapping[str, Any]) -> SifObject:
    """Give the object that `singularity inspect` reads."""
    document = {"data": {"attributes": dict(attributes)}, "type": "container"}
    return SifObject(GENERIC_JSON, json.dumps(document).encode(), name="inspect-metadata.json")


def sbom_object(content: bytes, format: str) -> SifObject:
    """Give a software bill of materials; `format` is one of SBOM_FORMATS."""
    return SifObject(SBOM, content, name="sbom", extra=struct.pack("<i", SBOM_FORMATS[format]))


def partition_extra(file_system: int, purpose: int, arch: str | None) -> bytes:
    """Give what a partition's descriptor adds."""
    return struct.pack("<ii3s", file_system, purpose, ARCHITECTURES[arch])


def oci_blob(content: bytes) -> SifObject:
    """Give an OCI blob under its true digest."""
    return SifObject(OCI_BLOB, content, extra=sha256_of(content).encode())


def _link(one: SifObject) -> int:
    if one.linked_group is not None:
        return _GROUP_MASK | one.linked_group
    return one.linked_object or 0


def sha256_of(content: bytes) -> str:
    """Give the digest of some bytes as OCI writes it."""
    return "sha256:" + hashlib.sha256(content).hexdigest()
