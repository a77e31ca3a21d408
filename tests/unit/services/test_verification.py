"""Signatures of images: what they are worth, and that this stays current."""

import io
import struct
from datetime import timedelta

import pytest
from pysequoia import ArmorKind, armor
from pysequoia.packet import PacketPile, Tag

from sregistry_core.formats import openpgp_messages
from sregistry_core.models import Image, ImageSignature
from sregistry_core.testing.pgp import Key
from sregistry_core.testing.sif_files import GENERIC, PARTITION
from sregistry_core.testing.signed_sif import (
    add_object,
    add_signature,
    content_of,
    flipped,
    place_of,
    sign_sif,
)

from .signed_images import (
    GROUPS,
    KEY,
    OTHER,
    PLAIN,
    SIGNED,
    UNKNOWN,
    add_keys,
    found,
    with_number,
    worth,
)

SIGNATURE = place_of(SIGNED, 4)
FIRST = place_of(SIGNED, 1)


def test_a_signature_by_a_known_key_is_verified(registry, ada):
    assert worth(registry, ada, SIGNED, KEY) == ("verified", [("verified", None)])
    with registry.parts.unit()() as services:
        row = services.db.query(ImageSignature).one()
        assert (row.fingerprint, row.signer) == (KEY.fingerprint, "Ada <ada@example.org>")
        assert (row.format, row.covers_all) == ("pgp", True)


def test_an_image_without_a_signature_has_none(registry, ada):
    assert worth(registry, ada, PLAIN, KEY) == ("none", [])


def test_what_is_no_sif_has_none(registry, ada):
    assert worth(registry, ada, b"no image at all" * 100) == ("none", [])


@pytest.mark.parametrize(
    ("image", "expected", "reason"),
    [
        # Singularity CVE-2020-13845 to -13847 and SIF CVE-2022-39237: what others have missed.
        (add_object(SIGNED, GENERIC, b"x"), "partial", None),
        (add_object(SIGNED, GENERIC, b"x", group=1), "bad", "object 5 is not signed"),
        (add_object(SIGNED, GENERIC, b"x", group=2), "partial", None),
        (add_object(SIGNED, PARTITION, b"x"), "partial", None),
        (add_object(SIGNED, PARTITION, b"x", group=1), "bad", "object 5 is not signed"),
        (add_object(SIGNED, PARTITION, b"x", group=2), "partial", None),
        (flipped(SIGNED, SIGNED.index(b"no file")), "bad", "object 3 has been changed"),
        (flipped(SIGNED, FIRST + 73), "bad", "the descriptor of object 1 has been changed"),
        (with_number(SIGNED, FIRST + 13, "<I", 2), "bad", "the descriptor of object 1 has been"),
        (flipped(SIGNED, 10), "bad", "the global header has been changed"),
        (flipped(SIGNED, 50), "bad", "the global header has been changed"),
        (sign_sif(PLAIN, KEY, algorithm="sha1"), "bad", "what is signed does not say what it"),
        (sign_sif(PLAIN, KEY, algorithm="md5"), "bad", "what is signed does not say what it"),
        (sign_sif(PLAIN, KEY, only=[1]), "bad", "object 2 is not signed"),
        (
            sign_sif(PLAIN, KEY, fingerprint=OTHER.fingerprint),
            "bad",
            f"it was made by {KEY.fingerprint}, and claims to be by {OTHER.fingerprint}",
        ),
        (sign_sif(SIGNED, UNKNOWN), "unknown_key", "is not held here"),
        (sign_sif(PLAIN, UNKNOWN), "unknown_key", "is not held here"),
        (add_signature(SIGNED, b"Ada", link=0xF0000001), "bad", "no text signed in clear"),
        (with_number(SIGNED, SIGNATURE + 13, "<I", 0), "bad", "it belongs to no group"),
        (with_number(SIGNED, place_of(SIGNED, 2) + 5, "<I", 1), "bad", None),
        (with_number(SIGNED, 80, "<q", 48), "bad", None),
        (sign_sif(PLAIN, KEY, legacy=True, only=[3]), "partial", "a legacy signature covers"),
        (sign_sif(GROUPS, KEY), "partial", None),
    ],
)
def test_what_is_not_verified(registry, ada, image, expected, reason):
    add_keys(registry, KEY, OTHER)

    told, signatures = worth(registry, ada, image)

    assert told == expected
    if reason:
        assert reason in " ".join(why or "" for _, why in signatures)


@pytest.mark.parametrize("number", [1, 2, 3, 12])
def test_a_weak_hash_algorithm_is_refused_before_anything_is_verified(number):
    """MD5, SHA-1 and RIPEMD-160; and SHA3-256, which the clients do not know."""
    (packet,) = PacketPile.from_bytes(content_of(SIGNED, 4))
    assert packet.tag == Tag.Signature
    body = packet.body[:3] + bytes([number]) + packet.body[4:]
    block = armor(b"\xc2\xff" + struct.pack(">I", len(body)) + body, ArmorKind.Signature)
    text = content_of(SIGNED, 4).partition(b"-----BEGIN PGP SIGNATURE")[0]

    claim = openpgp_messages.read_claim(text + block.encode())

    assert "its hash algorithm is too weak" in claim
    assert openpgp_messages.check(text + block.encode(), [KEY.public]) == claim


