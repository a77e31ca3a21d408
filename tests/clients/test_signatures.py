"""Our verdict on signatures against that of the real `apptainer verify --all`, file by file."""

import struct
import time
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from sregistry_core.formats.dsse import read_keys
from sregistry_core.models import Image, ImageSignature
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

pytestmark = pytest.mark.real

KEY, OTHER = Key.make("Ada <ada@example.org>"), Key.make("Eve <eve@example.org>")
UNKNOWN = Key.make("Nobody <nobody@example.org>")
PLAIN = make_sif(labels={"a": "b"})
GROUPS = make_sif(extra_objects=[SifObject(GENERIC, b"data", group=2)])
SIGNED = sign_sif(PLAIN, KEY)
LARGEST_ID = 4
"""Of the signature; the three before it are definition, metadata and partition."""


def changed(document, **values):
    document["objects"][0].update(values)


def with_number(image, place, kind, value):
    file = bytearray(image)
    struct.pack_into(kind, file, place, value)
    return bytes(file)


def resigned(image, old, new):
    """Replace bytes of the signature's object by as many others."""
    assert len(old) == len(new)
    content = content_of(image, LARGEST_ID)
    assert old in content
    return image.replace(content, content.replace(old, new, 1))


FIRST = place_of(SIGNED, 1)
SIGNATURE = place_of(SIGNED, LARGEST_ID)
VARIANTS = {
    "signed": SIGNED,
    "not signed": PLAIN,
    "signed twice": sign_sif(SIGNED, OTHER),
    "signed with sha384": sign_sif(PLAIN, KEY, algorithm="sha384"),
    "signed with sha512": sign_sif(PLAIN, KEY, algorithm="sha512"),
    "signed with sha224": sign_sif(PLAIN, KEY, algorithm="sha224"),
    "signed with sha3": sign_sif(PLAIN, KEY, algorithm="sha3_256"),
    "signed with sha1 digests": sign_sif(PLAIN, KEY, algorithm="sha1"),
    "signed with md5 digests": sign_sif(PLAIN, KEY, algorithm="md5"),
    "unknown key": sign_sif(PLAIN, UNKNOWN),
    "good and unknown key": sign_sif(SIGNED, UNKNOWN),
    "good and bad": sign_sif(SIGNED, OTHER, change=lambda d: changed(d, relativeId=9)),
    "claims another key": sign_sif(PLAIN, KEY, fingerprint=OTHER.fingerprint),
    "claims no key": sign_sif(PLAIN, KEY, fingerprint=""),
    "covers one object": sign_sif(PLAIN, KEY, only=[1]),
    "covers all but one": sign_sif(PLAIN, KEY, only=[1, 2]),
    "covers one too many": sign_sif(
        PLAIN, KEY, change=lambda d: d["objects"].append({**d["objects"][0], "relativeId": 7})
    ),
    "names an object twice": sign_sif(
        PLAIN, KEY, change=lambda d: d["objects"].append({**d["objects"][1], "relativeId": 0})
    ),
    "names an object wrongly first": sign_sif(
        PLAIN, KEY, change=lambda d: d["objects"].insert(0, {**d["objects"][1], "relativeId": 0})
    ),
    "covers nothing": sign_sif(PLAIN, KEY, change=lambda d: d["objects"].clear()),
    "says no header": sign_sif(PLAIN, KEY, change=lambda d: d.pop("header")),
    "says no object digest": sign_sif(
        PLAIN, KEY, change=lambda d: d["objects"][0].pop("objectDigest")
    ),
    "says another version": sign_sif(PLAIN, KEY, change=lambda d: d.update(version=7)),
    "object of no group added": add_object(SIGNED, GENERIC, b"more"),
    "object of the group added": add_object(SIGNED, GENERIC, b"more", group=1),
    "object of a new group added": add_object(SIGNED, GENERIC, b"more", group=2),
    "two groups, one signed": sign_sif(GROUPS, KEY),
    "two groups, both signed": sign_sif(sign_sif(GROUPS, KEY), KEY, group=2),
    "two groups, two keys": sign_sif(sign_sif(GROUPS, KEY), OTHER, group=2),
    "two groups, one key unknown": sign_sif(sign_sif(GROUPS, KEY), UNKNOWN, group=2),
    "object changed": flipped(SIGNED, SIGNED.index(b"bootstrap: docker")),
    "partition changed": flipped(SIGNED, SIGNED.index(b"no file system")),
    "object's type changed": with_number(SIGNED, FIRST, "<i", GENERIC),
    "object's name changed": flipped(SIGNED, FIRST + 73),
    "object's extra changed": flipped(SIGNED, place_of(SIGNED, 3) + 205),
    "object's link changed": with_number(SIGNED, FIRST + 13, "<I", 2),
    "object's creation changed": with_number(SIGNED, FIRST + 41, "<q", 1),
    "object's change changed": with_number(SIGNED, FIRST + 49, "<q", 1),
    "object's user changed": with_number(SIGNED, FIRST + 57, "<q", 7),
    "object's group taken": with_number(SIGNED, FIRST + 9, "<I", 0xF0000000),
    "object's size shortened": with_number(SIGNED, FIRST + 25, "<q", 5),
    "object deleted": with_number(SIGNED, FIRST + 4, "<B", 0),
    "objects numbered anew": with_number(SIGNED, place_of(SIGNED, 2) + 5, "<I", 9),
    "launch script changed": flipped(SIGNED, 10),
    "architecture changed": with_number(SIGNED, 46, "<B", ord("0")),
    "identifier changed": flipped(SIGNED, 50),
    "creation changed": with_number(SIGNED, 64, "<q", 1),
    "said to be empty": with_number(SIGNED, 80, "<q", 48),
    "bytes behind": SIGNED + b"more",
    "signature cut off": with_number(SIGNED, SIGNATURE + 25, "<q", 300),
    "signature of zeros": with_number(SIGNED, SIGNATURE + 17, "<q", 200),
    "signature for no group": with_number(SIGNED, SIGNATURE + 13, "<I", 0),
    "signature for another group": with_number(SIGNED, SIGNATURE + 13, "<I", 0xF0000002),
    "signature for an object": with_number(SIGNED, SIGNATURE + 13, "<I", 1),
    "signature is no text": add_signature(PLAIN, b"signed, Ada", link=0xF0000001),
    "good one and no text": add_signature(SIGNED, b"signed, Ada", link=0xF0000001),
    "good one and no text for an object": add_signature(SIGNED, b"signed, Ada", link=1),
    "signed text changed": resigned(SIGNED, b'"version":1', b'"version":2'),
    "legacy": sign_sif(PLAIN, KEY, legacy=True, only=[3]),
    "legacy beside a good one": sign_sif(SIGNED, UNKNOWN, legacy=True, only=[3]),
    "text before the signed one": add_signature(
        PLAIN, b"hello\n" + content_of(SIGNED, LARGEST_ID), link=0xF0000001,
        claimed=bytes.fromhex(KEY.fingerprint),
    ),
    "lines end as on Windows": add_signature(
        PLAIN, content_of(SIGNED, LARGEST_ID).replace(b"\n", b"\r\n"), link=0xF0000001,
        claimed=bytes.fromhex(KEY.fingerprint),
    ),
    "deterministic": sign_sif(make_sif(created=-62135596800), KEY),
}  # fmt: skip


