"""The signatures of a SIF, and what of the file each of them covers; the keys are not known here.

It decides as `apptainer verify --all` does, so that both say the same of every file.
Source: the SIF library of the clients (github.com/apptainer/sif, pkg/integrity: metadata.go,
verify.go, select.go; pkg/sif: descriptor.go and sif.go for what is hashed).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from sregistry_core.errors import NotAnImage

from . import dsse, sif
from .bounded import Budget, Part
from .openpgp_messages import begin_of
from .sif_descriptors import DESCRIPTOR_SIZE, Descriptor, ObjectKind, SignatureExtra
from .sif_digests import ALGORITHMS, Digest, Digests, parse_digest
from .text import read_json

LARGEST_SIGNATURE: Final = 256 * 1024
MOST_SIGNATURES: Final = 100
PGP, DSSE, LEGACY, UNKNOWN = "pgp", "dsse", "legacy", "unknown"

_LEGACY_START = b"SIFHASH:\n"
_PREFIX = struct.Struct("<i?IIIqqqqqqq")
_SIGNED_PREFIX = struct.Struct("<i?IIqqqq")
_GROUP_MASK = 0xF0000000
_WRAP = 1 << 32


@dataclass(frozen=True, slots=True)
class SignatureObject:
    """A signature in the file, with what its descriptor claims.

    group        the number of the group it belongs to; None when it belongs to none
    object       the id of the object it belongs to, as a legacy one does
    fingerprint  40 upper-case hex digits; None when the key has no OpenPGP fingerprint
    """

    object_id: int
    format: str
    hash_name: str
    fingerprint: str | None
    group: int | None
    object: int | None
    content: bytes


@dataclass(frozen=True, slots=True)
class SignedObject:
    """An object that may be signed.

    descriptor   those bytes of its descriptor that are signed
    """

    id: int
    group: int | None
    descriptor: bytes
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class SignedSif:
    """What of a SIF is signed, and by what.

    header      those bytes of the global header that are signed
    objects     all that are in a group, by id, in the order of the table
    ungrouped   ids of objects that no signature can cover
    """

    header: bytes
    objects: Mapping[int, SignedObject]
    ungrouped: tuple[int, ...]
    signatures: tuple[SignatureObject, ...]

    @property
    def groups(self) -> tuple[int, ...]:
        """The groups that must be signed."""
        return tuple(sorted({one.group for one in self.objects.values() if one.group}))

    def members(self, group: int) -> tuple[SignedObject, ...]:
        """The objects of a group."""
        return tuple(one for one in self.objects.values() if one.group == group)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a signed text says of the file: a digest for each part."""

    header: Digest
    objects: Mapping[int, tuple[Digest, Digest]]
    """Of descriptor and content, by the id of the object."""


@dataclass(frozen=True, slots=True)
class LegacyCoverage:
    """What a signed text of Singularity before 3.6 says: one digest of one or several objects."""

    digest: Digest
    objects: tuple[SignedObject, ...]


def read_signed(source: BinaryIO, size: int) -> SignedSif:
    """Read the signatures of a SIF, and what they have to cover.

    Raises NotAnImage when it is no SIF, contradicts itself, or has more or larger signatures than
    anybody makes.
    """
    source.seek(0)
    header = sif.read_header(source)
    descriptors = sif.read_descriptors(source, header, size)
    whole = Part(source, 0, size, Budget())
    if descriptors and header.descriptors_free == header.descriptors_total:
        # The clients believe it, and then find nothing.
        raise NotAnImage("the header of the sif says that it holds no object")
    head = whole.read_at(0, sif.HEADER_SIZE)
    return SignedSif(
        # Launch script, magic and version, then the identifier; neither architecture nor times.
        header=head[0:45] + head[48:64],
        objects=_objects(whole, header),
        ungrouped=tuple(
            one.id
            for one in descriptors
            if one.group is None and one.kind is not ObjectKind.SIGNATURE
        ),
        signatures=_signatures(whole, descriptors),
    )


def read_coverage(
    signed: SignedSif, signature: SignatureObject, text: bytes
) -> Coverage | LegacyCoverage | str:
    """Read a signed text; or say why it does not cover what its signature belongs to.

    text   what the key has signed
    No object is read: the digests are compared by `difference`.
    """
    if signature.format == LEGACY:
        return _legacy_coverage(signed, signature, text)
    members = signed.members(signature.group) if signature.group is not None else ()
    if not members:
        return "it belongs to no group of objects"
    try:
        document = read_json(text)
    except NotAnImage:
        return "what is signed is no json"
    coverage = _coverage(document, min(one.id for one in members))
    if coverage is None:
        return "what is signed does not say what it covers"
    ids = {one.id for one in members}
    if missing := sorted(ids - set(coverage.objects)):
        return f"object {missing[0]} is not signed"
    if surplus := sorted(set(coverage.objects) - ids):
        return f"object {surplus[0]} is signed, and is not there"
    return coverage


def note_needs(coverage: Coverage | LegacyCoverage, digests: Digests) -> None:
    """Tell which digests will be compared, so that each object is read only once."""
    if isinstance(coverage, LegacyCoverage):
        return
    for number, (_, content) in coverage.objects.items():
        digests.need(number, content.algorithm)


