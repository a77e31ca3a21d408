"""OCI pushes to a collection that demands signatures: no way around."""

import json

import pytest

from sregistry_core.models import Image, Manifest
from sregistry_core.names import CollectionName
from sregistry_core.testing.oci import (
    EMPTY,
    EMPTY_TYPE,
    SIF_CONFIG,
    SIF_LAYER,
    code_of,
    descriptor,
    digest_of,
    index_of,
    manifest_of,
)
from sregistry_core.testing.pgp import Key
from sregistry_core.testing.sif_files import GENERIC, make_sif
from sregistry_core.testing.signed_sif import add_object, flipped, sign_sif

KEY, OTHER = Key.make("Ada <ada@example.org>"), Key.make("Eve <eve@example.org>")
UNKNOWN = Key.make("Nobody <nobody@example.org>")
PLAIN = make_sif(labels={"a": "b"})
SIGNED = sign_sif(PLAIN, KEY)
ARM = sign_sif(make_sif(arch="arm64"), KEY)
SAFE = "ada/safe/blast"
SIF = {"layer_type": SIF_LAYER, "config_type": SIF_CONFIG}
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"


@pytest.fixture
def demand(registry, ada):
    """Lets `ada/safe` take only what is signed, by any key or by those that are given."""
    with registry.parts.unit()() as services:
        for key in (KEY, OTHER):
            services.keys.add(key.public.encode())
        services.catalog.create_collection(services.catalog.entity("ada"), "safe", private=False)

    def make(*fingerprints):
        with registry.parts.unit()() as services:
            safe = services.catalog.collection(CollectionName("ada", "safe"))
            services.signers.require(safe, fingerprints)

    return make


def sif_manifest(image, **more):
    return manifest_of(descriptor(EMPTY, SIF_CONFIG), [descriptor(image, SIF_LAYER)], **more)


def push_blobs(person, *contents, repository=SAFE):
    for content in contents:
        person.push_blob(repository, content)


def refusal_of(person, reference, body, repository=SAFE):
    answer = person.push_manifest(repository, reference, body, status=403)
    assert code_of(answer) == "DENIED"
    return answer.json["errors"][0]["message"]


def as_entry(body):
    return descriptor(body, json.loads(body)["mediaType"])


def test_a_verified_image_is_taken_and_verified_at_once(registry, ada, stranger, demand):
    demand()

    ada.push_sif(SAFE, "1", SIGNED)

    assert stranger.pull(f"{SAFE}:1").body == SIGNED
    with registry.parts.unit()() as services:
        assert services.db.query(Image).one().verification == "verified"


@pytest.mark.parametrize("by_digest", [True, False])
@pytest.mark.parametrize(
    ("image", "message"),
    [
        (PLAIN, "ada/safe takes only images that are signed, and this one has no signature"),
        (sign_sif(PLAIN, UNKNOWN), "the key of this one is not known to the registry: the key"),
        (flipped(SIGNED, 10), "is not good: the global header has been changed"),
        (add_object(SIGNED, GENERIC, b"x"), "the signatures of this one do not cover all of it"),
        (b"no image at all" * 100, "this one has no signature"),
    ],
)
def test_what_is_not_verified_is_refused_with_the_reason(
    registry, ada, demand, image, message, by_digest
):
    demand()
    push_blobs(ada, image, EMPTY)
    body = sif_manifest(image)

    assert message in refusal_of(ada, digest_of(body) if by_digest else "1", body)

    with registry.parts.unit()() as services:
        assert services.db.query(Image).count() == services.db.query(Manifest).count() == 0
    ada.pull(f"{SAFE}:1", status=404)


def test_only_the_signers_that_are_allowed_are_taken(ada, demand):
    demand(OTHER.fingerprint)
    push_blobs(ada, SIGNED, EMPTY)

    assert f"signed by {KEY.fingerprint}" in refusal_of(ada, "1", sif_manifest(SIGNED))
    ada.push_sif(SAFE, "1", sign_sif(SIGNED, OTHER))


def test_a_blob_that_is_mounted_is_judged_like_one_that_is_pushed(ada, demand):
    demand()
    ada.push_sif("ada/lab/blast", "1", PLAIN)
    ada.push_sif("ada/lab/blast", "2", SIGNED)
    for content in (PLAIN, SIGNED, EMPTY):
        ada.post(
            f"/v2/{SAFE}/blobs/uploads/?mount={digest_of(content)}&from=ada/lab/blast", status=201
        )

    assert "has no signature" in refusal_of(ada, "1", sif_manifest(PLAIN))
    ada.push_manifest(SAFE, "2", sif_manifest(SIGNED))


def test_what_is_there_stays_and_gets_no_new_tag(registry, ada, stranger, demand):
    """Neither by its manifest, by another one, by an index nor under a tag that it had."""
    ada.push_sif(SAFE, "1", PLAIN)
    registry.run_jobs()
    body = ada.manifest(SAFE, "1").body
    demand()

    assert stranger.pull(f"{SAFE}:1").body == PLAIN
    for reference in ("2", "1", digest_of(body)):
        assert "has no signature" in refusal_of(ada, reference, body)
    other = sif_manifest(PLAIN, annotations={"a": "b"})
    for reference in ("2", digest_of(other), f"{digest_of(other)}?tag=3"):
        assert "has no signature" in refusal_of(ada, reference, other)
    index = index_of([as_entry(body)])
    for reference in ("2", digest_of(index)):
        assert "has no signature" in refusal_of(ada, reference, index)
    assert stranger.tags(SAFE) == ["1"]


