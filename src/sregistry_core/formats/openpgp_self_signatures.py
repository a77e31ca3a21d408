"""Whether a signature within an OpenPGP certificate was made by the certificate's own key.

pysequoia takes packets apart, but tells of no single signature whether it holds, and of a subkey
not whether it is bound. One that does not hold makes Go clients refuse the whole certificate, so
that a stranger could break the keys of others. See docs/decisions/0013.

Source: RFC 4880 and RFC 9580, sections 5.2.3 (signature packets) and 5.2.4 (what is hashed).
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from .openpgp_algorithms import Body, UnreadablePacket, verify

_PRIMARY_KEY_BINDING = 0x19
_ISSUER, _EMBEDDED, _ISSUER_FINGERPRINT = 16, 32, 33


@dataclass(frozen=True, slots=True)
class Subject:
    """What a signature in a certificate is about.

    key        the body of the certificate's key packet
    about      the body of the user id or subkey packet; empty for the key itself
    user_id    whether `about` is a user id
    issuer     the key's fingerprint, 20 bytes, or 32 of a key of version 6
    """

    key: bytes
    issuer: bytes
    about: bytes = b""
    user_id: bool = False


@dataclass(frozen=True, slots=True)
class _Signature:
    """A signature packet taken apart.

    hashed        what is signed itself: from the start to the end of the hashed subpackets
    subpackets    those that are hashed, and those that are not: anybody can change the latter
    prefix        the first two bytes of the digest, as the packet claims
    values        what the algorithm has made, not read yet
    """

    version: int
    kind: int
    algorithm: int
    hash_number: int
    hashed: bytes
    subpackets: tuple[bytes, bytes]
    prefix: bytes
    salt: bytes
    values: Body


def own_signature(packet: bytes, subject: Subject, *, signs: bool = False) -> bytes | None:
    """Give the body of a signature packet, cleaned, when the certificate's own key has made it.

    signs   whether it allows a subkey to sign: that subkey must have agreed
    None for one that was made by another key, cannot be read, or stands on a weak or unknown
    algorithm. What is not signed of the packet is written anew, so that nobody can hang anything
    on the keys of others, and two copies are equal.
    """
    try:
        parts = _read(packet)
        if not _holds(parts, subject.key, subject):
            return None
        embedded = _agreements(parts, subject) if signs else ()
        if signs and not embedded:
            return None
        return _written_anew(parts, subject.issuer, embedded)
    except (InvalidSignature, UnsupportedAlgorithm, UnreadablePacket, ValueError, IndexError):
        return None


def signed_part(packet: bytes) -> bytes:
    """Give what is signed of a signature packet that has been found to be one."""
    return _read(packet).hashed


def _read(packet: bytes) -> _Signature:
    body = Body(packet)
    version = body.number(1)
    if version not in (4, 6):
        raise UnreadablePacket(f"a signature of version {version}")
    length_size = 2 if version == 4 else 4
    kind, algorithm, hash_number = body.number(1), body.number(1), body.number(1)
    hashed_subpackets = body.take(body.number(length_size))
    hashed = body.before
    other_subpackets = body.take(body.number(length_size))
    prefix = body.take(2)
    salt = body.take(body.number(1)) if version == 6 else b""
    return _Signature(
        version=version,
        kind=kind,
        algorithm=algorithm,
        hash_number=hash_number,
        hashed=hashed,
        subpackets=(hashed_subpackets, other_subpackets),
        prefix=prefix,
        salt=salt,
        values=body,
    )


def _holds(parts: _Signature, signer: bytes, subject: Subject) -> bool:
    if parts.hash_number not in _HASHES or parts.version != signer[0]:
        return False
    if parts.algorithm != signer[5]:
        return False
    digest = _digest(parts, subject)
    if digest[:2] != parts.prefix:
        return False
    _, kind = _HASHES[parts.hash_number]
    verify(signer, parts.values, digest, kind)
    return True


def _digest(parts: _Signature, subject: Subject) -> bytes:
    name, _ = _HASHES[parts.hash_number]
    hashing = hashlib.new(name, parts.salt, usedforsecurity=False)
    hashing.update(_framed_key(subject.key))
    if subject.user_id:
        hashing.update(b"\xb4" + struct.pack(">I", len(subject.about)) + subject.about)
    elif subject.about:
        hashing.update(_framed_key(subject.about))
    hashing.update(parts.hashed)
    hashing.update(bytes([parts.version, 0xFF]) + struct.pack(">I", len(parts.hashed)))
    return hashing.digest()


def _framed_key(key: bytes) -> bytes:
    if key[0] == 4 and len(key) <= 0xFFFF:
        return b"\x99" + struct.pack(">H", len(key)) + key
    if key[0] == 6:
        return b"\x9b" + struct.pack(">I", len(key)) + key
    raise UnreadablePacket(f"a key of version {key[0]}")


def _agreements(parts: _Signature, subject: Subject) -> tuple[bytes, ...]:
    """Give the signatures by which a subkey says that it belongs to the key: those that hold."""
    found = []
    for area in parts.subpackets:
        for kind, content in _subpackets(area):
            if kind == _EMBEDDED and _is_agreement(content, subject):
                found.append(content)
    return tuple(found[:1])


def _is_agreement(packet: bytes, subject: Subject) -> bool:
    try:
        parts = _read(packet)
        return parts.kind == _PRIMARY_KEY_BINDING and _holds(parts, subject.about, subject)
    except (InvalidSignature, UnsupportedAlgorithm, UnreadablePacket, ValueError, IndexError):
        return False


def _subpackets(area: bytes) -> Iterator[tuple[int, bytes]]:
    body = Body(area)
    while body.left:
        length = body.number(1)
        if length == 255:
            length = body.number(4)
        elif length >= 192:
            length = ((length - 192) << 8) + body.number(1) + 192
        content = body.take(length)
        yield content[0] & 0x7F, content[1:]


def _written_anew(parts: _Signature, issuer: bytes, embedded: tuple[bytes, ...]) -> bytes:
    version = parts.version
    area = (
        _subpacket(_ISSUER, issuer[-8:])
        if version == 4
        else _subpacket(_ISSUER_FINGERPRINT, bytes([version]) + issuer)
    )
    # One that is hashed stays where it is.
    area += b"".join(
        _subpacket(_EMBEDDED, one) for one in embedded if one not in parts.subpackets[0]
    )
    length_size = 2 if version == 4 else 4
    salt = bytes([len(parts.salt)]) + parts.salt if version == 6 else b""
    end = len(parts.hashed) + length_size + len(parts.subpackets[1]) + 2 + len(salt)
    values = parts.values.before[end:]
    area = len(area).to_bytes(length_size, "big") + area
    return parts.hashed + area + parts.prefix + salt + values


def _subpacket(kind: int, content: bytes) -> bytes:
    return b"\xff" + struct.pack(">I", len(content) + 1) + bytes([kind]) + content


_HASHES: dict[int, tuple[str, hashes.HashAlgorithm]] = {
    2: ("sha1", hashes.SHA1()),  # noqa: S303
    8: ("sha256", hashes.SHA256()),
    9: ("sha384", hashes.SHA384()),
    10: ("sha512", hashes.SHA512()),
    11: ("sha224", hashes.SHA224()),
    12: ("sha3_256", hashes.SHA3_256()),
    14: ("sha3_512", hashes.SHA3_512()),
}
"""MD5 and RIPEMD are left out. A user id that only SHA-1 holds is refused later, by the library's
policy; a revocation that only SHA-1 holds is better than none."""
