"""`shub://`: manifests and images, for clients without a login."""

import hashlib

import pytest

from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif()
OTHER = make_sif(labels={"other": "one"})
DIGEST = hashlib.sha256(IMAGE).hexdigest()


@pytest.fixture(autouse=True)
def pushed(ada):
    ada.push("ada/lab/blast:1", IMAGE)
    ada.push("tacc/science/rocks:latest", OTHER)


def test_the_manifest_has_all_that_any_client_reads(stranger):
    manifest = stranger.get("/ada/api/container/lab/blast:1", status=200).json

    assert manifest["image"].startswith("http://registry.test/transfer/")
    assert manifest["commit"] == DIGEST[:40]
    assert manifest["tag"] == manifest["branch"] == "1"
    assert (manifest["collection"], manifest["name"]) == ("lab", "blast")
    assert manifest["version"] == f"sha256:{DIGEST}"
    assert manifest["size_mb"] >= 1


def test_a_short_name_belongs_to_the_registry_itself(stranger):
    manifest = stranger.get("/api/container/science/rocks:latest", status=200).json

    assert stranger.get(manifest["image"]).body == OTHER


def test_without_a_tag_latest_is_meant(stranger):
    manifest = stranger.get("/api/container/science/rocks").json

    assert stranger.get(manifest["image"]).body == OTHER


@pytest.mark.parametrize(
    "reference",
    [
        f"@{DIGEST[:32]}",
        f"@{DIGEST[:40]}",
        f"@{DIGEST}",
        f"@sha256:{DIGEST}",
        f":nothing@{DIGEST[:40]}",
    ],
)
def test_a_digest_decides_alone(stranger, reference):
    manifest = stranger.get(f"/ada/api/container/lab/blast{reference}", status=200).json

    assert stranger.get(manifest["image"]).body == IMAGE
    assert manifest["commit"] == DIGEST[:40]


@pytest.mark.parametrize("reference", ["@" + "0" * 32, "@" + "0" * 40, ":none"])
def test_what_is_not_there_is_a_404_with_an_object(stranger, reference):
    answer = stranger.get(f"/ada/api/container/lab/blast{reference}", status=404)

    assert set(answer.json) == {"detail"}


@pytest.mark.parametrize("reference", ["@xyz", "@" + "0" * 33, ":a b"])
def test_what_cannot_be_read_is_refused_with_an_object(stranger, reference):
    assert "detail" in stranger.get(f"/ada/api/container/lab/blast{reference}", status=400).json


def test_letters_are_folded(stranger):
    stranger.get("/ADA/api/container/Lab/Blast:1", status=200)


def test_two_images_never_share_a_commit(stranger):
    one = stranger.get("/ada/api/container/lab/blast:1").json["commit"]
    other = stranger.get("/api/container/science/rocks").json["commit"]

    assert one != other


def test_a_private_image_is_absent(registry, stranger):
    registry.hide("ada/lab")

    hidden = stranger.get("/ada/api/container/lab/blast:1", status=404)
    absent = stranger.get("/ada/api/container/lab/nobody:1", status=404)

    assert hidden.text.replace("blast", "nobody") == absent.text


def test_its_owner_gets_an_address_that_works_without_a_header(registry, ada, stranger):
    registry.hide("ada/lab")

    manifest = ada.get("/ada/api/container/lab/blast:1", status=200).json

    assert stranger.get(manifest["image"]).body == IMAGE


def test_the_image_comes_with_its_length_and_in_ranges(stranger):
    address = stranger.get("/ada/api/container/lab/blast:1").json["image"]

    answer = stranger.get(address, status=200)
    part = stranger.get(address, headers={"Range": "bytes=5-9"}, status=206)

    assert answer.headers["Content-Length"] == str(len(IMAGE))
    assert part.body == IMAGE[5:10]
