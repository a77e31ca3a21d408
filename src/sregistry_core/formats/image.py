"""The door of this room: look into an image file of any kind that clients can pull."""

from typing import BinaryIO

from sregistry_core.errors import NotAnImage

from . import ext3, sif, squashfs
from .bounded import Budget, Part
from .image_files import FileSystem, read_files
from .inspection import MOST_ENTRIES, Findings, Inspection, ObjectFound, SbomFound, SignatureFound
from .sif_descriptors import Descriptor, FileSystemKind, PartitionExtra, PartitionKind
from .sif_metadata import find_sbom, find_signatures, read_metadata
from .sif_oci import is_oci_sif, read_oci_configuration

LAUNCH_WORD = b" run-singularity"

_HEAD_SIZE = 2048
_GZIP_MAGIC = b"\x1f\x8b\x08"
_ENCRYPTED = (FileSystemKind.ENCRYPTED_SQUASHFS, FileSystemKind.GOCRYPTFS_SQUASHFS)


def inspect(source: BinaryIO, size: int) -> Inspection:
    """Tell what an image file is and what it says about itself.

    source   seekable; nothing is executed, unpacked or written.
    size     of the whole file in bytes.
    At most 64 MiB are read beside the table of a SIF (40 MB at worst, for 65536 objects), at most
    64 MiB inflated, and about 4 MiB of text kept, however large the image is.
    Raises NotAnImage when it is none that clients can pull, is cut off, or contradicts itself.
    What is only unreadable within a sound image is named in `notes`.
    """
    whole = Part(source, 0, size, Budget())
    head = whole.read_at(0, min(size, _HEAD_SIZE))
    # The order is that of the clients, so that both see the same in a file that is two things.
    if head[sif.MAGIC_OFFSET :].startswith(sif.MAGIC):
        return _inspect_sif(whole)
    start = _file_system_start(head)
    if head[start:].startswith(squashfs.MAGIC):
        return _inspect_file_system(whole.part(start, size - start), "squashfs")
    magic = start + ext3.MAGIC_OFFSET
    if size >= magic + 2 and whole.read_at(magic, 2) == ext3.MAGIC:
        return _inspect_file_system(whole.part(start, size - start), "ext3")
    if head.startswith(_GZIP_MAGIC) and size >= 18:
        return Inspection(kind="gzip", notes=("what is inside of a gzip file is not read",))
    raise NotAnImage("this is no image: neither sif nor squashfs nor ext3 nor gzip")


def _file_system_start(head: bytes) -> int:
    """Give where the file system starts: behind the launch line, if there is one.

    Clients look for the word anywhere in the first 2048 bytes, and go on behind it and a newline.
    """
    place = head.find(LAUNCH_WORD)
    return place + len(LAUNCH_WORD) + 1 if place > 0 else 0


def _inspect_file_system(part: Part, kind: str) -> Inspection:
    findings = Findings()
    if kind == "squashfs":
        findings.created = squashfs.read_superblock(part).created
    else:
        findings.created = ext3.read_superblock(part).created
    _read_tree(part, kind, findings)
    return _inspection(kind, findings)


def _read_tree(part: Part, kind: str, findings: Findings) -> None:
    try:
        tree: FileSystem = (
            squashfs.Squashfs(part, squashfs.read_superblock(part))
            if kind == "squashfs"
            else ext3.Ext3(part, ext3.read_superblock(part))
        )
    except NotAnImage as error:
        findings.note(f"the file system was not read: {error}")
        return
    read_files(tree, findings)


