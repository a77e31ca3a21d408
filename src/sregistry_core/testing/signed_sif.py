"""SIF files for tests that are signed, well and badly, without the code that verifies them.

    image = sign_sif(make_sif(), key)
    stranger = sign_sif(make_sif(), key, fingerprint="A" * 40)

Source: the SIF library of the clients, pkg/integrity/sign.go and pkg/sif/descriptor.go.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Collection
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from sregistry_core.formats.sif_signer import (
    GROUP,
    add_object,
    add_signature,
    content_of,
    metadata,
    place_of,
    slots_of,
)

from .pgp import Key

PAYLOAD_TYPE = "application/vnd.sylabs.sif-metadata+json"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

__all__ = [
    "add_object",
    "add_signature",
    "content_of",
    "flipped",
    "place_of",
    "sign_sif",
    "sign_sif_with_pem",
    "slots_of",
]


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
        text = metadata(image, group, only, algorithm, change)
        link = GROUP | group
    claimed = bytes.fromhex(key.fingerprint if fingerprint is None else fingerprint)
    return add_signature(image, key.clear_signed(text + b"\n"), link=link, claimed=claimed)


def sign_sif_with_pem(image: bytes, key: PrivateKey, *, group: int = 1) -> bytes:
    """Give an image with one more signature, by a bare key, as `apptainer sign --key` makes it."""
    payload = metadata(image, group, None, "sha256", None)
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
    return add_signature(image, json.dumps(envelope).encode(), link=GROUP | group)


def flipped(image: bytes, place: int) -> bytes:
    """Give an image with one bit of one byte changed."""
    return image[:place] + bytes([image[place] ^ 1]) + image[place + 1 :]
