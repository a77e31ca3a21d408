"""What was found when the signatures of an image were verified, published as a referrer."""

import json
from datetime import timedelta
from urllib.parse import quote

import pytest

from sregistry_core.jobs.sweeping import sweep
from sregistry_core.models import Image, Manifest
from sregistry_core.testing.oci import (
    EMPTY,
    EMPTY_TYPE,
    OCI_MANIFEST,
    descriptor,
    digest_of,
    manifest_of,
)
from sregistry_core.testing.pgp import Key
from sregistry_core.testing.signed_sif import sign_sif

from .verified_images import (
    BLAST,
    HOME,
    KEY,
    OTHER,
    PLAIN,
    RESULT,
    SIGNED,
    VERIFICATION,
    VERIFIER,
    add_key,
    results,
    statement_of,
)


@pytest.fixture
def pushed(registry, ada):
    """A signed image, whose key is held, and the digest of its manifest."""
    add_key(registry, KEY)
    digest = ada.push_sif(BLAST, "1", SIGNED)
    registry.run_jobs()
    return digest


def test_a_verified_image_has_a_referrer_that_says_so(registry, stranger, pushed):
    [result] = results(stranger, pushed)

    assert (result["mediaType"], result["artifactType"]) == (OCI_MANIFEST, RESULT)
    assert result["annotations"] == {VERIFIER: HOME, VERIFICATION: "verified"}
    document = json.loads(stranger.manifest(BLAST, result["digest"]).body)
    subject = stranger.manifest(BLAST, pushed).body
    assert document["subject"] == descriptor(subject, OCI_MANIFEST)
    assert statement_of(stranger, result) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": digest_of(SIGNED).removeprefix("sha256:")}}],
        "predicateType": "https://in-toto.io/attestation/svr/v0.1",
        "predicate": {
            "verifier": {"id": HOME},
            "timeCreated": f"{registry.clock.now:%Y-%m-%dT%H:%M:%SZ}",
            "properties": [
                "SREGISTRY_SIGNATURES_VERIFIED",
                f"SREGISTRY_SIGNED_BY_{KEY.fingerprint}",
            ],
            "verification": "verified",
            "signatures": [
                {
                    "object_id": 4,
                    "format": "pgp",
                    "fingerprint": KEY.fingerprint,
                    "signer": "Ada <ada@example.org>",
                    "state": "verified",
                    "reason": None,
                    "covers_all": True,
                }
            ],
        },
    }


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (PLAIN, "none"),
        (sign_sif(PLAIN, OTHER), "unknown_key"),
        (sign_sif(PLAIN, KEY, only=[1]), "bad"),
    ],
)
def test_what_is_not_verified_says_that(registry, ada, stranger, image, expected):
    add_key(registry, KEY)
    digest = ada.push_sif(BLAST, "1", image)
    registry.run_jobs()

    [result] = results(stranger, digest)

    assert result["annotations"][VERIFICATION] == expected
    predicate = statement_of(stranger, result)["predicate"]
    assert (predicate["verification"], predicate["properties"]) == (expected, [])


def test_an_image_pushed_by_library_has_one_as_well(registry, ada, stranger):
    add_key(registry, KEY)
    ada.push(f"{BLAST}:1", SIGNED)
    registry.run_jobs()
    manifest = stranger.manifest(BLAST, "1").body

    [result] = results(stranger, digest_of(manifest))

    assert result["annotations"][VERIFICATION] == "verified"
    # What is found later changes nothing in the manifest of the image.
    add_key(registry, KEY.revoked())
    assert stranger.manifest(BLAST, "1").body == manifest


def test_nothing_is_said_before_anything_is_known_and_of_what_is_no_image(registry, ada):
    digest = ada.push_sif(BLAST, "1", SIGNED)
    other = ada.push_artifact(BLAST, "2")

    assert results(ada, digest) == results(ada, other) == []
    registry.run_jobs()

    assert len(results(ada, digest)) == 1
    assert results(ada, other) == results(ada, digest_of(b"nothing")) == []


def test_it_is_listed_among_the_others_and_filtered_as_they_are(ada, stranger, pushed):
    subject = descriptor(ada.manifest(BLAST, pushed).body, OCI_MANIFEST)
    ada.push_blob(BLAST, b"x")
    body = manifest_of(
        descriptor(EMPTY, EMPTY_TYPE),
        [descriptor(b"x", "a/b")],
        artifactType="application/vnd.example.sbom",
        subject=subject,
    )
    ada.push_manifest(BLAST, digest_of(body), body)
    path = f"/v2/{BLAST}/referrers/{pushed}"

    whole = stranger.get(path, status=200).json["manifests"]
    sboms = stranger.get(f"{path}?artifactType=application/vnd.example.sbom", status=200).json

    assert {one["artifactType"] for one in whole} == {RESULT, "application/vnd.example.sbom"}
    assert [one["digest"] for one in sboms["manifests"]] == [digest_of(body)]
    assert [one["digest"] for one in whole] == sorted(one["digest"] for one in whole)


def test_a_plus_sign_in_the_type_may_be_quoted(stranger, pushed):
    path = f"/v2/{BLAST}/referrers/{pushed}?artifactType={quote(RESULT, safe='')}"

    assert stranger.get(path, status=200).json["manifests"] == results(stranger, pushed)


