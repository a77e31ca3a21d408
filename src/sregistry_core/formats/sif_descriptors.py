"""One descriptor of a SIF: what an object is, where it lies, and what its kind adds to that."""

import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sregistry_core.errors import NotAnImage

DESCRIPTOR_SIZE = 585

_PREFIX = struct.Struct("<i?IIIqqqqqqq")
_NAME_SIZE = 128
_GROUP_MASK = 0xF0000000
_OCI_DIGEST = re.compile(r"[a-z0-9]{1,16}:[0-9a-f]{32,128}")


class ObjectKind(StrEnum):
    """What an object of a SIF is."""

    DEFINITION = "definition"
    ENVIRONMENT = "environment"
    LABELS = "labels"
    PARTITION = "partition"
    SIGNATURE = "signature"
    GENERIC_JSON = "json"
    GENERIC = "generic"
    CRYPTO_MESSAGE = "crypto-message"
    SBOM = "sbom"
    OCI_ROOT_INDEX = "oci-root-index"
    OCI_BLOB = "oci-blob"
    UNKNOWN = "unknown"


class FileSystemKind(StrEnum):
    """What a partition is formatted as."""

    SQUASHFS = "squashfs"
    EXT3 = "ext3"
    ARCHIVE = "archive"
    RAW = "raw"
    ENCRYPTED_SQUASHFS = "encrypted-squashfs"
    GOCRYPTFS_SQUASHFS = "gocryptfs-squashfs"
    UNKNOWN = "unknown"


class PartitionKind(StrEnum):
    """What a partition is for; the primary one is the container's root."""

    SYSTEM = "system"
    PRIMARY = "primary"
    DATA = "data"
    OVERLAY = "overlay"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PartitionExtra:
    """What a partition's descriptor adds."""

    file_system: FileSystemKind
    purpose: PartitionKind
    arch: str | None


@dataclass(frozen=True, slots=True)
class SignatureExtra:
    """What a signature's descriptor claims; nothing of it is verified.

    fingerprint   40 upper-case hex digits, or None when the key has no OpenPGP fingerprint
    """

    hash_algorithm: str
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class SbomExtra:
    """What an SBOM's descriptor adds; None for a format not known here."""

    format: str | None


@dataclass(frozen=True, slots=True)
class OciExtra:
    """What an OCI object's descriptor adds; None when it is not spelled as a digest."""

    digest: str | None


