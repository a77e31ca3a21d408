"""Writing small SIF files for tests: valid ones as the clients write them, and parts of bad ones.

It shares no code with the reader in `sregistry_core.formats`, so that each checks the other.
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
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


def make_sif(
    *,
    arch: str | None = "amd64",
    labels: Mapping[str, str] | None = None,
    definition: str | None = "bootstrap: docker\nfrom: alpine\n",
    runscript: str | None = None,
    attributes: Mapping[str, Any] | None = None,
    signed_by: Sequence[str | None] = (),
    signature_format: str = "pgp",
    encrypted: bool = False,
    sbom: bytes | None = None,
    sbom_format: str = "cyclonedx-json",
    extra_objects: Iterable[SifObject] = (),
    payload: bytes | None = None,
    payload_size: int = 512,
    file_system: int = SQUASHFS,
    inspect_metadata: bool = True,
    created: int = 1_700_000_000,
) -> bytes:
    """Give the bytes of a SIF as Apptainer builds it.

    attributes        further ones for `inspect-metadata.json`: "help", "apps", "environment"
    signed_by         fingerprints of 40 hex digits, one signature each; None for a key without one
    signature_format  "pgp", "dsse" or "legacy"
    payload           the root partition; without it `payload_size` bytes that are no file system
    inspect_metadata  False writes labels as an object of their own, as files before 3.7 had them
    created           Unix seconds; YEAR_ONE as deterministic files have it
    """
    objects: list[SifObject] = []
    if definition is not None:
        objects.append(SifObject(DEFINITION, definition.encode()))
    if inspect_metadata:
        told = {"labels": dict(labels or {}), "runscript": runscript, "deffile": definition}
        told |= dict(attributes or {})
        objects.append(inspect_metadata_object({k: v for k, v in told.items() if v is not None}))
    elif labels is not None:
        objects.append(SifObject(LABELS, json.dumps(dict(labels)).encode()))
    if payload is None:
        payload = _filling(payload_size)
    kind = ENCRYPTED_SQUASHFS if encrypted else file_system
    objects.append(
        SifObject(PARTITION, payload, name="root.fs", extra=partition_extra(kind, PRIMARY, arch))
    )
    if sbom is not None:
        extra = struct.pack("<i", SBOM_FORMATS[sbom_format])
        objects.append(SifObject(SBOM, sbom, name="sbom", extra=extra))
    objects += extra_objects
    objects += [signature_object(signer, signature_format) for signer in signed_by]
    return write_sif(objects, arch=arch, created=created)


def make_oci_sif(
    *, arch: str | None = "amd64", labels: Mapping[str, str] | None = None, payload_size: int = 512
) -> bytes:
    """Give the bytes of an OCI-SIF: a layer, its configuration, its manifest, and the index."""
    layer = oci_blob(_filling(payload_size))
    configuration = oci_blob(
        _json(
            {
                "created": "2024-01-02T03:04:05.678901234Z",
                "architecture": arch,
                "os": "linux",
                "config": {"Labels": dict(labels or {})},
            }
        )
    )
    manifest = oci_blob(
        _json(
            {"config": {"digest": _digest(configuration)}, "layers": [{"digest": _digest(layer)}]}
        )
    )
    index = _json({"schemaVersion": 2, "manifests": [{"digest": _digest(manifest)}]})
    root = SifObject(OCI_ROOT_INDEX, index, extra=_sha256(index).encode())
    # An OCI-SIF is not started by a shell: it has no launch line and no architecture of its own.
    return write_sif([layer, configuration, manifest, root], arch=None, launch_line=b"", slots=8)


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
    return SifObject(GENERIC_JSON, _json(document), name="inspect-metadata.json")


def signature_object(fingerprint: str | None, format: str = "pgp") -> SifObject:
    """Give a signature that looks right and proves nothing.

    fingerprint   40 hex digits; None for a key without one
    format        "pgp", "dsse", or "legacy", which covers object 1 instead of group 1
    """
    signed = '{"version":1,"header":{"digest":""},"objects":[]}'
    if format == "dsse":
        text = json.dumps({"payloadType": "application/vnd.sylabs.sif-metadata+json"})
    else:
        if format == "legacy":
            signed = "SIFHASH:\n" + "0" * 64
        text = (
            f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{signed}\n"
            "-----BEGIN PGP SIGNATURE-----\n\n=none\n-----END PGP SIGNATURE-----\n"
        )
    return SifObject(
        SIGNATURE,
        text.encode(),
        extra=struct.pack("<i", 1) + bytes.fromhex(fingerprint or ""),
        group=None,
        linked_group=None if format == "legacy" else 1,
        linked_object=1 if format == "legacy" else None,
    )


def partition_extra(file_system: int, purpose: int, arch: str | None) -> bytes:
    """Give what a partition's descriptor adds."""
    return struct.pack("<ii3s", file_system, purpose, ARCHITECTURES[arch])


def oci_blob(content: bytes) -> SifObject:
    """Give an OCI blob under its true digest."""
    return SifObject(OCI_BLOB, content, extra=_sha256(content).encode())


def _link(one: SifObject) -> int:
    if one.linked_group is not None:
        return _GROUP_MASK | one.linked_group
    return one.linked_object or 0


def _filling(size: int) -> bytes:
    return (b"no file system. " * (size // 16 + 1))[:size]


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode()


def _sha256(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _digest(blob: SifObject) -> str:
    return _sha256(blob.content)
