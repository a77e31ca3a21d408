"""Images: listed, shown with what they say of themselves, described, deleted, downloaded."""

import hashlib

import pytest

from sregistry_core.testing.sif_files import make_sif

BLAST = "/api/v1/containers/ada/lab/blast"
IMAGE = make_sif(
    labels={"org.example": "blast"},
    definition="bootstrap: docker\nfrom: alpine\n",
    runscript="#!/bin/sh\nblastn",
    attributes={
        "helpfile": "finds things",
        "environment": {"/.singularity.d/env/90-environment.sh": "export A=1"},
        "apps": {"tool": {"helpfile": "an app", "labels": {"of": "the app"}}},
    },
    signed_by=["a" * 40],
    sbom=b"{}",
)
DIGEST = f"sha256:{hashlib.sha256(IMAGE).hexdigest()}"


@pytest.fixture
def blast(registry, ada):
    ada.push("ada/lab/blast:1", IMAGE, tags="latest")
    registry.run_jobs()
    return BLAST


def test_an_image_is_shown_with_all_that_its_file_says(ada, blast, stranger):
    image = stranger.get(f"{blast}/images/1", status=200).json

    assert image["container"] == "ada/lab/blast"
    assert (image["digest"], image["size"]) == (DIGEST, len(IMAGE))
    assert (image["arch"], image["kind"], image["signed"]) == ("amd64", "sif", True)
    assert image["tags"] == ["1", "latest"]
    assert image["opaque_because"] is None
    found = image["inspection"]
    assert found["labels"] == {"org.example": "blast"}
    assert found["definition"].startswith("bootstrap: docker")
    assert found["runscript"].endswith("blastn")
    assert found["help"] == "finds things"
    assert list(found["environment"].values()) == ["export A=1"]
    assert found["apps"]["tool"]["help"] == "an app"
    assert found["signatures"][0]["fingerprint"] == "A" * 40
    assert found["sbom"]["format"] == "cyclonedx-json"
    assert found["created"] == "2023-11-14T22:13:20Z"
    assert {one["type"] for one in found["objects"]} >= {"partition", "signature"}
    assert stranger.get(f"{blast}/images/{DIGEST}", status=200).json == image


def test_an_image_that_nobody_has_looked_into_says_so(ada):
    ada.push("ada/lab/blast:1", IMAGE)

    image = ada.get(f"{BLAST}/images/latest", expect_errors=True)
    assert image.status_int == 404
    image = ada.get(f"{BLAST}/images/1", status=200).json

    assert image["kind"] is None
    assert image["inspected_at"] is None
    assert image["inspection"] is None


def test_an_image_that_cannot_be_read_says_why(registry, ada):
    ada.push("ada/lab/blast:1", b"this is no image at all")
    registry.run_jobs()

    image = ada.get(f"{BLAST}/images/1", status=200).json

    assert image["kind"] == "opaque"
    assert image["opaque_because"].startswith("this is no image")
    assert image["inspection"] is None


def test_a_tag_has_an_image_for_each_architecture(ada):
    for arch in ("amd64", "arm64"):
        ada.push("ada/lab/blast:1", make_sif(arch=arch), arch=arch)

    usual = ada.get(f"{BLAST}/images/1", status=200).json
    other = ada.get(f"{BLAST}/images/1?arch=ARM64", status=200).json

    assert (usual["arch"], other["arch"]) == ("amd64", "arm64")
    ada.get(f"{BLAST}/images/1?arch=s390x", status=404)
    ada.get(f"{BLAST}/images/1?arch=a b", status=400)


def test_images_come_in_pages(ada):
    digests = set()
    for number in range(5):
        image = make_sif(labels={"number": str(number)})
        ada.push(f"ada/lab/blast:{number}", image)
        digests.add(f"sha256:{hashlib.sha256(image).hexdigest()}")

    found, query = [], ""
    while query is not None:
        page = ada.get(f"{BLAST}/images?limit=2{query}", status=200).json
        assert len(page["items"]) <= 2
        found += page["items"]
        query = page["next_after"] and f"&after={page['next_after']}"

    assert len(found) == 5
    assert {image["digest"] for image in found} == digests
    assert all(len(image["tags"]) == 1 and "inspection" not in image for image in found)


def test_an_image_is_described_and_deleted_with_its_tags(ada, blast):
    described = ada.patch(f"{blast}/images/1", {"description": "of the paper"}, status=200).json
    assert described["description"] == "of the paper"
    assert described["tags"] == ["1", "latest"]

    ada.delete(f"{blast}/images/1", status=204)

    for reference in ("1", "latest", DIGEST):
        ada.get(f"{blast}/images/{reference}", status=404)
    assert ada.get(f"{blast}/tags").json["items"] == []


def test_the_file_comes_whole_in_ranges_and_not_again(ada, blast, stranger):
    path = f"{blast}/images/latest/file"

    whole = stranger.get(path, status=200)

    assert whole.body == IMAGE
    assert whole.headers["ETag"] == f'"{DIGEST}"'
    ranged = stranger.get(path, headers={"Range": "bytes=10-19"}, status=206)
    assert ranged.body == IMAGE[10:20]
    stranger.get(path, headers={"If-None-Match": whole.headers["ETag"]}, status=304)
    stranger.get(path, headers={"Range": f"bytes={len(IMAGE)}-"}, status=416)
    head = stranger.head(path, status=200)
    assert (head.content_length, head.body) == (len(IMAGE), b"")


def test_the_file_of_a_private_image_is_for_readers(registry, ada, bob, blast, stranger):
    registry.hide("ada/lab")
    path = f"{blast}/images/1/file"

    bob.get(path, status=404)
    stranger.get(path, status=404)
    assert ada.get(path, status=200).body == IMAGE


def test_a_reference_that_is_neither_tag_nor_digest_says_the_rule(ada, blast, refusal):
    no_tag = ada.get(f"{blast}/images/-x", status=400)
    no_digest = ada.get(f"{blast}/images/sha256:12", status=400)

    assert "1 to 128 letters, digits and '_'" in refusal(no_tag)[2]
    assert "64 lower-case hex digits" in refusal(no_digest)[2]


def test_an_image_of_another_container_is_not_found_here(ada, bob, blast):
    bob.push("bob/lab/blast:1", make_sif(labels={"of": "bob"}))

    bob.get(f"/api/v1/containers/bob/lab/blast/images/{DIGEST}", status=404)
    bob.put("/api/v1/containers/bob/lab/blast/tags/1", {"digest": DIGEST}, status=404)
