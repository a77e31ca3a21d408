"""Manifests: taken byte for byte, refused when they are not right, and what they refer to."""

import json

import pytest

from sregistry_core.testing.oci import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    EMPTY,
    EMPTY_TYPE,
    OCI_INDEX,
    OCI_MANIFEST,
    SIF_LAYER,
    code_of,
    descriptor,
    digest_of,
    index_of,
    manifest_of,
)

REPOSITORY = "ada/lab/box"
LAYER = b"a layer"


@pytest.fixture
def pushed(ada):
    """The blobs that the manifests below name."""
    for content in (LAYER, EMPTY):
        ada.push_blob(REPOSITORY, content)
    return ada


def usual(**more):
    return manifest_of(descriptor(EMPTY, EMPTY_TYPE), [descriptor(LAYER, "a/layer")], **more)


def changed(**members):
    """The usual manifest with other members; None leaves one out."""
    document = {**json.loads(usual()), **members}
    return json.dumps({name: value for name, value in document.items() if value is not None})


def test_a_manifest_comes_back_byte_for_byte(pushed):
    body = usual(**{"x-unknown": [1, 2.50, "é"], "annotations": {"a": "b"}}).replace(b",", b" ,\n")

    answer = pushed.push_manifest(REPOSITORY, "1", body)

    assert answer.headers["Location"] == f"/v2/{REPOSITORY}/manifests/{digest_of(body)}"
    assert answer.headers["Docker-Content-Digest"] == digest_of(body)
    assert "OCI-Subject" not in answer.headers
    for reference in ("1", digest_of(body)):
        found = pushed.manifest(REPOSITORY, reference, status=200)
        assert found.body == body
        assert found.headers["Content-Type"] == OCI_MANIFEST
        head = pushed.head(f"/v2/{REPOSITORY}/manifests/{reference}", status=200)
        assert head.headers["Content-Length"] == str(len(body))
        assert head.headers["Docker-Content-Digest"] == digest_of(body)
        assert head.headers["Content-Type"] == OCI_MANIFEST


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_manifest_pushed_by_digest_may_bring_tags(pushed, algorithm):
    body = usual()
    digest = digest_of(body, algorithm)

    answer = pushed.push_manifest(REPOSITORY, f"{digest}?tag=1&tag=1.0&tag=latest", body)

    assert answer.headers["OCI-Tag"] == "1, 1.0, latest"
    assert pushed.tags(REPOSITORY) == ["1", "1.0", "latest"]
    for reference in ("1", "1.0", "latest", digest):
        found = pushed.manifest(REPOSITORY, reference, status=200)
        assert found.headers["Docker-Content-Digest"] == digest
    pushed.delete(f"/v2/{REPOSITORY}/manifests/{digest}", status=202)
    assert pushed.tags(REPOSITORY) == []


