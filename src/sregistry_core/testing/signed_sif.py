"""Signing SIF files for tests, well and badly, without the code that verifies them.

    image = sign_sif(make_sif(), key)
    stranger = sign_sif(make_sif(), key, fingerprint="A" * 40)

Source: the SIF library of the clients, pkg/integrity/sign.go and pkg/sif/descriptor.go.
"""

import base64
import hashlib
import json
import struct
from collections.abc import Callable, Collection, Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from .pgp import Key
from .sif_files import DESCRIPTOR_SIZE, DESCRIPTORS_OFFSET, SIGNATURE

PAYLOAD_TYPE = "application/vnd.sylabs.sif-metadata+json"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_PREFIX = struct.Struct("<i?IIIqqqqqqq")
_GROUP = 0xF0000000
_SLOTS_FIELDS = struct.Struct("<qq")
_FREE_OFFSET = 80


def sign_sif(
    image: bytes,
    key: Key,
    *,
    group: int = 1,
    only: Collection[int] | None = None,
    fingerprint: str | None = None,
    algorithm: str = "sha256",
    legacy: bool = False,
    change: Callable[[dict[str, Any]], None] | None = None,
) -> bytes:
    """Give an image with one more signature, by an OpenPGP key.

    only          ids of objects to be covered; all of the group without it
    fingerprint   what the descriptor claims; the key's own without it
    legacy        as Singularity before 3.6: the digest of one object, which `only` names
    change        changes what is signed, before it is
    """
    if legacy:
        (number,) = only or ()
        text = b"SIFHASH:\n" + hashlib.sha256(content_of(image, number)).hexdigest().encode()
        link = number
    else:
        text = _metadata(image, group, only, algorithm, change)
        link = _GROUP | group
    claimed = bytes.fromhex(key.fingerprint if fingerprint is None else fingerprint)
    return add_signature(image, key.clear_signed(text + b"\n"), link=link, claimed=claimed)


def sign_sif_with_pem(image: bytes, key: PrivateKey, *, group: int = 1) -> bytes:
    """Give an image with one more signature, by a bare key, as `apptainer sign --key` makes it."""
    payload = _metadata(image, group, None, "sha256", None)
    message = b"DSSEv1 %d %s %d %s" % (
        len(PAYLOAD_TYPE),
        PAYLOAD_TYPE.encode(),
        len(payload),
        payload,
    )
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(message, ec.ECDSA(hashes.SHA256()))
    else:
        signature = key.sign(message)
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()}],
    }
    return add_signature(image, json.dumps(envelope).encode(), link=_GROUP | group)


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
        code, True, number, _GROUP | group, link, len(file), len(content), len(content), 0, 0, 0, 0
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


def flipped(image: bytes, place: int) -> bytes:
    """Give an image with one bit of one byte changed."""
    return image[:place] + bytes([image[place] ^ 1]) + image[place + 1 :]


def _metadata(
    image: bytes,
    group: int,
    only: Collection[int] | None,
    algorithm: str,
    change: Callable[[dict[str, Any]], None] | None,
) -> bytes:
    members = {
        fields[2]: place
        for place, fields in slots_of(image).items()
        if fields[1] and fields[3] == _GROUP | group
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
