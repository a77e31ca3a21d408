"""OpenPGP certificates: read from an upload, cleaned of what others hung on them, and merged.

Source: RFC 4880 and RFC 9580; what a key server should keep: draft-gallagher-openpgp-hkp and
draft-dkg-openpgp-abuse-resistant-keystore (only what the key's owner has signed).
"""

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from pysequoia import ArmorKind, Cert, armor
from pysequoia.packet import Packet, PacketPile, SignatureType, Tag

from sregistry_core.errors import Malformed, TooLarge

from .openpgp_algorithms import strength
from .openpgp_self_signatures import Subject, own_signature, signed_part
from .text import clean_text

LARGEST: Final = 256 * 1024
"""Bytes of one upload, and of one certificate that is kept."""
MOST_CERTIFICATES: Final = 10
MOST_USER_IDS: Final = 50
MOST_SUBKEYS: Final = 50
MOST_SIGNATURES: Final = 3
"""Of the newest self-signatures of each part, and as many revocations."""
LARGEST_SIGNATURE: Final = 8 * 1024
LONGEST_NAME: Final = 500
_LONGEST_EMAIL = 254

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_ARMOR = re.compile(rb"^-----BEGIN PGP ([A-Z ]+)-----[ \t]*\r?$", re.MULTILINE)
_REVOCATIONS = (
    SignatureType.KeyRevocation,
    SignatureType.CertificationRevocation,
    SignatureType.SubkeyRevocation,
)
_OF_KEY = (SignatureType.DirectKey, SignatureType.KeyRevocation)
_OF_USER_ID = (
    SignatureType.GenericCertification,
    SignatureType.PersonaCertification,
    SignatureType.CasualCertification,
    SignatureType.PositiveCertification,
    SignatureType.CertificationRevocation,
)
_OF_SUBKEY = (SignatureType.SubkeyBinding, SignatureType.SubkeyRevocation)


@dataclass(frozen=True, slots=True)
class Name:
    """A user id that the key itself has signed; `email` in lower case."""

    text: str
    email: str | None
    revoked: bool


@dataclass(frozen=True, slots=True)
class Handle:
    """A fingerprint that a certificate answers to, and its 64-bit key id; upper-case hex."""

    fingerprint: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """A cleaned OpenPGP certificate: public parts, and what its own key has signed of them.

    algorithm    the number of RFC 9580, section 9.1
    bits         0 when it is not known for the algorithm
    handles      the first is the certificate's own, the others are its subkeys'
    revoked_at   when it was first revoked, for whatever reason; nothing makes it good again
    names        empty when the upload held no user id: then it can only add to a known one
    """

    armored: str
    algorithm: int
    bits: int
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    handles: tuple[Handle, ...]
    names: tuple[Name, ...]

    @property
    def fingerprint(self) -> str:
        """Upper-case hex: 40 digits, or 64 of a key of version 6."""
        return self.handles[0].fingerprint


@dataclass(slots=True)
class _Part:
    """The key, a user id or a subkey, with the signatures about it by what is signed of them."""

    packet: Packet
    signatures: dict[bytes, bytes] = field(default_factory=dict)


def read_certificates(upload: bytes) -> tuple[Certificate, ...]:
    """Read what is sent to a key server: one armoured block of one certificate or a few.

    Raises TooLarge, and Malformed with the reason for everything that is no public key, above all
    for secret keys.
    """
    if len(upload) > LARGEST:
        raise TooLarge(f"the key has {len(upload)} bytes, {LARGEST} are taken")
    blocks = [found[1] for found in _ARMOR.finditer(upload)]
    if any(b"PRIVATE" in block or b"SECRET" in block for block in blocks):
        raise Malformed("this is a secret key: never give it to anybody, send the public one")
    if blocks != [b"PUBLIC KEY BLOCK"]:
        raise Malformed("one armoured PGP PUBLIC KEY BLOCK is taken at a time")
    try:
        found = Cert.split_bytes(upload)
        tags = [packet.tag for packet in PacketPile.from_bytes(upload)]
    except (RuntimeError, ValueError) as error:
        raise Malformed(f"this is no OpenPGP key: {_reason(error)}") from error
    if Tag.SecretKey in tags or Tag.SecretSubkey in tags:
        raise Malformed("this holds a secret key: never give it to anybody, send the public one")
    if not 1 <= len(found) <= MOST_CERTIFICATES:
        raise Malformed(f"{len(found)} keys were sent, 1 to {MOST_CERTIFICATES} are taken")
    try:
        return tuple(_clean([one]) for one in found)
    except (RuntimeError, ValueError) as error:
        # The library reads some packets that it cannot write.
        raise Malformed(f"this is no OpenPGP key: {_reason(error)}") from error


def merge(known: str, added: Certificate) -> Certificate:
    """Add what is new of a certificate to the armoured one that is known; nothing is lost."""
    return _clean([Cert.from_bytes(known.encode()), Cert.from_bytes(added.armored.encode())])


def join(armored: Iterable[str]) -> str:
    """Give several armoured certificates as one armoured block."""
    raw = b"".join(bytes(Cert.from_bytes(one.encode())) for one in armored)
    return armor(raw, ArmorKind.PublicKey)