def difference(
    signed: SignedSif, coverage: Coverage | LegacyCoverage, digests: Digests
) -> str | None:
    """Say in what the file differs from what was signed; None when it does not."""
    if isinstance(coverage, LegacyCoverage):
        found = digests.of_all(coverage.objects, coverage.digest.algorithm)
        return None if found == coverage.digest else "the data has been changed"
    if digests.of_bytes(signed.header, coverage.header.algorithm) != coverage.header:
        return "the global header has been changed"
    for number, (descriptor, content) in coverage.objects.items():
        one = signed.objects[number]
        if digests.of_bytes(one.descriptor, descriptor.algorithm) != descriptor:
            return f"the descriptor of object {number} has been changed"
        if digests.of_object(one, content.algorithm) != content:
            return f"object {number} has been changed"
    return None


def _objects(whole: Part, header: sif.Header) -> Mapping[int, SignedObject]:
    """Give the objects in groups, from the raw table: a descriptor is signed with all its bytes."""
    slots = [
        slot
        for number in range(header.descriptors_total)
        if _PREFIX.unpack_from(
            slot := whole.read_at(
                header.descriptors_offset + number * DESCRIPTOR_SIZE, DESCRIPTOR_SIZE
            )
        )[1]
    ]
    lowest: dict[int, int] = {}
    for slot in slots:
        _, _, number, group, *_ = _PREFIX.unpack_from(slot)
        lowest[group] = min(number, lowest.get(group, number))
    return {one.id: one for one in (_object(slot, lowest) for slot in slots) if one.group}


def _object(slot: bytes, lowest: Mapping[int, int]) -> SignedObject:
    code, used, number, group, link, offset, size, _, created, _, uid, gid = _PREFIX.unpack_from(
        slot
    )
    signed = _SIGNED_PREFIX.pack(code, used, number - lowest[group], link, size, created, uid, gid)
    return SignedObject(
        id=number,
        group=(group & ~_GROUP_MASK) or None,
        descriptor=signed + slot[_PREFIX.size : DESCRIPTOR_SIZE],
        offset=offset,
        size=size,
    )


def _signatures(whole: Part, descriptors: tuple[Descriptor, ...]) -> tuple[SignatureObject, ...]:
    found = [one for one in descriptors if isinstance(one.extra, SignatureExtra)]
    if len(found) > MOST_SIGNATURES:
        raise NotAnImage(f"the sif has {len(found)} signatures, more than {MOST_SIGNATURES}")
    return tuple(_signature(whole, one) for one in found)


def _signature(whole: Part, one: Descriptor) -> SignatureObject:
    if one.size > LARGEST_SIGNATURE:
        raise NotAnImage(
            f"the signature in object {one.id} has {one.size} bytes, more than {LARGEST_SIGNATURE}"
        )
    content = whole.read_at(one.offset, one.size)
    extra = one.extra
    return SignatureObject(
        object_id=one.id,
        format=_format(content),
        hash_name=extra.hash_algorithm if isinstance(extra, SignatureExtra) else "unknown",
        fingerprint=extra.fingerprint if isinstance(extra, SignatureExtra) else None,
        group=one.link_group,
        object=one.link_object,
        content=content,
    )


def _format(content: bytes) -> str:
    if dsse.is_envelope(content):
        return DSSE
    begin = begin_of(content)
    if begin is None:
        return UNKNOWN
    # The text begins behind the first empty line.
    text = content[begin:].replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    return LEGACY if text.startswith(_LEGACY_START) else PGP


def _coverage(document: object, lowest: int) -> Coverage | None:
    if not isinstance(document, dict):
        return None
    header, listed = document.get("header"), document.get("objects")
    digest = parse_digest(header.get("digest")) if isinstance(header, dict) else None
    if digest is None or not isinstance(listed, list):
        return None
    objects: dict[int, tuple[Digest, Digest]] = {}
    for one in listed:
        if not isinstance(one, dict):
            return None
        relative = one.get("relativeId", 0)
        descriptor = parse_digest(one.get("descriptorDigest"))
        content = parse_digest(one.get("objectDigest"))
        if type(relative) is not int or not 0 <= relative < _WRAP:
            return None
        if descriptor is None or content is None:
            return None
        # Of two entries for one object the clients look at the first.
        objects.setdefault((lowest + relative) % _WRAP, (descriptor, content))
    return Coverage(digest, objects)


def _legacy_coverage(
    signed: SignedSif, signature: SignatureObject, text: bytes
) -> LegacyCoverage | str:
    plain = text.replace(b"\r\n", b"\n").removeprefix(_LEGACY_START).strip(b"\n")
    if signature.hash_name not in ALGORITHMS:
        return f"its hash algorithm is not taken: {signature.hash_name}"
    digest = parse_digest(f"{signature.hash_name}:{plain.decode('ascii', 'replace')}")
    if digest is None:
        return "what is signed is no digest"
    if signature.group is not None:
        objects = signed.members(signature.group)
    else:
        objects = tuple(one for one in signed.objects.values() if one.id == signature.object)
    return LegacyCoverage(digest, objects) if objects else "what it belongs to is not there"
