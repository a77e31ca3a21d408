"""Signatures of images: what they are worth, kept current, and demanded."""

import struct
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pysequoia import ArmorKind, armor
from pysequoia.packet import PacketPile, Tag

from sregistry_core.errors import ConfigurationError, Malformed, NotAllowed
from sregistry_core.formats import openpgp_messages
from sregistry_core.models import Image, ImageSignature
from sregistry_core.names import CollectionName
from sregistry_core.testing.pgp import Key
from sregistry_core.testing.sif_files import GENERIC, SifObject, make_sif
from sregistry_core.testing.signed_sif import (
    add_object,
    add_signature,
    content_of,
    flipped,
    place_of,
    sign_sif,
    sign_sif_with_pem,
)

KEY, OTHER = Key.make("Ada <ada@example.org>"), Key.make("Eve <eve@example.org>")
UNKNOWN = Key.make("Nobody <nobody@example.org>")
PLAIN = make_sif(labels={"a": "b"})
SIGNED = sign_sif(PLAIN, KEY)
GROUPS = make_sif(extra_objects=[SifObject(GENERIC, b"data", group=2)])
SIGNATURE = place_of(SIGNED, 4)
FIRST = place_of(SIGNED, 1)
ASK_AGAIN = timedelta(hours=1, minutes=1)


def with_number(image, place, kind, value):
    file = bytearray(image)
    struct.pack_into(kind, file, place, value)
    return bytes(file)


def add_keys(registry, *keys):
    with registry.parts.unit()() as services:
        for key in keys:
            services.keys.add(key.public.encode())


def found(registry, digest=None):
    """Give what is kept of the only image: its worth, and the state and reason of signatures."""
    with registry.parts.unit()() as services:
        image = services.db.query(Image).one()
        rows = services.db.query(ImageSignature).order_by(ImageSignature.object_id).all()
        return image.verification, [(row.state.value, row.reason) for row in rows]


def worth(registry, ada, image, *keys):
    add_keys(registry, *keys)
    ada.push("ada/lab/blast:1", image)
    registry.run_jobs()
    return found(registry)


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


# ---- PEM keys ------------------------------------------------------------------------------------


def write_public(path, key):
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def write_certificate(path, key, lifetime):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Release")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + lifetime)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(Encoding.PEM))
    return path


@pytest.fixture(
    params=[
        lambda: rsa.generate_private_key(65537, 2048),
        lambda: ec.generate_private_key(ec.SECP256R1()),
        lambda: ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate,
    ],
    ids=["rsa", "p256", "p384", "ed25519"],
)
def pem_key(request):
    return request.param()


def test_a_trusted_pem_key_verifies(make_registry, tmp_path, pem_key):
    write_public(tmp_path / "release.pem", pem_key)
    registry = make_registry(verify_keys=str(tmp_path))

    told = worth(registry, registry.user("ada"), sign_sif_with_pem(PLAIN, pem_key))

    assert told == ("verified", [("verified", None)])
    with registry.parts.unit()() as services:
        row = services.db.query(ImageSignature).one()
        assert (row.format, row.signer, len(row.fingerprint)) == ("dsse", "release.pem", 64)


def test_another_pem_key_does_not(make_registry, tmp_path, pem_key):
    write_public(tmp_path / "other.pem", ec.generate_private_key(ec.SECP256R1()))
    registry = make_registry(verify_keys=str(tmp_path))

    told, signatures = worth(registry, registry.user("ada"), sign_sif_with_pem(PLAIN, pem_key))

    assert told == "unknown_key"
    assert signatures[0][1] == "none of the keys in sregistry.verify_keys has made it"


