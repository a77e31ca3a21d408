"""Texts that are signed in clear with an OpenPGP key, as the signatures of a SIF are.

Source: RFC 4880, section 7; which hash algorithms count is what the SIF library of the clients
takes (pkg/integrity/clearsign.go): those of the SHA-2 family alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pysequoia import Cert, verify
from pysequoia.packet import HashAlgorithm, Packet, PacketPile, SignatureType, Tag

START = b"-----BEGIN PGP SIGNED MESSAGE-----"

_STRONG = (
    HashAlgorithm.SHA224,
    HashAlgorithm.SHA256,
    HashAlgorithm.SHA384,
    HashAlgorithm.SHA512,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a signed text says of its signature, before anything is checked.

    issuers   fingerprints and key ids that the signature names, upper-case hex
    """

    issuers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """A text whose signature holds.

    certificate   fingerprint of the certificate, upper-case hex
    key           fingerprint of its key that has signed: its own or that of a subkey
    """

    text: bytes
    certificate: str
    key: str


def begin_of(content: bytes) -> int | None:
    """Tell where the first text signed in clear begins; None when there is none.

    The clients look for it at the beginning of every line.
    """
    if content.startswith(START):
        return 0
    place = content.find(b"\n" + START)
    return place + 1 if place >= 0 else None


def read_claim(content: bytes) -> Claim | str:
    """Tell whose signature a signed text claims to have; or why it cannot be one that counts."""
    begin = begin_of(content)
    if begin is None:
        return "it is no text signed in clear"
    try:
        packets = list(PacketPile.from_bytes(content[begin:]))
    except (RuntimeError, ValueError):
        return "its signature cannot be read"
    if len(packets) != 1 or packets[0].tag != Tag.Signature:
        return "it has not exactly one signature"
    packet = packets[0]
    if packet.hash_algorithm not in _STRONG:
        return f"its hash algorithm is too weak: {_short(packet.hash_algorithm)}"
    issuers = [packet.issuer_fingerprint, packet.issuer_key_id]
    named = tuple(issuer.upper() for issuer in issuers if issuer)
    return Claim(named) if named else "it does not say which key has made it"


def check(content: bytes, certificates: Sequence[str]) -> Signed | str:
    """Verify a text signed in clear with the armoured certificates; or say why it does not hold.

    The signature must hold for the time at which it was made. Whether its key is still good is
    another question.
    """
    claim = read_claim(content)
    if isinstance(claim, str):
        return claim
    try:
        known = [Cert.from_bytes(one.encode()) for one in certificates]
        done = verify(bytes=content[begin_of(content) or 0 :], store=lambda _: known)
        (signature,) = done.valid_sigs
    except (RuntimeError, ValueError):
        return "the signature does not hold"
    return Signed(done.bytes or b"", signature.certificate.upper(), signature.signing_key.upper())


def is_subkey_good(armored: str, key: str, now: datetime) -> bool:
    """Tell whether a subkey of a cleaned certificate is neither revoked nor expired.

    True as well for the certificate's own key, which is not asked about here.
    """
    packets = iter(PacketPile.from_bytes(armored.encode()))
    subkey = next((p for p in packets if (p.fingerprint or "").upper() == key), None)
    if subkey is None or subkey.tag != Tag.PublicSubkey:
        return True
    signatures = _until_next_part(packets)
    if any(one.signature_type == SignatureType.SubkeyRevocation for one in signatures):
        return False
    bindings = [one for one in signatures if one.signature_created is not None]
    newest = max(bindings, key=lambda one: one.signature_created or now, default=None)
    if newest is None or newest.key_validity_period is None or subkey.key_created is None:
        return True
    end: datetime = subkey.key_created + newest.key_validity_period
    return end > now


def _until_next_part(packets: Iterable[Packet]) -> list[Packet]:
    found = []
    for packet in packets:
        if packet.tag != Tag.Signature:
            break
        found.append(packet)
    return found


def _short(algorithm: HashAlgorithm | None) -> str:
    return repr(algorithm).rpartition(".")[2]