def test_an_image_that_has_not_been_verified_yet_gets_no_tag(registry, ada, demand):
    ada.push_sif(SAFE, "1", SIGNED)
    body = ada.manifest(SAFE, "1").body
    demand()

    assert "have not been verified yet" in refusal_of(ada, "2", body)

    registry.run_jobs()
    ada.push_manifest(SAFE, "2", body)


def test_an_index_of_signed_images_is_taken(ada, stranger, demand):
    demand()
    push_blobs(ada, SIGNED, ARM, EMPTY)
    bodies = [sif_manifest(one) for one in (SIGNED, ARM)]
    for body in bodies:
        ada.push_manifest(SAFE, digest_of(body), body)

    ada.push_manifest(SAFE, "1", index_of([as_entry(body) for body in bodies]))

    assert stranger.pull(f"{SAFE}:1", arch="arm64").body == ARM


def test_an_index_hides_nothing(registry, ada, demand):
    """Of two images for one machine a tag has one; what is missing may come later."""
    ada.push_sif(SAFE, "old", PLAIN)
    registry.run_jobs()
    plain = ada.manifest(SAFE, "old").body
    ada.push_artifact(SAFE, "debian", config_type=IMAGE_CONFIG)
    container_image = ada.manifest(SAFE, "debian").body
    nested = index_of([as_entry(container_image)])
    ada.push_manifest(SAFE, "nested", nested)
    demand()
    ada.push_sif(SAFE, "1", SIGNED)
    good = as_entry(ada.manifest(SAFE, "1").body)
    for entry, message in (
        (as_entry(plain), "has no signature"),
        (as_entry(container_image), f"names {digest_of(container_image)}, which is no SIF image"),
        (as_entry(nested), f"names {digest_of(nested)}, which is no SIF image"),
        (as_entry(sif_manifest(ARM)), "which is no SIF image in ada/safe/blast"),
    ):
        for entries in ([entry, good], [good, entry]):
            body = index_of(entries)
            for reference in ("2", digest_of(body)):
                assert message in refusal_of(ada, reference, body)
    empty = index_of([])
    assert "this manifest is of no SIF image" in refusal_of(ada, "2", empty)


@pytest.mark.parametrize(
    ("config_type", "layers"),
    [
        (IMAGE_CONFIG, [descriptor(b"a layer", "application/vnd.oci.image.layer.v1.tar")]),
        ("application/vnd.cncf.helm.config.v1+json", [descriptor(b"a layer", "a/b")]),
        # A client that takes the first layer, or the one with the right name, would find a SIF.
        (SIF_CONFIG, [descriptor(PLAIN, SIF_LAYER), descriptor(b"a layer", "a/b")]),
        (SIF_CONFIG, [descriptor(PLAIN, SIF_LAYER.upper())]),
        (SIF_CONFIG, []),
    ],
)
def test_what_is_no_sif_is_refused(ada, demand, config_type, layers):
    demand()
    push_blobs(ada, PLAIN, EMPTY, b"a layer")
    body = manifest_of(descriptor(EMPTY, config_type), layers)

    for reference in ("1", digest_of(body)):
        assert refusal_of(ada, reference, body) == (
            "ada/safe takes only images that are signed, and this manifest is of no SIF image"
        )


def test_what_refers_to_an_image_is_taken_without_a_tag(ada, stranger, demand):
    demand()
    ada.push_sif(SAFE, "1", SIGNED)
    subject = as_entry(ada.manifest(SAFE, "1").body)
    push_blobs(ada, EMPTY, b"a signature")
    body = manifest_of(
        descriptor(EMPTY, EMPTY_TYPE),
        [descriptor(b"a signature", "a/b")],
        artifactType="application/vnd.example.signature",
        subject=subject,
    )

    for reference in ("evil", f"{digest_of(body)}?tag=evil"):
        assert refusal_of(ada, reference, body) == (
            "ada/safe takes only images that are signed: what refers to one gets no tag"
        )
    ada.push_manifest(SAFE, digest_of(body), body)

    listed = stranger.get(f"/v2/{SAFE}/referrers/{subject['digest']}", status=200).json
    assert digest_of(body) in [one["digest"] for one in listed["manifests"]]
    elsewhere = {**subject, "digest": digest_of(b"elsewhere")}
    stray = manifest_of(
        descriptor(EMPTY, EMPTY_TYPE), [descriptor(b"a signature", "a/b")], subject=elsewhere
    )
    assert "has no manifest sha256:" in refusal_of(ada, digest_of(stray), stray)


def test_a_sif_that_names_a_subject_is_still_judged(ada, demand):
    demand()
    ada.push_sif(SAFE, "1", SIGNED)
    subject = as_entry(ada.manifest(SAFE, "1").body)
    push_blobs(ada, PLAIN)
    body = sif_manifest(PLAIN, subject=subject)

    assert "has no signature" in refusal_of(ada, digest_of(body), body)


def test_a_revoked_key_closes_the_door_for_oci_clients_too(registry, ada, demand):
    demand()
    ada.push_sif(SAFE, "1", SIGNED)
    body = ada.manifest(SAFE, "1").body
    with registry.parts.unit()() as services:
        services.keys.add(KEY.revoked().public.encode())

    push_blobs(ada, ARM)
    assert "was revoked" in refusal_of(ada, "2", sif_manifest(ARM))
    registry.run_jobs()
    assert "was revoked" in refusal_of(ada, "2", body)


def test_a_collection_without_a_demand_takes_everything(ada, demand):
    ada.push_sif(SAFE, "1", PLAIN)
    ada.push_artifact(SAFE, "2", config_type=IMAGE_CONFIG)
    ada.push_manifest(SAFE, "3", index_of([]))