def _inspect_sif(whole: Part) -> Inspection:
    whole.source.seek(0)
    header = sif.read_header(whole.source)
    descriptors = sif.read_descriptors(whole.source, header, whole.size)
    if not descriptors:
        raise NotAnImage("the sif holds no object")
    primary = _primary_partition(descriptors)
    findings = Findings(arch=header.arch, created=header.created)
    complete = read_metadata(whole, descriptors, findings)
    oci_sif = is_oci_sif(descriptors)
    if oci_sif:
        read_oci_configuration(whole, descriptors, findings)
    encrypted = False
    if primary is not None and isinstance(primary.extra, PartitionExtra):
        encrypted = primary.extra.file_system in _ENCRYPTED
        _compare_architectures(primary.extra, findings)
        if not complete and not encrypted:
            _read_partition(whole, primary, primary.extra.file_system, findings)
    _note_what_is_behind(whole, descriptors, findings)
    signatures = find_signatures(whole, descriptors, findings)
    return _inspection(
        "sif",
        findings,
        signatures=signatures,
        encrypted=encrypted,
        sbom=find_sbom(descriptors),
        objects=_objects(descriptors, findings),
        oci_sif=oci_sif,
    )


def _primary_partition(descriptors: tuple[Descriptor, ...]) -> Descriptor | None:
    found = [
        one
        for one in descriptors
        if isinstance(one.extra, PartitionExtra) and one.extra.purpose is PartitionKind.PRIMARY
    ]
    if len(found) > 1:
        raise NotAnImage(
            f"the sif has two primary partitions, objects {found[0].id} and {found[1].id}"
        )
    return found[0] if found else None


def _compare_architectures(partition: PartitionExtra, findings: Findings) -> None:
    if findings.arch is None:
        findings.arch = partition.arch
    elif partition.arch not in (None, findings.arch):
        findings.note(
            f"the header says {findings.arch}, but the primary partition {partition.arch}"
        )


def _read_partition(
    whole: Part, primary: Descriptor, file_system: FileSystemKind, findings: Findings
) -> None:
    if file_system in (FileSystemKind.SQUASHFS, FileSystemKind.EXT3):
        _read_tree(whole.part(primary.offset, primary.size), file_system.value, findings)
    else:
        findings.note(f"a partition of kind {file_system.value} is not read")


def _note_what_is_behind(
    whole: Part, descriptors: tuple[Descriptor, ...], findings: Findings
) -> None:
    """Note bytes that belong to no object: they are how a file is a SIF and a ZIP at once."""
    end = max(one.offset + one.size for one in descriptors)
    if end < whole.size:
        findings.note(f"{whole.size - end} bytes behind the last object belong to none")


def _objects(descriptors: tuple[Descriptor, ...], findings: Findings) -> tuple[ObjectFound, ...]:
    if len(descriptors) > MOST_ENTRIES:
        findings.note(f"of {len(descriptors)} objects only the first {MOST_ENTRIES} are listed")
    return tuple(_object(one, findings) for one in descriptors[:MOST_ENTRIES])


def _object(one: Descriptor, findings: Findings) -> ObjectFound:
    partition = one.extra if isinstance(one.extra, PartitionExtra) else None
    return ObjectFound(
        id=one.id,
        type=one.kind.value,
        name=findings.text(f"the name of object {one.id}", one.name) or "",
        size=one.size,
        file_system=partition.file_system.value if partition else None,
        partition_type=partition.purpose.value if partition else None,
    )


def _inspection(
    kind: str,
    findings: Findings,
    *,
    signatures: tuple[SignatureFound, ...] = (),
    encrypted: bool = False,
    sbom: SbomFound | None = None,
    objects: tuple[ObjectFound, ...] = (),
    oci_sif: bool = False,
) -> Inspection:
    return Inspection(
        kind=kind,
        arch=findings.arch,
        created=findings.created,
        definition=findings.definition,
        labels=findings.labels,
        environment=findings.environment,
        runscript=findings.runscript,
        startscript=findings.startscript,
        test=findings.test,
        help=findings.help,
        apps=findings.apps,
        signatures=signatures,
        encrypted=encrypted,
        sbom=sbom,
        objects=objects,
        oci_sif=oci_sif,
        notes=tuple(findings.notes),
    )
