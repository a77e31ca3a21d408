"""Signs SIF files as the clients do; it shares no code with the readers beside it.

Source: the SIF library of the clients, pkg/integrity/sign.go and pkg/sif/descriptor.go.
"""

import hashlib
import json
import struct
from collections.abc import Callable, Collection, Mapping
from typing import Any

from .sif_writer import DESCRIPTOR_SIZE, DESCRIPTORS_OFFSET, SIGNATURE

GROUP = 0xF0000000
"""What is added to the number of a group where a descriptor speaks of it."""

_PREFIX = struct.Struct("<i?IIIqqqqqqq")
_SLOTS_FIELDS = struct.Struct("<qq")
_FREE_OFFSET = 80


def sign(image: bytes, clear_signed: Callable[[bytes], bytes], fingerprint: str) -> bytes:
    """Give a SIF with one more signature, over all objects of its first group.

    clear_signed   signs a text with an OpenPGP key
    fingerprint    of that key, in hex
    """
    text = metadata(image, 1) + b"\n"
    claimed = bytes.fromhex(fingerprint)
    return add_signature(image, clear_signed(text), link=GROUP | 1, claimed=claimed)


def add_signature(image: bytes, content: bytes, *, link: int, claimed: bytes = b"") -> bytes:
    """Give an image with one more signature object, whatever its content is."""
    extra = struct.pack("<i", 1) + claimed
    return add_object(image, SIGNATURE, content, link=link, extra=extra, group=0)


def add_object(
    image: bytes, code: int, content: bytes, *, link: int = 0, extra: bytes = b"", group: int = 0
) -> bytes:
    """Give an image with one more object, which lies behind all others."""
    file = bytearray(image)
    slots = slots_of(image)
    free = next(place for place, fields in slots.items() if not fields[1])
    number = 1 + max(fields[2] for fields in slots.values() if fields[1])
    prefix = _PREFIX.pack(
        code, True, number, GROUP | group, link, len(file), len(content), len(content), 0, 0, 0, 0
    )
    file[free : free + DESCRIPTOR_SIZE] = prefix + bytes(128) + extra.ljust(384, b"\0")
    file += content
    count, total = _SLOTS_FIELDS.unpack_from(file, _FREE_OFFSET)
    _SLOTS_FIELDS.pack_into(file, _FREE_OFFSET, count - 1, total)
    return bytes(file)


def slots_of(image: bytes) -> Mapping[int, tuple[Any, ...]]:
    """Give the fields of every slot of the table, used or not, by its place in the file."""
    (total,) = struct.unpack_from("<q", image, 88)
    return {
        place: _PREFIX.unpack_from(image, place)
        for place in range(
            DESCRIPTORS_OFFSET, DESCRIPTORS_OFFSET + total * DESCRIPTOR_SIZE, DESCRIPTOR_SIZE
        )
    }


def place_of(image: bytes, number: int) -> int:
    """Give where the descriptor of an object lies in the file."""
    return next(
        place for place, fields in slots_of(image).items() if fields[1] and fields[2] == number
    )


def content_of(image: bytes, number: int) -> bytes:
    """Give the bytes of an object."""
    fields = slots_of(image)[place_of(image, number)]
    return image[fields[5] : fields[5] + fields[6]]


def metadata(
    image: bytes,
    group: int,
    only: Collection[int] | None = None,
    algorithm: str = "sha256",
    change: Callable[[dict[str, Any]], None] | None = None,
) -> bytes:
    """Give the text that is signed: the digests of the objects of a group.

    only     ids of the objects that are covered; all of the group without it
    change   changes what is signed, before it is
    """
    members = {
        fields[2]: place
        for place, fields in slots_of(image).items()
        if fields[1] and fields[3] == GROUP | group
    }
    lowest = min(members)
    document: dict[str, Any] = {
        "version": 1,
        "header": {"digest": _digest(image[:45] + image[48:64], algorithm)},
        "objects": [
            {
                "relativeId": number - lowest,
                "descriptorDigest": _digest(_signed_descriptor(image, place, lowest), algorithm),
                "objectDigest": _digest(content_of(image, number), algorithm),
            }
            for number, place in sorted(members.items())
            if only is None or number in only
        ],
    }
    if change is not None:
        change(document)
    return json.dumps(document, separators=(",", ":")).encode()


def _signed_descriptor(image: bytes, place: int, lowest: int) -> bytes:
    code, used, number, _, link, _, size, _, created, _, uid, gid = _PREFIX.unpack_from(
        image, place
    )
    fields = struct.pack("<i?IIqqqq", code, used, number - lowest, link, size, created, uid, gid)
    return fields + image[place + _PREFIX.size : place + DESCRIPTOR_SIZE]


def _digest(raw: bytes, algorithm: str) -> str:
    return f"{algorithm}:{hashlib.new(algorithm, raw).hexdigest()}"