def test_it_is_the_same_until_something_else_is_found(registry, stranger, pushed):
    first = results(stranger, pushed)
    registry.clock.move(timedelta(hours=3))
    add_key(registry, OTHER)
    add_key(registry, KEY.with_user_id("Ada <ada@lab.example.org>"))

    assert results(stranger, pushed) == first
    statement_of(stranger, first[0])


def test_one_that_is_true_no_more_is_replaced_by_one(registry, stranger, pushed):
    [old] = results(stranger, pushed)
    add_key(registry, KEY.revoked())

    # At once, and before anybody asks for the new one.
    stranger.manifest(BLAST, old["digest"], status=404)
    [new] = results(stranger, pushed)

    assert new["annotations"][VERIFICATION] == "bad"
    [signature] = statement_of(stranger, new)["predicate"]["signatures"]
    assert signature["reason"] == f"the key {KEY.fingerprint} was revoked"
    with registry.parts.unit()() as services:
        kept = services.db.query(Manifest).filter(Manifest.artifact_type == RESULT).all()
        assert [one.digest for one in kept] == [new["digest"]]


def test_a_key_that_comes_and_one_that_expires_are_followed(registry, ada, stranger):
    key = Key.make("Old <old@example.org>", lifetime_seconds=7200)
    digest = ada.push_sif(BLAST, "1", sign_sif(PLAIN, key))
    registry.run_jobs()
    said = [one["annotations"][VERIFICATION] for one in results(stranger, digest)]

    add_key(registry, key)
    said += [one["annotations"][VERIFICATION] for one in results(stranger, digest)]
    registry.parts.jobs.look_for_work()
    registry.clock.move(timedelta(hours=3))
    registry.parts.jobs.look_for_work()
    registry.run_jobs()
    said += [one["annotations"][VERIFICATION] for one in results(stranger, digest)]

    assert said == ["unknown_key", "verified", "bad"]


def test_it_goes_with_the_image(registry, ada, stranger, pushed):
    [result] = results(stranger, pushed)

    ada.delete(f"/v2/{BLAST}/manifests/{pushed}", status=202)

    assert results(stranger, pushed) == []
    stranger.manifest(BLAST, result["digest"], status=404)
    with registry.parts.unit()() as services:
        assert services.db.query(Manifest).count() == 0


def test_each_manifest_of_an_image_has_its_own(registry, ada, stranger, pushed):
    body = json.loads(ada.manifest(BLAST, pushed).body)
    other = json.dumps({**body, "annotations": {"a": "b"}}).encode()
    ada.push_manifest(BLAST, digest_of(other), other)

    [first], [second] = results(stranger, pushed), results(stranger, digest_of(other))
    assert first["digest"] != second["digest"]

    ada.delete(f"/v2/{BLAST}/manifests/{pushed}", status=202)
    stranger.manifest(BLAST, first["digest"], status=404)
    assert results(stranger, digest_of(other)) == [second]


def test_garbage_collection_keeps_it_while_it_is_current(registry, ada, stranger, pushed):
    [old] = results(stranger, pushed)
    old_layer = json.loads(stranger.manifest(BLAST, old["digest"]).body)["layers"][0]["digest"]

    def collect():
        registry.clock.move(timedelta(days=30))
        registry.run_jobs()
        grace = timedelta(hours=1)
        for _ in range(2):
            list(sweep(registry.parts.unit(), registry.parts.facilities, grace=grace))
            registry.clock.move(timedelta(days=1))

    collect()
    assert results(stranger, pushed) == [old]
    statement_of(stranger, old)

    add_key(registry, KEY.revoked())
    [new] = results(stranger, pushed)
    collect()
    statement_of(stranger, new)
    stranger.blob(BLAST, old_layer, status=404)


def test_it_gets_no_tag(ada, stranger, pushed):
    [result] = results(stranger, pushed)
    body = stranger.manifest(BLAST, result["digest"]).body

    ada.push_manifest(BLAST, "result", body, status=403)
    ada.push_manifest(BLAST, result["digest"], body, status=201)

    assert results(stranger, pushed) == [result]
    assert stranger.tags(BLAST) == ["1"]


def test_one_that_is_deleted_is_made_again(ada, stranger, pushed):
    before = results(stranger, pushed)

    ada.delete(f"/v2/{BLAST}/manifests/{before[0]['digest']}", status=202)

    assert results(stranger, pushed) == before
    stranger.manifest(BLAST, pushed, status=200)


def test_to_pull_it_is_no_pull_of_the_image(registry, ada, stranger, pushed):
    with registry.parts.unit()() as services:
        container_id = services.db.query(Image).one().container_id
    [result] = results(stranger, pushed)
    counted = []
    tally = registry.parts.facilities.tally
    tally.count_pull = lambda *said: counted.append(said)
    try:
        statement_of(stranger, result)
        assert counted == []
        stranger.blob(BLAST, digest_of(SIGNED), status=200)
    finally:
        del tally.count_pull
    assert [said[0] for said in counted] == [container_id]


def test_a_hidden_repository_tells_nothing(registry, bob, ada, pushed):
    [result] = results(ada, pushed)
    registry.hide("ada/lab")

    assert results(bob, pushed) == []
    bob.manifest(BLAST, result["digest"], status=404)
