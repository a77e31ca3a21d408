"""Signs SIF files as the clients do; it shares no code with the readers beside it.

Source: the SIF library of the clients, pkg/integrity/sign.go and pkg/sif/descriptor.go.
"""

import hashlib
import json
import mmap
import os
import struct
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from .sif_writer import DESCRIPTOR_SIZE, DESCRIPTORS_OFFSET, SIGNATURE

GROUP = 0xF0000000
"""What is added to the number of a group where a descriptor speaks of it."""

_PREFIX = struct.Struct("<i?IIIqqqqqqq")
_SLOTS_FIELDS = struct.Struct("<qq")
_FREE_OFFSET = 80
_MOST_SLOTS = 4096


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
    free, descriptor, counts = _one_more(image, code, content, link, extra, group)
    file[free : free + DESCRIPTOR_SIZE] = descriptor
    file[_FREE_OFFSET : _FREE_OFFSET + _SLOTS_FIELDS.size] = counts
    return bytes(file + content)


def sign_file(path: Path, clear_signed: Callable[[bytes], bytes], fingerprint: str) -> None:
    """Sign a SIF in place, as `sign` does, without holding it in memory.

    Raises ValueError when it is no SIF that can be signed, or has another name as well.
    """
    number = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    with os.fdopen(number, "r+b") as file:
        if os.fstat(number).st_nlink != 1:
            raise ValueError("the file has more than one name")
        try:
            with (
                mmap.mmap(number, 0, access=mmap.ACCESS_READ) as mapped,
                memoryview(mapped) as image,
            ):
                text = metadata(image, 1) + b"\n"
                content = clear_signed(text)
                extra = struct.pack("<i", 1) + bytes.fromhex(fingerprint)
                free, descriptor, counts = _one_more(image, SIGNATURE, content, GROUP | 1, extra, 0)
                end = len(image)
        except (struct.error, StopIteration) as error:
            raise ValueError("it is no SIF with room for a signature") from error
        for place, part in ((end, content), (free, descriptor), (_FREE_OFFSET, counts)):
            file.seek(place)
            file.write(part)


def _one_more(
    image: bytes | memoryview, code: int, content: bytes, link: int, extra: bytes, group: int
) -> tuple[int, bytes, bytes]:
    """Give the place and the bytes of a new descriptor, and the numbers of free and all slots."""
    slots = slots_of(image)
    free = next(place for place, fields in slots.items() if not fields[1])
    number = 1 + max(fields[2] for fields in slots.values() if fields[1])
    prefix = _PREFIX.pack(
        code, True, number, GROUP | group, link, len(image), len(content), len(content), 0, 0, 0, 0
    )
    count, total = _SLOTS_FIELDS.unpack_from(image, _FREE_OFFSET)
    counts = _SLOTS_FIELDS.pack(count - 1, total)
    return free, prefix + bytes(128) + extra.ljust(384, b"\0"), counts


def slots_of(image: bytes | memoryview) -> Mapping[int, tuple[Any, ...]]:
    """Give the fields of every slot of the table, used or not, by its place in the file."""
    (total,) = struct.unpack_from("<q", image, 88)
    if not 0 < total <= _MOST_SLOTS:
        raise ValueError(f"a SIF has 1 to {_MOST_SLOTS} slots, and this one {total}")
    return {
        place: _PREFIX.unpack_from(image, place)
        for place in range(
            DESCRIPTORS_OFFSET, DESCRIPTORS_OFFSET + total * DESCRIPTOR_SIZE, DESCRIPTOR_SIZE
        )
    }


def place_of(image: bytes | memoryview, number: int) -> int:
    """Give where the descriptor of an object lies in the file."""
    return next(
        place for place, fields in slots_of(image).items() if fields[1] and fields[2] == number
    )


def content_of(image: bytes, number: int) -> bytes:
    """Give the bytes of an object."""
    return bytes(_content_of(image, number))


def _content_of(image: bytes | memoryview, number: int) -> bytes | memoryview:
    fields = slots_of(image)[place_of(image, number)]
    return image[fields[5] : fields[5] + fields[6]]


def metadata(
    image: bytes | memoryview,
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
        "header": {"digest": _digest(bytes(image[:45]) + bytes(image[48:64]), algorithm)},
        "objects": [
            {
                "relativeId": number - lowest,
                "descriptorDigest": _digest(_signed_descriptor(image, place, lowest), algorithm),
                "objectDigest": _digest(_content_of(image, number), algorithm),
            }
            for number, place in sorted(members.items())
            if only is None or number in only
        ],
    }
    if change is not None:
        change(document)
    return json.dumps(document, separators=(",", ":")).encode()


def _signed_descriptor(image: bytes | memoryview, place: int, lowest: int) -> bytes:
    code, used, number, _, link, _, size, _, created, _, uid, gid = _PREFIX.unpack_from(
        image, place
    )
    fields = struct.pack("<i?IIqqqq", code, used, number - lowest, link, size, created, uid, gid)
    return fields + bytes(image[place + _PREFIX.size : place + DESCRIPTOR_SIZE])


def _digest(raw: bytes | memoryview, algorithm: str) -> str:
    return f"{algorithm}:{hashlib.new(algorithm, raw).hexdigest()}"
