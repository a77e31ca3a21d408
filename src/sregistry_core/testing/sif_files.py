"""Small SIF files for tests: valid ones as the clients write them, and parts of bad ones."""

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sregistry_core.formats.sif_writer import (
    ALIGNMENT,
    ARCHITECTURES,
    ARCHIVE,
    CRYPTO_MESSAGE,
    DATA,
    DEFINITION,
    DESCRIPTOR_SIZE,
    DESCRIPTORS_OFFSET,
    ENCRYPTED_SQUASHFS,
    ENVIRONMENT,
    EXT3,
    GENERIC,
    GENERIC_JSON,
    GOCRYPTFS_SQUASHFS,
    LABELS,
    LAUNCH_LINE,
    OCI_BLOB,
    OCI_ROOT_INDEX,
    OVERLAY,
    PARTITION,
    PRIMARY,
    RAW,
    SBOM,
    SBOM_FORMATS,
    SIGNATURE,
    SQUASHFS,
    SYSTEM,
    USUAL_DESCRIPTORS,
    YEAR_ONE,
    SifObject,
    inspect_metadata_object,
    oci_blob,
    partition_extra,
    sbom_object,
    sha256_of,
    write_sif,
)

__all__ = [
    "ALIGNMENT",
    "ARCHITECTURES",
    "ARCHIVE",
    "CRYPTO_MESSAGE",
    "DATA",
    "DEFINITION",
    "DESCRIPTORS_OFFSET",
    "DESCRIPTOR_SIZE",
    "ENCRYPTED_SQUASHFS",
    "ENVIRONMENT",
    "EXT3",
    "GENERIC",
    "GENERIC_JSON",
    "GOCRYPTFS_SQUASHFS",
    "LABELS",
    "LAUNCH_LINE",
    "OCI_BLOB",
    "OCI_ROOT_INDEX",
    "OVERLAY",
    "PARTITION",
    "PRIMARY",
    "RAW",
    "SBOM",
    "SBOM_FORMATS",
    "SIGNATURE",
    "SQUASHFS",
    "SYSTEM",
    "USUAL_DESCRIPTORS",
    "YEAR_ONE",
    "SifObject",
    "inspect_metadata_object",
    "make_oci_sif",
    "make_sif",
    "oci_blob",
    "partition_extra",
    "signature_object",
    "write_sif",
]


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
        objects.append(sbom_object(sbom, sbom_format))
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
    root = SifObject(OCI_ROOT_INDEX, index, extra=sha256_of(index).encode())
    # An OCI-SIF is not started by a shell: it has no launch line and no architecture of its own.
    return write_sif([layer, configuration, manifest, root], arch=None, launch_line=b"", slots=8)


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


def _filling(size: int) -> bytes:
    return (b"no file system. " * (size // 16 + 1))[:size]


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode()


def _digest(blob: SifObject) -> str:
    return sha256_of(blob.content)