def test_what_a_pem_key_has_signed_is_compared_too(make_registry, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    write_public(tmp_path / "release.pem", key)
    registry = make_registry(verify_keys=str(tmp_path))
    image = flipped(sign_sif_with_pem(PLAIN, key), PLAIN.index(b"no file"))

    assert worth(registry, registry.user("ada"), image)[0] == "bad"


def test_a_certificate_counts_until_it_expires(make_registry, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    file = write_certificate(tmp_path / "release.crt", key, timedelta(days=1))
    registry = make_registry(verify_keys=str(file))
    told, _ = worth(registry, registry.user("ada"), sign_sif_with_pem(PLAIN, key))
    assert told == "verified"
    registry.parts.jobs.look_for_work()
    registry.clock.move(timedelta(days=2))

    registry.parts.jobs.look_for_work()
    registry.run_jobs()

    assert found(registry)[1][0][0] == "expired_key"


@pytest.mark.parametrize("content", [b"", b"hello", b"-----BEGIN PUBLIC KEY-----\nAAAA\n"])
def test_a_file_without_a_key_stops_the_start(make_registry, tmp_path, content):
    (tmp_path / "bad.pem").write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"sregistry.verify_keys: .*bad.pem is no PEM"):
        make_registry(verify_keys=str(tmp_path))
    with pytest.raises(ConfigurationError, match="No such file"):
        make_registry(verify_keys=str(tmp_path / "none.pem"))


# ---- What a collection demands -------------------------------------------------------------------


@pytest.fixture
def demand(registry, ada):
    """Demands signatures of `ada/lab`, which holds nothing yet; takes fingerprints."""
    add_keys(registry, KEY, OTHER)
    with registry.parts.unit()() as services:
        user = services.accounts.caller_of(services.accounts.find("ada"))
    with registry.parts.unit(user)() as services:
        entity = services.catalog.entity("ada")
        services.catalog.create_collection(entity, "lab")

    def make(*fingerprints):
        with registry.parts.unit(user)() as services:
            lab = services.catalog.collection(CollectionName.parse("ada/lab", home="tacc"))
            services.signers.require(lab, fingerprints)

    return make


def refusal_of(ada, image, name="ada/lab/blast:1"):
    with pytest.raises(Exception, match="Bad response: 403") as refused:
        ada.push(name, image)
    return str(refused.value)


def test_a_verified_image_is_taken_and_verified_at_once(registry, ada, demand):
    demand()

    ada.push("ada/lab/blast:1", SIGNED)

    assert found(registry) == ("verified", [("verified", None)])


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (PLAIN, "takes only images that are signed, and this one has no signature"),
        (sign_sif(PLAIN, UNKNOWN), "the key of this one is not known to the registry: the key"),
        (flipped(SIGNED, 10), "is not good: the global header has been changed"),
        (add_object(SIGNED, GENERIC, b"x"), "the signatures of this one do not cover all of it"),
        (b"no image at all" * 100, "this one has no signature"),
    ],
)
def test_what_is_not_verified_is_refused_and_not_kept(registry, ada, demand, image, message):
    demand()

    assert message in refusal_of(ada, image)

    with registry.parts.unit()() as services:
        assert services.db.query(Image).one().blob_id is None


def test_only_the_signers_that_are_allowed_are_taken(registry, ada, demand):
    demand(f"0x{OTHER.fingerprint.lower()}")

    assert f"signed by {KEY.fingerprint}" in refusal_of(ada, SIGNED)
    ada.push("ada/lab/blast:1", sign_sif(SIGNED, OTHER))


def test_an_allowed_signer_must_have_signed_all_of_it(registry, ada, demand):
    demand(KEY.fingerprint)

    refusal_of(ada, sign_sif(sign_sif(GROUPS, KEY), OTHER, group=2))


def test_known_bytes_are_shared_only_when_they_are_verified(registry, ada, demand):
    ada.push("ada/other/plain:1", PLAIN)
    ada.push("ada/other/signed:1", SIGNED)
    registry.run_jobs()
    demand()

    refusal_of(ada, PLAIN, "ada/lab/plain:1")
    ada.push("ada/lab/signed:1", SIGNED)


def test_no_tag_is_moved_to_an_image_that_is_not_verified(registry, ada, demand):
    plain = ada.push("ada/lab/blast:1", PLAIN)
    registry.run_jobs()
    with registry.parts.unit()() as services:
        container = services.db.get_one(Image, plain).container_id
    demand()

    refused = ada.post(
        f"/v2/tags/{container}", {"Arch": "amd64", "Tag": "2", "ImageID": plain}, status=403
    )

    assert "this one has no signature" in refused.json["error"]["message"]


def test_an_image_whose_key_is_revoked_gets_no_new_tag(registry, ada, demand):
    demand()
    image = ada.push("ada/lab/blast:1", SIGNED)
    add_keys(registry, KEY.revoked())
    registry.run_jobs()
    with registry.parts.unit()() as services:
        container = services.db.get_one(Image, image).container_id

    tag = {"Arch": "amd64", "Tag": "2", "ImageID": image}
    ada.post(f"/v2/tags/{container}", tag, status=403)


def test_the_demand_is_taken_back(registry, ada, demand):
    demand(KEY.fingerprint)
    with registry.parts.unit()() as services:
        lab = services.catalog.collection(CollectionName.parse("ada/lab", home="tacc"))
        assert services.signers.of(lab) == [KEY.fingerprint]
        services.signers.demand_nothing(lab)

    ada.push("ada/lab/blast:1", PLAIN)


def test_what_is_no_fingerprint_is_refused(demand):
    for text in ("", "ada", "0x1234", "g" * 40):
        with pytest.raises(Malformed, match="is no fingerprint"):
            demand(text)


def test_a_writer_cannot_change_what_is_demanded(registry, ada, demand):
    demand()
    bob = registry.user("bob")
    assert bob
    with registry.parts.unit()() as services:
        caller = services.accounts.caller_of(services.accounts.find("bob"))
    with registry.parts.unit(caller)() as services:
        lab = services.catalog.collection(CollectionName.parse("ada/lab", home="tacc"))
        with pytest.raises(NotAllowed):
            services.signers.demand_nothing(lab)