def test_many_tags_at_once_are_refused_beyond_a_limit(pushed):
    tags = "&".join(f"tag=t{number}" for number in range(101))

    refused = pushed.push_manifest(REPOSITORY, f"{digest_of(usual())}?{tags}", usual(), status=400)

    assert code_of(refused) == "MANIFEST_INVALID"
    assert pushed.tags(REPOSITORY) == []


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", OCI_MANIFEST),
        ("no json", OCI_MANIFEST),
        ("[]", OCI_MANIFEST),
        ("[" * 50_000, OCI_MANIFEST),
        ('{"schemaVersion":' + "9" * 10_000 + "}", OCI_MANIFEST),
        ("\xff\xfe", OCI_MANIFEST),
        ("{}", OCI_MANIFEST),
        (usual().decode(), OCI_INDEX),
        (usual().decode(), DOCKER_MANIFEST),
        (usual().decode(), "application/json"),
        (usual().decode(), "text/plain"),
        (changed(mediaType="application/vnd.example"), "application/vnd.example"),
        (changed(mediaType=None), ""),
        (changed(mediaType=None), "application/vnd.docker.distribution.manifest.v1+json"),
        (changed(mediaType=7), OCI_MANIFEST),
        (changed(schemaVersion=1), OCI_MANIFEST),
        (changed(config=None), OCI_MANIFEST),
        (changed(config=[]), OCI_MANIFEST),
        (changed(layers={}), OCI_MANIFEST),
        (changed(layers=["x"]), OCI_MANIFEST),
        (changed(layers=[{"mediaType": "a/b", "size": 1}]), OCI_MANIFEST),
        (changed(layers=[{**descriptor(LAYER), "size": -1}]), OCI_MANIFEST),
        (changed(layers=[{**descriptor(LAYER), "size": "7"}]), OCI_MANIFEST),
        (changed(layers=[{**descriptor(LAYER), "size": 1 << 70}]), OCI_MANIFEST),
        (changed(layers=[{**descriptor(LAYER), "digest": "sha256:x"}]), OCI_MANIFEST),
        (changed(layers=[{**descriptor(LAYER), "digest": ["x"]}]), OCI_MANIFEST),
        (changed(layers=[{**descriptor(LAYER), "mediaType": {}}]), OCI_MANIFEST),
        (changed(manifests=[]), OCI_MANIFEST),
        (changed(manifests=[descriptor(LAYER)]), OCI_MANIFEST),
        (changed(Manifests=[descriptor(LAYER)]), OCI_MANIFEST),
        (changed(MediaType=OCI_INDEX), OCI_MANIFEST),
        (changed(subject="x"), OCI_MANIFEST),
        (changed(subject={**descriptor(LAYER), "digest": "x"}), OCI_MANIFEST),
        (changed(annotations=[]), OCI_MANIFEST),
        (changed(annotations={"a": 1}), OCI_MANIFEST),
        (changed(artifactType=1), OCI_MANIFEST),
        (changed(artifactType="a" * 300), OCI_MANIFEST),
        (changed(artifactType="\ud800"), OCI_MANIFEST),
        (index_of([descriptor(LAYER)], layers=[descriptor(LAYER)]).decode(), OCI_INDEX),
        (index_of([descriptor(LAYER)], config=descriptor(LAYER)).decode(), OCI_INDEX),
        (changed(layers=[descriptor(LAYER)] * 10_001), OCI_MANIFEST),
    ],
)
def test_a_document_that_cannot_be_is_refused(pushed, body, content_type):
    raw = body.encode("latin-1") if body == "\xff\xfe" else body.encode("utf-8", "surrogatepass")

    refused = pushed.put(
        f"/v2/{REPOSITORY}/manifests/1",
        raw,
        headers={"Content-Type": content_type},
        status=400,
    )

    assert code_of(refused) == "MANIFEST_INVALID"
    assert pushed.tags(REPOSITORY) == []


@pytest.mark.parametrize(
    "content_type", [f"{OCI_MANIFEST}; charset=utf-8", OCI_MANIFEST.upper(), f" {OCI_MANIFEST} "]
)
def test_parameters_of_the_type_are_passed_over(pushed, content_type):
    pushed.push_manifest(REPOSITORY, "1", usual(), media_type=content_type)

    assert pushed.manifest(REPOSITORY, "1").headers["Content-Type"] == OCI_MANIFEST


@pytest.mark.parametrize("media_type", [DOCKER_MANIFEST, DOCKER_LIST])
def test_documents_of_docker_are_taken(pushed, media_type):
    if media_type == DOCKER_LIST:
        body = index_of([descriptor(usual(), OCI_MANIFEST)]).replace(
            OCI_INDEX.encode(), media_type.encode()
        )
    else:
        body = usual().replace(OCI_MANIFEST.encode(), media_type.encode())

    pushed.push_manifest(REPOSITORY, "1", body, media_type=media_type)

    assert pushed.manifest(REPOSITORY, "1").headers["Content-Type"] == media_type


def test_a_manifest_has_a_size_of_four_mebibytes_at_most(pushed):
    frame = len(usual(annotations={"a": ""}))
    largest = usual(annotations={"a": "x" * ((4 << 20) - frame)})
    assert len(largest) == 4 << 20

    pushed.push_manifest(REPOSITORY, "1", largest)
    refused = pushed.push_manifest(REPOSITORY, "2", largest + b" ", status=413)

    assert code_of(refused) == "SIZE_INVALID"
    assert pushed.manifest(REPOSITORY, "1").body == largest


@pytest.mark.parametrize("missing", ["config", "sif"])
def test_blobs_that_are_missing_are_named(pushed, missing):
    absent = descriptor(b"not here", SIF_LAYER if missing == "sif" else EMPTY_TYPE)
    members = {"config": absent} if missing == "config" else {"layers": [absent]}

    refused = pushed.put(
        f"/v2/{REPOSITORY}/manifests/1",
        changed(**members).encode(),
        headers={"Content-Type": OCI_MANIFEST},
        status=400,
    )

    assert code_of(refused) == "MANIFEST_BLOB_UNKNOWN"
    assert absent["digest"] in refused.text