def _clean(copies: Iterable[Cert]) -> Certificate:
    key, names, subkeys = _sort(copies)
    kept = names[:MOST_USER_IDS] + subkeys[:MOST_SUBKEYS]
    raw, parts = _written(key), [key]
    for part in kept:
        piece = _written(part)
        if len(raw) + len(piece) <= LARGEST:
            raw += piece
            parts.append(part)
    certificate = _parsed(raw)
    revoked = [
        packet.signature_created
        for packet in PacketPile.from_bytes(raw)
        if packet.signature_type == SignatureType.KeyRevocation and packet.signature_created
    ]
    created = key.packet.key_created
    if created is None or key.packet.key_algorithm is None:
        raise Malformed("this is no OpenPGP key: it does not say when it was made")
    return Certificate(
        armored=armor(raw, ArmorKind.PublicKey),
        algorithm=key.packet.body[5],
        bits=strength(key.packet.body),
        made_at=created,
        expires_at=_expiration(certificate),
        revoked_at=min(revoked, default=None),
        handles=tuple(_handle(part.packet) for part in parts if part.packet.fingerprint),
        names=_names(certificate, parts),
    )


def _sort(copies: Iterable[Cert]) -> tuple[_Part, list[_Part], list[_Part]]:
    """Give the key, its user ids and its subkeys, each with the signatures that hold."""
    parts: dict[bytes, _Part] = {}
    key: _Part | None = None
    for copy in copies:
        current: _Part | None = None
        for packet in PacketPile.from_bytes(bytes(copy)):
            if packet.tag == Tag.Signature:
                if key is not None and current is not None:
                    _add_signature(key, current, packet)
            elif packet.tag in (Tag.PublicKey, Tag.UserID, Tag.PublicSubkey):
                current = parts.setdefault(bytes(packet), _Part(packet))
                key = key or current
            else:
                # Pictures and what is not known: nothing of a key server's.
                current = None
    if key is None:
        raise Malformed("this is no OpenPGP key")
    bound = [part for part in parts.values() if part is not key and part.signatures]
    return (
        key,
        [part for part in bound if part.packet.tag == Tag.UserID and _fits(part.packet)],
        [part for part in bound if part.packet.tag == Tag.PublicSubkey],
    )


def _add_signature(key: _Part, part: _Part, packet: Packet) -> None:
    kind, tag = packet.signature_type, part.packet.tag
    if kind not in _kinds_about(tag) or len(packet.body) > LARGEST_SIGNATURE:
        return
    flags = packet.key_flags
    signs = kind == SignatureType.SubkeyBinding and flags is not None and flags.signing
    subject = Subject(
        key=key.packet.body,
        issuer=bytes.fromhex(key.packet.fingerprint or ""),
        about=b"" if part is key else part.packet.body,
        user_id=tag == Tag.UserID,
    )
    cleaned = own_signature(packet.body, subject, signs=signs)
    if cleaned is not None and len(cleaned) <= LARGEST_SIGNATURE:
        part.signatures.setdefault(signed_part(cleaned), _framed(cleaned))


def _kinds_about(tag: Tag) -> tuple[SignatureType, ...]:
    if tag == Tag.UserID:
        return _OF_USER_ID
    return _OF_SUBKEY if tag == Tag.PublicSubkey else _OF_KEY


def _written(part: _Part) -> bytes:
    packets = [packet for one in part.signatures.values() for packet in PacketPile.from_bytes(one)]
    packets.sort(key=lambda one: one.signature_created or _LONG_AGO)
    revocations = [one for one in packets if one.signature_type in _REVOCATIONS]
    others = [one for one in packets if one.signature_type not in _REVOCATIONS]
    # Of revocations the first one counts, of the others the newest.
    kept = revocations[:MOST_SIGNATURES] + others[-MOST_SIGNATURES:]
    return bytes(part.packet) + b"".join(bytes(one) for one in kept)


def _framed(signature: bytes) -> bytes:
    # A packet header of the new format with the length in four bytes: RFC 9580, section 4.2.1.
    return b"\xc2\xff" + struct.pack(">I", len(signature)) + signature


def _parsed(raw: bytes) -> Cert:
    try:
        return Cert.from_bytes(raw)
    except (RuntimeError, ValueError) as error:
        raise Malformed(f"this is no OpenPGP key: {_reason(error)}") from error


def _expiration(certificate: Cert) -> datetime | None:
    try:
        return certificate.expiration
    except RuntimeError:
        # No signature says anything of the key that the library's policy takes.
        return None


def _names(certificate: Cert, parts: list[_Part]) -> tuple[Name, ...]:
    try:
        valid = {str(one) for one in certificate.user_ids}
    except RuntimeError:
        return ()
    found = []
    for part in parts:
        text = part.packet.user_id
        if part.packet.tag != Tag.UserID or text is None:
            continue
        revoked = any(
            packet.signature_type == SignatureType.CertificationRevocation
            for one in part.signatures.values()
            for packet in PacketPile.from_bytes(one)
        )
        if text in valid or revoked:
            found.append(Name(clean_text(text), _email(part.packet), revoked))
    return tuple(found)


def _fits(packet: Packet) -> bool:
    return packet.user_id is not None and len(packet.user_id) <= LONGEST_NAME


def _email(packet: Packet) -> str | None:
    email = clean_text(packet.user_id_email or "").lower()
    return email if 0 < len(email) <= _LONGEST_EMAIL else None


def _handle(packet: Packet) -> Handle:
    return Handle((packet.fingerprint or "").upper(), (packet.key_id or "").upper())


def _reason(error: Exception) -> str:
    # The library appends the stack of its own calls.
    return str(error).partition("\n")[0][:200]
