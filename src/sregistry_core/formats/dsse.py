"""DSSE envelopes, which `apptainer sign --key` writes, and the public keys that are trusted.

Source: the DSSE protocol (https://github.com/secure-systems-lab/dsse, protocol.md) and what the
SIF library makes of it (pkg/integrity/dsse.go): RSA is PKCS #1 v1.5, ECDSA is ASN.1.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from sregistry_core.errors import Malformed, NotAnImage

from .text import read_json

PAYLOAD_TYPE: Final = "application/vnd.sylabs.sif-metadata+json"
MOST_SIGNATURES: Final = 20
_LARGEST_KEY_FILE = 1 << 20
_ENDINGS = (".pem", ".crt", ".cer", ".pub")
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key that an administrator trusts.

    name          of its file, or the subject of its certificate
    fingerprint   SHA-256 of the public key as DER, upper-case hex
    expires_at    None for a bare key
    since         when its file was changed last
    """

    name: str
    fingerprint: str
    expires_at: datetime | None
    since: datetime
    key: PublicKey


@dataclass(frozen=True, slots=True)
class SignedPayload:
    """A payload that one of the trusted keys has signed."""

    payload: bytes
    key: TrustedKey


def read_keys(paths: Iterable[Path]) -> tuple[TrustedKey, ...]:
    """Read public keys and certificates (PEM): files, and what lies in directories.

    Raises Malformed for a file that holds none.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(one for one in path.iterdir() if one.suffix in _ENDINGS)
        else:
            files.append(path)
    return tuple(_read_key(file) for file in files)


def is_envelope(content: bytes) -> bool:
    """Tell whether this is an envelope with what a SIF signs."""
    return _envelope(content) is not None


def check(content: bytes, keys: Sequence[TrustedKey], hash_name: str) -> SignedPayload | None:
    """Give the payload of an envelope that one of the keys has signed; None when none has.

    hash_name   as the signature's descriptor has it
    """
    envelope = _envelope(content)
    kind = _HASHES.get(hash_name)
    if envelope is None or kind is None:
        return None
    payload = _decoded(envelope.get("payload"))
    signatures = envelope.get("signatures")
    if payload is None or not isinstance(signatures, list):
        return None
    message = b"DSSEv1 %d %s %d %s" % (
        len(PAYLOAD_TYPE),
        PAYLOAD_TYPE.encode(),
        len(payload),
        payload,
    )
    for one in signatures[:MOST_SIGNATURES]:
        signature = _decoded(one.get("sig")) if isinstance(one, dict) else None
        for trusted in keys:
            if signature and _holds(trusted.key, signature, message, kind()):
                return SignedPayload(payload, trusted)
    return None


def _envelope(content: bytes) -> dict[str, object] | None:
    if not content.lstrip().startswith(b"{"):
        return None
    try:
        envelope = read_json(content)
    except NotAnImage:
        return None
    if not isinstance(envelope, dict) or envelope.get("payloadType") != PAYLOAD_TYPE:
        return None
    return envelope


def _decoded(text: object) -> bytes | None:
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return None


def _holds(key: PublicKey, signature: bytes, message: bytes, kind: hashes.HashAlgorithm) -> bool:
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), kind)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(kind))
        else:
            key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _read_key(path: Path) -> TrustedKey:
    key: object
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_KEY_FILE)
        since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        name, expires_at = path.name, None
        if b"-----BEGIN CERTIFICATE-----" in text:
            certificate = x509.load_pem_x509_certificate(text)
            name = certificate.subject.rfc4514_string() or path.name
            expires_at = certificate.not_valid_after_utc
            key = certificate.public_key()
        else:
            key = load_pem_public_key(text)
    except OSError as error:
        raise Malformed(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Malformed(f"{path} is no PEM public key or certificate") from error
    if not isinstance(key, PublicKey):
        raise Malformed(f"{path} is neither an RSA nor an ECDSA nor an Ed25519 key")
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fingerprint = hashlib.sha256(der).hexdigest().upper()
    return TrustedKey(name[:500], fingerprint, expires_at, since, key)