def test_a_blob_of_another_repository_is_not_here(pushed, bob):
    bob.push_blob("bob/lab/box", EMPTY)
    body = manifest_of(descriptor(EMPTY, EMPTY_TYPE), [descriptor(LAYER, SIF_LAYER)])

    refused = bob.push_manifest("bob/lab/box", "1", body, status=400)

    assert code_of(refused) == "MANIFEST_BLOB_UNKNOWN"


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_manifest_with_another_digest_is_refused(pushed, algorithm):
    refused = pushed.push_manifest(REPOSITORY, digest_of(b"else", algorithm), usual(), status=400)

    assert code_of(refused) == "DIGEST_INVALID"


@pytest.mark.parametrize("tag", [".a", "-a", "a" * 129, "a b", "sha256." + "0" * 64, "a+b", "é"])
def test_a_tag_outside_the_rule_is_refused_and_is_never_there(pushed, tag):
    from urllib.parse import quote

    path = f"/v2/{REPOSITORY}/manifests/{quote(tag)}"
    refused = pushed.put(path, usual(), headers={"Content-Type": OCI_MANIFEST}, status=400)

    assert code_of(refused) == "MANIFEST_INVALID"
    assert code_of(pushed.get(path, status=404)) == "MANIFEST_UNKNOWN"


def test_cosign_tags_are_tags(pushed):
    tag = f"sha256-{'0' * 64}.sig"
    pushed.push_manifest(REPOSITORY, tag, usual())

    assert pushed.tags(REPOSITORY) == [tag]


def test_a_client_that_takes_no_index_gets_the_manifest_for_amd64(pushed):
    arm, amd = usual(annotations={"arch": "arm64"}), usual(annotations={"arch": "amd64"})
    for body in (arm, amd):
        pushed.push_manifest(REPOSITORY, digest_of(body), body)
    index = index_of(
        [
            descriptor(arm, OCI_MANIFEST, platform={"architecture": "arm64", "os": "linux"}),
            descriptor(amd, OCI_MANIFEST, platform={"architecture": "amd64", "os": "linux"}),
        ]
    )
    pushed.push_manifest(REPOSITORY, "1", index)

    for accept, expected in (
        ("", index),
        ("*/*", index),
        (OCI_INDEX, index),
        (f"{OCI_MANIFEST}, {OCI_INDEX}", index),
        (f"{DOCKER_LIST};q=0.5", index),
        (OCI_MANIFEST, amd),
        (f"{DOCKER_MANIFEST},{OCI_MANIFEST}", amd),
    ):
        answer = pushed.manifest(REPOSITORY, "1", headers={"Accept": accept} if accept else {})
        assert answer.body == expected, accept
    by_digest = pushed.manifest(REPOSITORY, digest_of(index), headers={"Accept": OCI_MANIFEST})
    assert by_digest.body == index


def test_referrers_are_listed_with_type_and_annotations(pushed):
    subject = usual()
    named = usual(subject=descriptor(subject, OCI_MANIFEST), artifactType="a/signature",
                  annotations={"by": "ada"})  # fmt: skip
    unnamed = usual(subject=descriptor(subject, OCI_MANIFEST))
    index = index_of([], subject=descriptor(subject, OCI_MANIFEST))
    for body in (named, unnamed, index):
        answer = pushed.push_manifest(REPOSITORY, digest_of(body), body)
        assert answer.headers["OCI-Subject"] == digest_of(subject)

    answer = pushed.get(f"/v2/{REPOSITORY}/referrers/{digest_of(subject)}", status=200)

    assert answer.headers["Content-Type"] == OCI_INDEX
    assert "OCI-Filters-Applied" not in answer.headers
    assert answer.json["schemaVersion"] == 2
    assert answer.json["mediaType"] == OCI_INDEX
    listed = {one["digest"]: one for one in answer.json["manifests"]}
    assert listed == {
        digest_of(named): {
            **descriptor(named, OCI_MANIFEST),
            "artifactType": "a/signature",
            "annotations": {"by": "ada"},
        },
        digest_of(unnamed): {**descriptor(unnamed, OCI_MANIFEST), "artifactType": EMPTY_TYPE},
        digest_of(index): descriptor(index, OCI_INDEX),
    }


