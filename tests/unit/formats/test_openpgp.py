"""OpenPGP certificates: what is kept of an upload, and what strangers cannot do to it."""

import os
import struct
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pysequoia import Cert, CipherSuite, Profile, SignatureMode, Tsk, sign
from pysequoia.packet import PacketPile, SignatureType, Tag

from sregistry_core.errors import Malformed, TooLarge
from sregistry_core.formats.openpgp import (
    LARGEST,
    MOST_SIGNATURES,
    MOST_USER_IDS,
    join,
    merge,
    read_certificates,
)
from sregistry_core.formats.openpgp_messages import check
from sregistry_core.testing.pgp import Key, armored

ADA = Key.make("Ada Lovelace <Ada@Example.org>", "Ada <ada@home.test>")
EVE = Key.make("Eve <eve@example.org>")
REVOKED = bytes(ADA.revoked().cert)


def read(text):
    (certificate,) = read_certificates(text.encode())
    return certificate


def packets_of(text):
    return list(PacketPile.from_bytes(text.encode()))


def joined(packets):
    return armored(b"".join(bytes(one) if not isinstance(one, bytes) else one for one in packets))


def kinds(text):
    return [one.signature_type for one in packets_of(text) if one.tag == Tag.Signature]


def framed(body):
    return b"\xc2\xff" + struct.pack(">I", len(body)) + body


def test_a_certificate_tells_what_a_key_server_shows():
    found = read(ADA.public)

    assert found.fingerprint == ADA.fingerprint
    assert (found.algorithm, found.bits) == (22, 256)
    assert datetime.now(UTC) - found.made_at < timedelta(hours=1)
    assert (found.expires_at, found.revoked_at) == (None, None)
    assert {(name.text, name.email) for name in found.names} == {
        ("Ada Lovelace <Ada@Example.org>", "ada@example.org"),
        ("Ada <ada@home.test>", "ada@home.test"),
    }
    assert len(found.handles) == 3
    assert all(one.fingerprint.endswith(one.key_id) for one in found.handles)


@pytest.mark.parametrize("profile", [Profile.RFC4880, Profile.RFC9580])
@pytest.mark.parametrize(
    ("suite", "bits"),
    [("Cv25519", 256), ("Cv448", 456), ("P256", 256), ("P521", 521), ("RSA2k", 2048)],
)
def test_keys_of_every_usual_kind_are_kept_whole(suite, bits, profile):
    secret = Tsk.generate("A <a@b.test>", cipher_suite=getattr(CipherSuite, suite), profile=profile)
    key = Key(secret, secret.extract_certificate()).revoked()

    found = read(key.public)

    assert found.bits == bits
    assert found.revoked_at is not None
    assert kinds(found.armored) == kinds(key.public)
    assert len(found.handles) == 3


def test_cleaning_twice_changes_nothing():
    once = read(ADA.public)

    assert read(once.armored) == once
    assert merge(once.armored, once) == once


def test_a_certificate_still_verifies_after_cleaning():
    found = read(ADA.public)
    signed = sign(ADA.secret.signer(), b"hello", mode=SignatureMode.CLEAR)

    assert check(signed, [found.armored]).certificate == ADA.fingerprint


def third_party_signatures(count):
    """Eve certifies Ada's user id, again and again."""
    signatures = []
    for _ in range(count):
        certified = ADA.cert.add_user_id(str(ADA.cert.user_ids[0]), EVE.secret.certifier())
        signatures += [
            one
            for one in PacketPile.from_bytes(bytes(certified))
            if one.tag == Tag.Signature and one.issuer_fingerprint == EVE.cert.fingerprint
        ]
    return signatures


def test_signatures_of_others_are_left_out():
    packets = packets_of(ADA.public)
    place = next(n for n, one in enumerate(packets) if one.tag == Tag.UserID) + 1
    flooded = joined([*packets[:place], *third_party_signatures(30), *packets[place:]])
    assert len(packets_of(flooded)) == len(packets) + 30

    assert read(flooded) == read(ADA.public)


def test_a_signature_that_does_not_hold_is_left_out():
    """Go clients refuse the whole key for it, so that anybody could break it."""
    for number, packet in enumerate(packets_of(ADA.public)):
        if packet.tag != Tag.Signature:
            continue
        packets = packets_of(ADA.public)
        broken = packet.body[:-1] + bytes([packet.body[-1] ^ 1])

        both = joined([*packets[: number + 1], framed(broken), *packets[number + 1 :]])

        assert read(both) == read(ADA.public), packet.signature_type


def test_a_subkey_whose_binding_does_not_hold_is_left_out():
    packets = packets_of(ADA.public)
    theirs = [one for one in packets_of(EVE.public) if one.tag == Tag.PublicSubkey]

    stolen = joined([*packets, theirs[0], packets[-1]])

    assert read(stolen) == read(ADA.public)


def test_a_user_id_that_the_key_has_not_signed_is_left_out():
    packets = packets_of(ADA.public)
    foreign = [one for one in packets_of(EVE.public) if one.user_id or one.signature_type][1:3]

    added = joined([*packets, *foreign])

    assert read(added) == read(ADA.public)