def test_several_signatures_in_one_text_are_refused():
    text, _, _ = content_of(SIGNED, 4).partition(b"-----BEGIN PGP SIGNATURE")
    two = b"".join(signature_of(one) for one in (SIGNED, sign_sif(PLAIN, OTHER)))

    claim = openpgp_messages.read_claim(text + armor(two, ArmorKind.Signature).encode())

    assert claim == "it has not exactly one signature"


def signature_of(image):
    """Give the signature packet of an image's signature."""
    (packet,) = PacketPile.from_bytes(content_of(image, 4))
    return bytes(packet)


def test_two_groups_must_both_be_signed(registry, ada):
    both = sign_sif(sign_sif(GROUPS, KEY), OTHER, group=2)

    told, _ = worth(registry, ada, both, KEY, OTHER)

    assert told == "verified"
    with registry.parts.unit()() as services:
        # Together they cover all of it, and neither does alone.
        assert not any(row.covers_all for row in services.db.query(ImageSignature))


def test_a_key_that_comes_later_makes_an_image_verified(registry, ada):
    assert worth(registry, ada, SIGNED)[0] == "unknown_key"

    add_keys(registry, KEY)
    registry.run_jobs()

    assert found(registry)[0] == "verified"


def test_a_revocation_reaches_images_that_were_verified(registry, ada):
    assert worth(registry, ada, SIGNED, KEY)[0] == "verified"

    add_keys(registry, KEY.revoked())
    registry.run_jobs()

    told, signatures = found(registry)
    assert told == "bad"
    assert signatures == [("revoked_key", f"the key {KEY.fingerprint} was revoked")]


def test_a_key_without_a_good_user_id_counts_as_revoked(registry, ada):
    assert worth(registry, ada, SIGNED, KEY.without_user_id(0))[1][0][0] == "revoked_key"


def test_a_key_that_is_forgotten_verifies_nothing(registry, ada):
    assert worth(registry, ada, SIGNED, KEY)[0] == "verified"

    with registry.parts.unit()() as services:
        services.keys.remove(KEY.fingerprint)
    registry.run_jobs()

    assert found(registry)[0] == "unknown_key"


def test_a_key_that_expires_takes_its_images_with_it(registry, ada):
    key = Key.make("Old <old@example.org>", lifetime_seconds=7200)
    assert worth(registry, ada, sign_sif(PLAIN, key), key)[0] == "verified"
    registry.parts.jobs.look_for_work()
    registry.clock.move(timedelta(hours=3))

    registry.parts.jobs.look_for_work()
    registry.run_jobs()

    told, signatures = found(registry)
    assert (told, signatures[0][0]) == ("bad", "expired_key")


def test_only_images_of_the_changed_key_are_looked_at_again(registry, ada):
    assert worth(registry, ada, SIGNED, KEY)[0] == "verified"
    registry.clock.move(timedelta(minutes=5))

    add_keys(registry, OTHER)
    registry.run_jobs()

    with registry.parts.unit()() as services:
        row = services.db.query(ImageSignature).one()
        assert row.checked_at == registry.clock.now - timedelta(minutes=5)


def test_the_same_bytes_elsewhere_have_the_same_verdict(registry, ada):
    assert worth(registry, ada, SIGNED, KEY)[0] == "verified"
    ada.push("ada/lab/copy:1", SIGNED)

    with registry.parts.unit()() as services:
        images = services.db.query(Image).all()
        assert [image.verification for image in images] == ["verified", "verified"]
        assert services.db.query(ImageSignature).count() == 2


def since(registry):
    with registry.parts.unit()() as services:
        return services.db.query(Image).one().verdict_since


def test_a_verdict_is_as_old_as_what_it_says(registry, ada):
    assert worth(registry, ada, SIGNED, KEY)[0] == "verified"
    first = since(registry)
    registry.clock.move(timedelta(minutes=5))

    add_keys(registry, KEY.with_user_id("Ada <ada@lab.example.org>"))
    registry.run_jobs()

    assert since(registry) == first
    with registry.parts.unit()() as services:
        assert services.db.query(ImageSignature).one().checked_at > first

    add_keys(registry, KEY.revoked())
    registry.run_jobs()

    assert since(registry) == registry.clock.now


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        (SIGNED, [KEY.fingerprint]),
        (sign_sif(PLAIN, UNKNOWN), [UNKNOWN.fingerprint]),
        (sign_sif(PLAIN, KEY, fingerprint=OTHER.fingerprint), []),
        (sign_sif(SIGNED, KEY, change=lambda text: text.clear()), [KEY.fingerprint]),
        (flipped(SIGNED, 10), []),
        (PLAIN, []),
    ],
)
def test_those_whose_signature_is_refuted_are_not_shown_as_signers(registry, ada, image, shown):
    worth(registry, ada, image, KEY, OTHER)

    with registry.parts.unit()() as services:
        images = services.db.query(Image).all()
        assert list(services.verification.signers_of(images).values()) == [shown]


def test_a_key_that_comes_while_a_file_is_read_is_noticed(registry, ada):
    assert worth(registry, ada, SIGNED)[0] == "unknown_key"
    with registry.parts.unit()() as services:
        late = services.verification.verdict(io.BytesIO(SIGNED), len(SIGNED))
    add_keys(registry, KEY)
    registry.run_jobs()
    assert found(registry)[0] == "verified"

    with registry.parts.unit()() as services:
        services.verification.keep(services.db.query(Image).one(), late)
    registry.run_jobs()

    assert found(registry)[0] == "verified"
