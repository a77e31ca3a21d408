"""Checking a digest that an OpenPGP key has signed, with the algorithms of `cryptography`.

Source: RFC 4880 and RFC 9580, sections 5.2.3 (what signatures hold), 5.5.2 (what keys hold) and 9
(the numbers of algorithms and curves).
"""

from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

LARGEST_NUMBER: Final = 16384
"""In bits: the largest RSA keys that anybody has."""


class UnreadablePacket(ValueError):
    """A packet is cut off, or of a kind that is not read here."""


class Body:
    """Reads a packet's body from front to back, and never behind its end."""

    def __init__(self, body: bytes):
        self._body = body
        self._place = 0

    def take(self, count: int) -> bytes:
        """Read bytes. Raises UnreadablePacket when there are fewer."""
        piece = self._body[self._place : self._place + count]
        if len(piece) != count:
            raise UnreadablePacket("the packet is cut off")
        self._place += count
        return piece

    def number(self, size: int) -> int:
        """Read a number of so many bytes."""
        return int.from_bytes(self.take(size), "big")

    def integer(self) -> int:
        """Read a number that says its own length in bits."""
        bits = self.number(2)
        if bits > LARGEST_NUMBER:
            raise UnreadablePacket(f"a number of {bits} bits")
        return int.from_bytes(self.take((bits + 7) // 8), "big")

    @property
    def left(self) -> int:
        """How many bytes have not been read."""
        return len(self._body) - self._place

    @property
    def before(self) -> bytes:
        """All that has been read."""
        return self._body[: self._place]


def strength(key: bytes) -> int:
    """Give the size in bits of the key of a key packet; 0 when it is not known here."""
    try:
        material, algorithm = key_material(key), key[5]
        if algorithm in (1, 2, 3, 16, 17, 20):
            return material.integer().bit_length()
        if algorithm in (18, 19, 22):
            return _BITS.get(material.take(material.number(1)), 0)
        return {25: 256, 27: 256, 26: 456, 28: 456}.get(algorithm, 0)
    except (UnreadablePacket, IndexError):
        return 0


def key_material(key: bytes) -> Body:
    """Give the body of a key packet, read up to where its numbers begin."""
    body = Body(key)
    body.take(6 if key[0] == 4 else 10)
    return body


def verify(key: bytes, values: Body, digest: bytes, kind: hashes.HashAlgorithm) -> None:
    """Check that a key has signed a digest, and read all `values` of the signature.

    Raises InvalidSignature, UnreadablePacket, or what `cryptography` raises for impossible numbers.
    """
    check = _CHECKS.get(key[5])
    if check is None:
        raise UnreadablePacket(f"public key algorithm {key[5]}")
    check(key_material(key), values, digest, kind)


def _rsa(key: Body, values: Body, digest: bytes, kind: hashes.HashAlgorithm) -> None:
    modulus, exponent = key.integer(), key.integer()
    signed = _big_endian(values.integer(), (modulus.bit_length() + 7) // 8)
    public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    public.verify(signed, digest, padding.PKCS1v15(), Prehashed(kind))


def _dsa(key: Body, values: Body, digest: bytes, kind: hashes.HashAlgorithm) -> None:
    p, q, g, y = (key.integer() for _ in range(4))
    signed = encode_dss_signature(values.integer(), values.integer())
    public = dsa.DSAPublicNumbers(y, dsa.DSAParameterNumbers(p, q, g)).public_key()
    public.verify(signed, digest, Prehashed(kind))


def _ecdsa(key: Body, values: Body, digest: bytes, kind: hashes.HashAlgorithm) -> None:
    curve = _CURVES.get(key.take(key.number(1)))
    if curve is None:
        raise UnreadablePacket("a curve that is not known")
    point = _big_endian(key.integer(), 1 + 2 * ((curve.key_size + 7) // 8))
    signed = encode_dss_signature(values.integer(), values.integer())
    public = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    public.verify(signed, digest, ec.ECDSA(Prehashed(kind)))


def _old_eddsa(key: Body, values: Body, digest: bytes, _: hashes.HashAlgorithm) -> None:
    if key.take(key.number(1)) != _ED25519:
        raise UnreadablePacket("a curve that is not known")
    # The point is written with 0x40 in front, so that it is a number without leading zeros.
    point = _big_endian(key.integer(), 33)[1:]
    signed = _big_endian(values.integer(), 32) + _big_endian(values.integer(), 32)
    ed25519.Ed25519PublicKey.from_public_bytes(point).verify(signed, digest)


def _ed25519(key: Body, values: Body, digest: bytes, _: hashes.HashAlgorithm) -> None:
    public = ed25519.Ed25519PublicKey.from_public_bytes(key.take(32))
    public.verify(values.take(64), digest)


def _ed448(key: Body, values: Body, digest: bytes, _: hashes.HashAlgorithm) -> None:
    public = ed448.Ed448PublicKey.from_public_bytes(key.take(57))
    public.verify(values.take(114), digest)


def _big_endian(number: int, size: int) -> bytes:
    try:
        return number.to_bytes(size, "big")
    except OverflowError as error:
        raise UnreadablePacket(f"a number of more than {size} bytes") from error


_ED25519 = bytes.fromhex("2B06010401DA470F01")
_CURVE_25519 = bytes.fromhex("2B060104019755010501")
_CURVES: dict[bytes, ec.EllipticCurve] = {
    bytes.fromhex("2A8648CE3D030107"): ec.SECP256R1(),
    bytes.fromhex("2B81040022"): ec.SECP384R1(),
    bytes.fromhex("2B81040023"): ec.SECP521R1(),
    bytes.fromhex("2B8104000A"): ec.SECP256K1(),
    bytes.fromhex("2B2403030208010107"): ec.BrainpoolP256R1(),
    bytes.fromhex("2B240303020801010B"): ec.BrainpoolP384R1(),
    bytes.fromhex("2B240303020801010D"): ec.BrainpoolP512R1(),
}
_BITS = {_ED25519: 256, _CURVE_25519: 256, **{oid: one.key_size for oid, one in _CURVES.items()}}
_CHECKS: dict[int, Callable[[Body, Body, bytes, hashes.HashAlgorithm], None]] = {
    1: _rsa,
    3: _rsa,
    17: _dsa,
    19: _ecdsa,
    22: _old_eddsa,
    27: _ed25519,
    28: _ed448,
}
