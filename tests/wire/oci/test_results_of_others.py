"""Results of verifications that clients bring: forged ones, copies, the word of others."""

import json
from datetime import timedelta

import pytest

from sregistry_core.models import Image
from sregistry_core.names import CollectionName
from sregistry_core.testing.oci import (
    EMPTY,
    EMPTY_TYPE,
    OCI_MANIFEST,
    OciClient,
    code_of,
    descriptor,
    digest_of,
    manifest_of,
)

from .verified_images import (
    BLAST,
    HOME,
    KEY,
    RESULT,
    SIGNED,
    VERIFICATION,
    VERIFIER,
    add_key,
    results,
)


@pytest.fixture
def pushed(registry, ada):
    """A signed image, whose key is held, and the digest of its manifest."""
    add_key(registry, KEY)
    digest = ada.push_sif(BLAST, "1", SIGNED)
    registry.run_jobs()
    return digest


def forged(person, subject_digest, *, artifact_type=RESULT, verifier=HOME, says="verified"):
    """Push what a result needs; give a manifest that looks like one."""
    subject = descriptor(person.manifest(BLAST, subject_digest).body, OCI_MANIFEST)
    person.push_blob(BLAST, b"a lie")
    return manifest_of(
        descriptor(EMPTY, EMPTY_TYPE),
        [descriptor(b"a lie", "application/vnd.in-toto+json")],
        artifactType=artifact_type,
        subject=subject,
        annotations={VERIFIER: verifier, VERIFICATION: says},
    )


@pytest.mark.parametrize("verifier", [HOME, f"{HOME}/", "HTTP://Registry.Test", f" {HOME}"])
def test_nobody_speaks_for_the_registry(ada, stranger, pushed, verifier):
    body = forged(ada, pushed, verifier=verifier)

    for reference in (digest_of(body), "1.0"):
        answer = ada.push_manifest(BLAST, reference, body, status=403)
        assert code_of(answer) == "DENIED"
        assert answer.json["errors"][0]["message"] == (
            f"what the signatures of an image are worth {HOME} says itself: leave out the"
            f" manifest {digest_of(body)}"
        )
    [result] = results(stranger, pushed)
    assert result["digest"] != digest_of(body)


def test_the_type_of_the_config_is_no_way_around(ada, pushed):
    members = json.loads(forged(ada, pushed))
    del members["artifactType"]
    members["config"]["mediaType"] = RESULT
    body = json.dumps(members).encode()

    ada.push_manifest(BLAST, digest_of(body), body, status=403)


def test_what_another_registry_has_said_is_kept_as_its_word(ada, stranger, pushed):
    body = forged(ada, pushed, verifier="https://elsewhere.example.org")
    ada.push_manifest(BLAST, digest_of(body), body)

    said = {one["annotations"][VERIFIER]: one["digest"] for one in results(stranger, pushed)}

    assert set(said) == {HOME, "https://elsewhere.example.org"}
    assert said[HOME] != digest_of(body)


def copy_all(person: OciClient, source, target, digest):
    """Copy an image with its referrers, as `oras copy --recursive` does, token by token."""
    both = person.log_in(f"repository:{source}:pull", f"repository:{target}:pull,push")
    there = person.log_in(f"repository:{target}:pull,push")

    def copy(one):
        body = person.manifest(source, one).body
        document = json.loads(body)
        for part in [document["config"], *document["layers"]]:
            both.post(
                f"/v2/{target}/blobs/uploads/?mount={part['digest']}&from={source}", status=201
            )
        return there.push_manifest(target, one, body)

    copy(digest)
    for one in person.get(f"/v2/{source}/referrers/{digest}").json["manifests"]:
        copy(one["digest"])


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("demanding", [False, True])
def test_a_copy_within_the_registry_brings_it_along(registry, ada, pushed, private, demanding):
    [original] = results(ada, pushed)
    with registry.parts.unit()() as services:
        lab = services.catalog.collection(CollectionName("ada", "lab"))
        services.catalog.change_collection(lab, private=private)
        other = services.catalog.create_collection(services.catalog.entity("ada"), "other")
        services.signers.change(other, require_signed=demanding)
    registry.clock.move(timedelta(hours=1))

    copy_all(ada, BLAST, "ada/other/blast", pushed)

    assert results(ada, pushed, "ada/other/blast") == [original]
    registry.clock.move(timedelta(hours=1))
    registry.run_jobs()
    assert results(ada, pushed, "ada/other/blast") == [original]


def test_a_copy_may_bring_it_to_bytes_that_were_verified_at_another_time(
    registry, ada, stranger, pushed
):
    ada.push_sif("ada/other/blast", "1", SIGNED)
    with registry.parts.unit()() as services:
        for image in services.db.query(Image):
            if image.container.collection.name == "other":
                image.verdict_since += timedelta(hours=1)
    [original], [other] = results(stranger, pushed), results(stranger, pushed, "ada/other/blast")
    assert original["digest"] != other["digest"]

    copy_all(ada, BLAST, "ada/other/blast", pushed)

    assert results(stranger, pushed, "ada/other/blast") == [original]


def test_the_verdict_on_hidden_bytes_is_not_told(registry, ada, bob, pushed):
    registry.hide("ada/lab")

    digest = bob.push_sif("bob/lab/blast", "1", SIGNED)

    assert results(bob, digest, "bob/lab/blast") == []
    registry.run_jobs()
    assert len(results(bob, digest, "bob/lab/blast")) == 1