@pytest.fixture
def registry(make_registry):
    return make_registry(protocols="discovery transfer library shub hkp", keys_added_by="anyone")


def verdict_on(registry, image, *keys):
    """Push an image to a registry that holds some keys, and give what it makes of it."""
    ada = registry.user("ada")
    with registry.parts.unit()() as services:
        for key in keys:
            services.keys.add(key.encode())
    ada.push("ada/lab/blast:1", image)
    registry.run_jobs()
    with registry.parts.unit()() as services:
        found = services.db.query(Image).one()
        rows = services.db.query(ImageSignature).all()
        return found.verification, [(row.state.value, row.reason, row.covers_all) for row in rows]


def client_verifies(apptainer, image, *options):
    path = apptainer.place / "image.sif"
    path.write_bytes(image)
    return apptainer.run("verify", "--all", *options, path)


@pytest.fixture
def knowing(apptainer):
    """A client whose keyring has the two keys."""
    for number, key in enumerate((KEY, OTHER)):
        apptainer.must("key", "import", apptainer.write(f"{number}.asc", key.public))
    return apptainer


@pytest.mark.parametrize("name", VARIANTS)
def test_the_registry_and_the_client_agree(registry, knowing, name):
    image = VARIANTS[name]

    ours, signatures = verdict_on(registry, image, KEY.public, OTHER.public)
    theirs = client_verifies(knowing, image, "--local")

    assert (ours == "verified") == (theirs.code == 0), (ours, signatures, theirs.screen)