Extra = PartitionExtra | SignatureExtra | SbomExtra | OciExtra | None


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One used slot of a SIF's table.

    code          the kind as the number in the file, for kinds not known here
    group         None when the object is in no group
    link_object   id of the object this one belongs to, if it is an object
    link_group    number of the group this one belongs to, if it is a group
    offset, size  in bytes from the start of the file
    """

    kind: ObjectKind
    code: int
    id: int
    group: int | None
    link_object: int | None
    link_group: int | None
    offset: int
    size: int
    created: datetime | None
    modified: datetime | None
    name: str
    extra: Extra


def parse_descriptor(slot: bytes) -> Descriptor | None:
    """Read one slot of the table; None when it is not used.

    slot   585 bytes.
    Raises NotAnImage when an offset or size is negative, or the id is 0.
    Source: SIF 1.0 layout, descriptor.
    """
    (code, used, number, group, link, offset, size, padded_size, created, modified, _, _) = (
        _PREFIX.unpack_from(slot)
    )
    if not used:
        return None
    if number == 0:
        raise NotAnImage("the sif has an object with id 0")
    if offset < 0 or size < 0 or padded_size < 0:
        raise NotAnImage(f"object {number} of the sif has a negative place: {offset}, {size} bytes")
    kind = _KINDS.get(code, ObjectKind.UNKNOWN)
    extra_start = _PREFIX.size + _NAME_SIZE
    links_to_group = link & _GROUP_MASK == _GROUP_MASK
    return Descriptor(
        kind=kind,
        code=code,
        id=number,
        group=(group & ~_GROUP_MASK) or None,
        link_object=None if links_to_group else link or None,
        link_group=(link & ~_GROUP_MASK) or None if links_to_group else None,
        offset=offset,
        size=size,
        created=moment(created),
        modified=moment(modified),
        name=_text_until_nul(slot[_PREFIX.size : extra_start]),
        extra=_parse_extra(kind, slot[extra_start:]),
    )


def moment(seconds: int) -> datetime | None:
    """Give the UTC time of Unix seconds; None when the file says that it does not know.

    Deterministic files hold year 1, which is Go's "no time"; others hold 0, or a year that no
    calendar has.
    """
    if seconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def architecture(code: bytes) -> str | None:
    """Give the Go name of a two-digit architecture code; None for 00 and for what is not known."""
    return _ARCHITECTURES.get(code[:2])


def _parse_extra(kind: ObjectKind, extra: bytes) -> Extra:
    first, second = struct.unpack_from("<ii", extra)
    if kind is ObjectKind.PARTITION:
        return PartitionExtra(
            file_system=_FILE_SYSTEMS.get(first, FileSystemKind.UNKNOWN),
            purpose=_PURPOSES.get(second, PartitionKind.UNKNOWN),
            arch=architecture(extra[8:11]),
        )
    if kind is ObjectKind.SIGNATURE:
        fingerprint = extra[4:24]
        return SignatureExtra(
            hash_algorithm=_HASHES.get(first, "unknown"),
            fingerprint=fingerprint.hex().upper() if any(fingerprint) else None,
        )
    if kind is ObjectKind.SBOM:
        return SbomExtra(_SBOM_FORMATS.get(first))
    if kind in (ObjectKind.OCI_ROOT_INDEX, ObjectKind.OCI_BLOB):
        digest = _text_until_nul(extra)
        return OciExtra(digest if _OCI_DIGEST.fullmatch(digest) else None)
    return None


def _text_until_nul(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")


_ARCHITECTURES = {
    b"01": "386",
    b"02": "amd64",
    b"03": "arm",
    b"04": "arm64",
    b"05": "ppc64",
    b"06": "ppc64le",
    b"07": "mips",
    b"08": "mipsle",
    b"09": "mips64",
    b"10": "mips64le",
    b"11": "s390x",
    b"12": "riscv64",
    b"13": "loong64",
}
_KINDS = {
    0x4001: ObjectKind.DEFINITION,
    0x4002: ObjectKind.ENVIRONMENT,
    0x4003: ObjectKind.LABELS,
    0x4004: ObjectKind.PARTITION,
    0x4005: ObjectKind.SIGNATURE,
    0x4006: ObjectKind.GENERIC_JSON,
    0x4007: ObjectKind.GENERIC,
    0x4008: ObjectKind.CRYPTO_MESSAGE,
    0x4009: ObjectKind.SBOM,
    0x400A: ObjectKind.OCI_ROOT_INDEX,
    0x400B: ObjectKind.OCI_BLOB,
}
_FILE_SYSTEMS = {
    1: FileSystemKind.SQUASHFS,
    2: FileSystemKind.EXT3,
    3: FileSystemKind.ARCHIVE,
    4: FileSystemKind.RAW,
    5: FileSystemKind.ENCRYPTED_SQUASHFS,
    6: FileSystemKind.GOCRYPTFS_SQUASHFS,
}
_PURPOSES = {
    1: PartitionKind.SYSTEM,
    2: PartitionKind.PRIMARY,
    3: PartitionKind.DATA,
    4: PartitionKind.OVERLAY,
}
_HASHES = {1: "sha256", 2: "sha384", 3: "sha512", 4: "blake2s-256", 5: "blake2b-256"}
_SBOM_FORMATS = {
    1: "cyclonedx-json",
    2: "cyclonedx-xml",
    3: "github-json",
    4: "spdx-json",
    5: "spdx-rdf",
    6: "spdx-tag-value",
    7: "spdx-yaml",
    8: "syft-json",
}
