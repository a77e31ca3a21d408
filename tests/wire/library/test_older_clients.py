"""Exchanges of clients that cannot be installed here, from what is known of their wire."""

import hashlib
import json

import pytest

from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif(arch="arm64")
DIGEST = f"sha256.{hashlib.sha256(IMAGE).hexdigest()}"
NOTHING = {"deleted": False, "createdBy": "", "createdAt": "0001-01-01T00:00:00Z", "id": ""}


@pytest.fixture
def announced(ada):
    """What every client does first, with the zero values that Go sends for what it leaves out."""
    ada.get("/v1/collections/ada/lab", status=404)
    ada.get("/v1/containers/ada/lab/blast", status=404)
    entity = ada.get("/v1/entities/ada").json["data"]["id"]
    collection = ada.post(
        "/v1/collections",
        {**NOTHING, "name": "lab", "entity": entity, "containers": None, "private": False},
    ).json["data"]["id"]
    container = ada.post(
        "/v1/containers",
        {
            **NOTHING,
            "name": "blast",
            "description": "No description",
            "collection": collection,
            "imageTags": None,
            "archTags": None,
            "size": 0,
        },
    ).json["data"]
    assert container["description"] == ""
    return ada.post(
        "/v1/images",
        {**NOTHING, "hash": DIGEST, "description": "", "container": container["id"], "size": 0},
    ).json["data"]


def test_singularity_3_0_uploads_at_once_and_tags_without_an_architecture(ada, stranger, announced):
    answer = ada.post(
        f"/v1/imagefile/{announced['id']}", IMAGE, headers={"Content-Type": "application/json"}
    )
    assert answer.status_int == 200
    assert ada.get(f"/v1/tags/{announced['container']}", status=200).json["data"] == {}
    body = json.dumps({"Tag": "1", "ImageID": announced["id"]}).encode()
    ada.post(f"/v1/tags/{announced['container']}", body, status=200)

    assert stranger.get("/v1/images/ada/lab/blast:1").json["data"]["hash"] == DIGEST
    assert stranger.get("/v1/imagefile/ada/lab/blast:1").body == IMAGE
    assert stranger.pull("ada/lab/blast:1", arch="arm64").body == IMAGE


def test_an_upload_at_once_with_other_bytes_is_refused(ada, announced):
    answer = ada.post(f"/v1/imagefile/{announced['id']}", b"other", status=400)

    assert "was announced" in answer.json["error"]["message"]


def test_a_stranger_uploads_nothing_at_once(stranger, announced):
    stranger.post(f"/v1/imagefile/{announced['id']}", IMAGE, status=401)


def test_api_alpha_1_uploads_by_address_and_tags_without_an_architecture(ada, stranger, announced):
    begun = ada.post(
        f"/v2/imagefile/{announced['id']}", {"filesize": len(IMAGE), "md5sum": "0" * 32}
    )
    ada.put(begun.json["data"]["uploadURL"], IMAGE, status=200)
    ada.put(f"/v2/imagefile/{announced['id']}/_complete", {}, status=200)
    ada.post(
        f"/v1/tags/{announced['container']}",
        {"Tag": "latest", "ImageID": announced["id"]},
        status=200,
    )

    assert stranger.get("/v1/imagefile/ada/lab/blast").body == IMAGE


@pytest.mark.parametrize("content_type", ["", "application/json", "text/plain"])
def test_capital_keys_are_read_whatever_the_content_type_says(ada, announced, content_type):
    ada.upload(announced["id"], IMAGE)

    ada.post(
        f"/v2/tags/{announced['container']}",
        {"Arch": "arm64", "Tag": "v1", "ImageID": announced["id"]},
        headers={"Content-Type": content_type},
        status=200,
    )


def test_the_mangled_query_of_deletes_is_read(ada):
    ada.push("ada/lab/blast:1", IMAGE, arch="arm64")

    ada.delete("/v1/images/ada/lab/blast:1?arch%3Darm64", status=200)


def test_a_delete_of_another_architecture_finds_nothing(ada):
    ada.push("ada/lab/blast:1", IMAGE, arch="arm64")

    ada.delete("/v1/images/ada/lab/blast:1?arch=amd64", status=404)


def test_clients_that_follow_any_redirection_get_a_303_as_well(make_registry):
    registry = make_registry(parallel_download_above="1")
    ada = registry.user("ada")
    ada.push("ada/lab/blast:1", IMAGE, arch="arm64")

    answer = ada.get("/v1/imagefile/ada/lab/blast:1", status=303)

    assert ada.get(answer.headers["Location"]).body == IMAGE


def test_a_client_before_apptainer_1_0_3_gets_no_302(ada, stranger):
    """CE 3.9.0 to 3.9.8 take 200 and 303, and stop at every other redirection."""
    ada.push("ada/lab/blast:1", IMAGE, arch="arm64")

    assert stranger.get("/v1/imagefile/ada/lab/blast:1").status_int == 200


def test_short_names_belong_to_the_registry_itself(registry, ada, stranger):
    ada.push("tacc/library/rocks:1", IMAGE, arch="arm64")
    ada.push("tacc/science/rocks:1", IMAGE, arch="arm64")

    assert stranger.get("/v1/imagefile/rocks:1").body == IMAGE
    assert stranger.get("/v1/imagefile/science/rocks:1").body == IMAGE


def test_nobody_can_squat_on_a_short_name(registry, ada, stranger):
    registry.user("library")
    ada.push("ada/rocks/rocks:1", IMAGE, arch="arm64")

    stranger.get("/v1/imagefile/rocks:1", status=404)
    stranger.get("/v1/imagefile/rocks/rocks:1", status=404)