def test_some_variants_are_good_and_most_are_not(registry, knowing):
    """Agreeing would mean nothing if both said no to all of them."""
    good = {
        name for name in VARIANTS if client_verifies(knowing, VARIANTS[name], "--local").code == 0
    }

    assert {"signed", "signed twice", "two groups, both signed", "architecture changed"} <= good
    assert len(good) < len(VARIANTS) / 2


@pytest.mark.parametrize("change", ["revoked", "expired"])
def test_both_turn_away_a_key_that_is_good_no_more(registry, apptainer, change):
    # pysequoia says that a key was made a minute ago.
    key = Key.make("Ada <ada@example.org>", lifetime_seconds=66 if change == "expired" else None)
    image = sign_sif(PLAIN, key)
    public = key.revoked().public if change == "revoked" else key.public
    apptainer.must("key", "import", apptainer.write("key.asc", public))
    if change == "expired":
        time.sleep(7)
        registry.clock.move(timedelta(minutes=5))

    ours, signatures = verdict_on(registry, image, public)
    theirs = client_verifies(apptainer, image, "--local")

    assert theirs.code != 0
    assert ours == "bad"
    assert signatures[0][0] == f"{change}_key"


def test_an_image_that_the_client_signs_is_verified(registry, apptainer):
    apptainer.new_key("Ada", "ada@example.org")
    image = apptainer.build_image("real.sif")
    apptainer.sign(image)
    public = apptainer.place / "public.asc"
    apptainer.must("key", "export", "--armor", public, stdin="0\n")

    ours, signatures = verdict_on(registry, image.read_bytes(), public.read_text())

    assert (ours, signatures) == ("verified", [("verified", None, True)])


@pytest.mark.parametrize("options", [["--datatype", "7"], ["--datatype", "7", "--groupid", "1"]])
def test_what_the_client_adds_after_signing_is_noticed(registry, apptainer, options):
    apptainer.new_key("Ada", "ada@example.org")
    image = apptainer.build_image("real.sif")
    apptainer.sign(image)
    apptainer.must("sif", "add", *options, image, apptainer.write("more", "more"))
    public = apptainer.place / "public.asc"
    apptainer.must("key", "export", "--armor", public, stdin="0\n")

    ours, _ = verdict_on(registry, image.read_bytes(), public.read_text())

    assert apptainer.run("verify", "--all", "--local", image).code != 0
    assert ours in ("partial", "bad")


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
@pytest.mark.parametrize("trusted", [True, False])
def test_a_pem_key_is_judged_alike(make_registry, apptainer, tmp_path, kind, trusted):
    key = make_pem_key(kind)
    other = make_pem_key(kind)
    private = apptainer.write("private.pem", private_pem(key))
    image = apptainer.build_image("real.sif")
    apptainer.must("sign", "--key", private, image)
    file = apptainer.write("public.pem", public_pem(key if trusted else other))
    registry = make_registry(verify_keys=str(file))

    ours, _ = verdict_on(registry, image.read_bytes())
    theirs = apptainer.run("verify", "--all", "--key", file, image)

    assert (theirs.code == 0) == trusted
    assert ours == ("verified" if trusted else "unknown_key")
    synthetic = sign_sif_with_pem(PLAIN, key)
    assert (client_verifies(apptainer, synthetic, "--key", file).code == 0) == trusted
    assert read_keys([file])[0].name == "public.pem"


def make_pem_key(kind):
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def private_pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