def test_what_is_not_signed_of_a_signature_is_written_anew():
    """Anybody can change it, and hang as many variants on a key as fit."""
    variants = []
    for packet in packets_of(ADA.public):
        variants.append(bytes(packet))
        if packet.tag == Tag.Signature:
            variants += [framed(with_unhashed(packet.body, os.urandom(200))) for _ in range(5)]
            variants.append(framed(with_unhashed(packet.body, b"")))

    assert read(armored(b"".join(variants))) == read(ADA.public)


def with_unhashed(body, junk):
    """Replace the subpackets that are not signed by one private one, or by none."""
    end = 6 + int.from_bytes(body[4:6], "big")
    rest = end + 2 + int.from_bytes(body[end : end + 2], "big")
    area = b"\xff" + struct.pack(">I", len(junk) + 1) + b"\x64" + junk if junk else b""
    return body[:end] + struct.pack(">H", len(area)) + area + body[rest:]


def test_a_subkey_for_signing_must_agree():
    """Otherwise anybody could say that a foreign key is theirs, and take its signatures."""
    packets = packets_of(ADA.public)
    place = next(
        n for n, one in enumerate(packets) if one.key_flags is not None and one.key_flags.signing
    )
    body = packets[place].body
    agreement = body.index(b"\x04\x19", 10)

    broken = body[: agreement + 40] + bytes([body[agreement + 40] ^ 1]) + body[agreement + 41 :]
    found = read(joined([*packets[:place], framed(broken), *packets[place + 1 :]]))

    assert len(found.handles) == 2


def test_pictures_and_unknown_packets_are_left_out():
    picture = b"\xd1\x06\x05\x01abcd"

    assert read(joined([*packets_of(ADA.public), picture])) == read(ADA.public)


def test_a_revocation_is_never_lost():
    revoked, renewed = read(ADA.revoked().public), read(ADA.public)

    for known, added in ((revoked, renewed), (renewed, revoked)):
        assert merge(known.armored, added).revoked_at == revoked.revoked_at


def test_a_revocation_is_kept_beside_many_new_signatures():
    key = ADA.revoked()
    merged = read(key.public)
    for days in range(1, 3 * MOST_SIGNATURES):
        later = key.expiring(datetime.now(UTC) + timedelta(days=days))
        merged = merge(merged.armored, read(later.public))

    assert merged.revoked_at is not None
    assert SignatureType.KeyRevocation in kinds(merged.armored)


def test_a_foreign_revocation_says_nothing():
    revocation = next(one for one in packets_of(EVE.revoked().public) if one.signature_type)
    assert revocation.signature_type == SignatureType.KeyRevocation

    packets = packets_of(ADA.public)

    assert read(joined([packets[0], revocation, *packets[1:]])).revoked_at is None


def test_a_revoked_user_id_stays_revoked():
    known = read(ADA.without_user_id(1).public)

    names = {name.text: name.revoked for name in merge(known.armored, read(ADA.public)).names}

    assert sorted(names.values()) == [False, True]


def test_user_ids_are_bounded():
    many = Key.make(*(f"Ada {number} <{number}@example.org>" for number in range(80)))

    assert len(read(many.public).names) == MOST_USER_IDS


def test_a_long_user_id_is_left_out():
    key = Key.make("Ada <ada@example.org>", "x" * 501)

    assert [name.text for name in read(key.public).names] == ["Ada <ada@example.org>"]


def test_a_user_id_that_is_no_text_is_left_out():
    key = Key.make("Ada <ada@example.org>", "zero\0and \ud7ff <zero@example.org>")

    assert all("\0" not in name.text for name in read(key.public).names)


def test_newer_self_signatures_push_older_ones_out():
    merged = read(ADA.public)
    for days in range(1, 10):
        later = ADA.expiring(datetime.now(UTC) + timedelta(days=days))
        merged = merge(merged.armored, read(later.public))

    assert len(merged.armored) < 4 * len(read(ADA.public).armored)
    # Made within one second, any of them may count as the newest.
    assert merged.expires_at is not None


def test_several_certificates_become_one_block():
    text = join([read(ADA.public).armored, read(EVE.public).armored])

    assert [one.fingerprint for one in read_certificates(text.encode())] == [
        ADA.fingerprint,
        EVE.fingerprint,
    ]


def test_a_secret_key_is_refused():
    for text in (ADA.private, armored(bytes(ADA.secret)), ADA.public + ADA.private):
        with pytest.raises(Malformed, match="secret key"):
            read_certificates(text.encode())


def test_too_much_is_refused_before_it_is_read():
    with pytest.raises(TooLarge):
        read_certificates(b"x" * (LARGEST + 1))


def test_too_many_certificates_are_refused():
    keys = b"".join(bytes(Key.make(f"{n} <{n}@x.test>").cert) for n in range(11))

    with pytest.raises(Malformed, match="11 keys were sent"):
        read_certificates(armored(keys).encode())


def test_a_bomb_of_compressed_packets_is_refused():
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = b"\x01" + packing.compress(bytes(100 << 20)) + packing.flush()
    bomb = b"\xc8\xff" + struct.pack(">I", len(body)) + body

    for raw in (bomb, bytes(ADA.cert) + bomb):
        with pytest.raises(Malformed):
            read_certificates(armored(raw).encode())


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_damaged_certificate_is_refused_or_read_in_part(data):
    raw = bytearray(REVOKED)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place] = data.draw(st.integers(0, 255))

    try:
        found = read_certificates(armored(bytes(raw)).encode())
    except Malformed:
        return
    for one in found:
        Cert.from_bytes(one.armored.encode())