def test_referrers_are_filtered_by_type(pushed):
    subject = descriptor(usual(), OCI_MANIFEST)
    for number in range(4):
        body = usual(
            subject=subject, artifactType=f"a/b{number % 2}", annotations={"n": f"{number}"}
        )
        pushed.push_manifest(REPOSITORY, digest_of(body), body)

    path = f"/v2/{REPOSITORY}/referrers/{subject['digest']}"
    answer = pushed.get(f"{path}?artifactType=a/b1", status=200)

    assert answer.headers["OCI-Filters-Applied"] == "artifactType"
    assert [one["artifactType"] for one in answer.json["manifests"]] == ["a/b1", "a/b1"]
    assert pushed.get(f"{path}?artifactType=a/none").json["manifests"] == []


def test_a_long_list_of_referrers_has_pages(pushed, monkeypatch):
    from sregistry_core.protocols.oci import listing_views

    monkeypatch.setattr(listing_views, "_REFERRERS", 3)
    subject = descriptor(usual(), OCI_MANIFEST)
    digests = set()
    for number in range(10):
        body = usual(subject=subject, artifactType="a/b", annotations={"n": str(number)})
        pushed.push_manifest(REPOSITORY, digest_of(body), body)
        digests.add(digest_of(body))

    path, found = f"/v2/{REPOSITORY}/referrers/{subject['digest']}?artifactType=a/b", []
    while path:
        answer = pushed.get(path, status=200)
        found += [one["digest"] for one in answer.json["manifests"]]
        path = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")

    assert sorted(found) == sorted(digests)


def test_a_referrer_that_is_deleted_is_not_listed(pushed):
    subject = usual()
    body = usual(subject=descriptor(subject, OCI_MANIFEST))
    pushed.push_manifest(REPOSITORY, digest_of(body), body)

    pushed.delete(f"/v2/{REPOSITORY}/manifests/{digest_of(body)}", status=202)

    answer = pushed.get(f"/v2/{REPOSITORY}/referrers/{digest_of(subject)}", status=200)
    assert answer.json["manifests"] == []


@pytest.mark.parametrize("digest", ["x", "sha256:x", "1", "sha256:" + "G" * 64])
def test_referrers_of_what_is_no_digest_are_refused(pushed, digest):
    assert code_of(pushed.get(f"/v2/{REPOSITORY}/referrers/{digest}", status=400)) == (
        "DIGEST_INVALID"
    )


def test_nested_indexes_that_share_children_cost_what_they_hold(pushed):
    """zot 120c200: deep graphs with shared children blew up."""
    body = usual()
    pushed.push_manifest(REPOSITORY, digest_of(body), body)
    media_type = OCI_MANIFEST
    for depth in range(30):
        body = index_of([descriptor(body, media_type)] * 5, annotations={"depth": str(depth)})
        media_type = OCI_INDEX
        pushed.push_manifest(REPOSITORY, digest_of(body), body)
    pushed.push_manifest(REPOSITORY, "deep", body)

    assert pushed.manifest(REPOSITORY, "deep", headers={"Accept": OCI_MANIFEST}).body == body
    pushed.delete(f"/v2/{REPOSITORY}/manifests/{digest_of(body)}", status=202)


def test_an_index_cannot_name_itself_and_need_not_be_whole(pushed):
    index = index_of([{**descriptor(b"nowhere", OCI_MANIFEST), "size": 0}])

    pushed.push_manifest(REPOSITORY, "1", index)

    assert pushed.manifest(REPOSITORY, "1").body == index


def test_listeners_hear_of_artifacts_and_images(make_registry):
    from sregistry_core.models import Outbox
    from sregistry_core.testing.oci import OciClient
    from sregistry_core.testing.sif_files import make_sif

    registry = make_registry(protocols="library oci")
    made = registry.user("ada")
    ada = OciClient(made.app, "ada", made.token)
    told = []
    registry.parts.plugins.listeners["ear"] = type("Ear", (), {"notice": told.append})()

    ada.push_sif(REPOSITORY, "1", make_sif())
    digest = ada.push_artifact(REPOSITORY, "2")
    registry.run_jobs()

    kinds = [type(event).__name__ for event in told]
    assert sorted(kinds) == ["ImagePushed", "TagMoved", "TagMoved"]
    [moved] = [event for event in told if getattr(event, "tag", "") == "2"]
    assert (moved.digest, moved.arch, moved.container) == (digest, "", REPOSITORY)
    with registry.parts.unit()() as services:
        assert services.db.query(Outbox).count() == 0
