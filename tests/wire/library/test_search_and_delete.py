"""Search, delete, descriptions, and tags that stay where they are."""

import hashlib

import pytest

from sregistry_core.names import CollectionName, ContainerName
from sregistry_core.testing.pgp import Key
from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.signed_sif import flipped, sign_sif

KEY = Key.make("Ada <ada@example.org>")
PLAIN = make_sif(labels={"org.example.tool": "blastp"})
SIGNED = sign_sif(make_sif(arch="arm64"), KEY)


@pytest.fixture(autouse=True)
def pushed(registry, ada):
    ada.push("ada/lab/blast:1", PLAIN, tags="stable")
    ada.push("ada/lab/signed:1", SIGNED, arch="arm64")
    ada.push("ada/hidden/blast:1", PLAIN)
    registry.hide("ada/hidden")
    registry.run_jobs()


def names(answer):
    return [
        f"{image['entityName']}/{image['collectionName']}/{image['containerName']}"
        for image in answer.json["data"]["image"]
    ]


def search(actor, **query):
    return actor.app.get("/v1/search", query, headers=actor.headers, status=200)


def test_a_name_is_found_by_whoever_may_see_it(ada, stranger):
    assert names(search(stranger, value="blast", arch="amd64")) == ["ada/lab/blast"]
    assert names(search(ada, value="blast", arch="amd64")) == [
        "ada/hidden/blast",
        "ada/lab/blast",
    ]


@pytest.mark.parametrize(
    "value",
    [
        "BLASTP",
        "org.example.tool=blastp",
        "ada/lab",
        "stable",
        hashlib.sha256(PLAIN).hexdigest()[:12],
    ],
)
def test_labels_tags_and_digests_are_found(stranger, value):
    assert "ada/lab/blast" in names(search(stranger, value=value, arch="amd64"))


@pytest.mark.parametrize(
    "value", ["nothing here", "%%%", "___", "'; drop table image; --", "a=b=c"]
)
def test_what_is_not_there_is_not_found(stranger, value):
    data = search(stranger, value=value, arch="amd64").json["data"]

    assert data == {"entity": [], "collection": [], "container": [], "image": []}


def test_architecture_and_signature_narrow(stranger):
    assert names(search(stranger, value="lab", arch="arm64")) == ["ada/lab/signed"]
    assert names(search(stranger, value="lab", arch="amd64,arm64", signed="true")) == [
        "ada/lab/signed"
    ]
    assert names(search(stranger, value="lab", arch="amd64,arm64")) == [
        "ada/lab/blast",
        "ada/lab/signed",
    ]


def test_what_a_search_shows_is_what_the_client_prints(stranger):
    found = search(stranger, value="signed", arch="arm64").json["data"]["image"][0]

    assert found["fingerprints"] == [KEY.fingerprint]
    assert found["tags"] == ["1"]
    assert found["signed"] is True
    assert found["verification"] == "unknown_key"


def test_nobody_is_shown_as_signer_whose_signature_does_not_hold(registry, ada, stranger):
    with registry.parts.unit()() as services:
        services.keys.add(KEY.public.encode())
    ada.push("ada/lab/forged:1", flipped(SIGNED, 10), arch="arm64")

    def shown():
        [searched] = search(stranger, value="forged", arch="arm64").json["data"]["image"]
        by_name = stranger.get("/v1/images/ada/lab/forged:1?arch=arm64", status=200).json["data"]
        assert searched["fingerprints"] == by_name["fingerprints"]
        return by_name["fingerprints"], by_name["verification"]

    registry.run_jobs()

    assert shown() == ([], "bad")


def test_the_oldest_clients_are_shown_collections_and_containers(stranger):
    data = search(stranger, value="lab").json["data"]

    assert [one["name"] for one in data["collection"]] == ["lab"]
    assert [one["name"] for one in data["container"]] == ["blast", "signed"]
    assert [one["name"] for one in search(stranger, value="ada").json["data"]["entity"]] == ["ada"]


def test_a_deleted_image_is_gone_with_its_tags(ada, stranger):
    ada.delete("/v1/images/ada/lab/blast:1?arch=amd64", status=200)

    stranger.pull("ada/lab/blast:1", status=404)
    stranger.pull("ada/lab/blast:stable", status=404)
    ada.delete("/v1/images/ada/lab/blast:1?arch=amd64", status=404)


def test_an_image_is_deleted_by_its_digest(ada, stranger):
    digest = hashlib.sha256(PLAIN).hexdigest()

    ada.delete(f"/v1/images/ada/lab/blast:sha256.{digest}", status=200)

    stranger.pull("ada/lab/blast:1", status=404)


def test_equal_bytes_elsewhere_stay(ada):
    ada.delete("/v1/images/ada/lab/blast:1", status=200)

    assert ada.pull("ada/hidden/blast:1").body == PLAIN


def test_the_description_of_a_push_is_kept(registry, ada, stranger):
    container = ada.get("/v1/containers/ada/lab/blast").json["data"]["id"]
    digest = hashlib.sha256(PLAIN).hexdigest()
    ada.post(
        "/v1/images",
        {"container": container, "hash": f"sha256.{digest}", "description": "aligns proteins"},
    )

    found = stranger.get("/v1/images/ada/lab/blast:1").json["data"]
    assert found["description"] == "aligns proteins"
    registry.run_jobs()
    assert "ada/lab/blast" in names(search(stranger, value="proteins", arch="amd64"))


class TestFrozen:
    """A tag that points at the same image for ever."""

    @pytest.fixture(autouse=True)
    def frozen(self, registry):
        with registry.parts.unit()() as services:
            container = services.catalog.container(ContainerName("ada", "lab", "blast"))
            services.tags.freeze(container, "1")

    def test_it_does_not_move(self, ada, stranger):
        newer = make_sif(labels={"newer": "yes"})
        image_id = ada.push("ada/lab/blast:2", newer)
        container = ada.get("/v1/containers/ada/lab/blast").json["data"]["id"]

        answer = ada.post(
            f"/v2/tags/{container}",
            {"Arch": "amd64", "Tag": "1", "ImageID": image_id},
            status=409,
        )

        assert answer.json["error"]["message"] == "the tag 1 of ada/lab/blast is frozen"
        assert stranger.pull("ada/lab/blast:1").body == PLAIN

    def test_no_architecture_is_added_to_it(self, ada):
        image_id = ada.push("ada/lab/blast:arm", SIGNED, arch="arm64")
        container = ada.get("/v1/containers/ada/lab/blast").json["data"]["id"]

        ada.post(
            f"/v2/tags/{container}",
            {"Arch": "arm64", "Tag": "1", "ImageID": image_id},
            status=409,
        )

    def test_its_image_is_not_deleted(self, ada):
        answer = ada.delete("/v1/images/ada/lab/blast:stable", status=409)

        assert answer.json["error"]["message"] == "the tag 1 of ada/lab/blast is frozen"

    def test_thawed_it_moves_again(self, registry, ada, stranger):
        with registry.parts.unit()() as services:
            container = services.catalog.container(ContainerName("ada", "lab", "blast"))
            services.tags.freeze(container, "1", frozen=False)
        newer = make_sif(labels={"newer": "yes"})

        ada.push("ada/lab/blast:1", newer)

        assert stranger.pull("ada/lab/blast:1").body == newer


def test_nothing_moves_in_a_frozen_container(registry, ada):
    with registry.parts.unit()() as services:
        container = services.catalog.container(ContainerName("ada", "lab", "blast"))
        services.catalog.change_container(container, frozen=True)
    image = ada.get("/v1/images/ada/lab/blast:1").json["data"]

    ada.post(
        "/v1/images", {"container": image["container"], "hash": "sha256." + "0" * 64}, status=409
    )
    ada.post(f"/v2/imagefile/{image['id']}", {"filesize": 1}, status=409)
    ada.post(
        f"/v2/tags/{image['container']}",
        {"Arch": "amd64", "Tag": "new", "ImageID": image["id"]},
        status=409,
    )
    ada.delete("/v1/images/ada/lab/blast:1", status=409)
    assert ada.get("/v1/containers/ada/lab/blast").json["data"]["readOnly"] is True


def test_a_hidden_collection_is_found_again_by_whoever_is_let_in(registry, ada, bob):
    assert names(search(bob, value="hidden", arch="amd64")) == []
    with registry.parts.unit()() as services:
        collection = services.catalog.collection(CollectionName("ada", "hidden"))
        services.grants.give(collection, "reader", user="bob")

    assert names(search(bob, value="hidden", arch="amd64")) == ["ada/hidden/blast"]


def test_an_image_that_was_refused_its_tag_is_not_found_by_name(ada, stranger):
    newer = make_sif(labels={"newer": "yes"})
    container = ada.get("/v1/containers/ada/lab/blast").json["data"]["id"]
    digest = hashlib.sha256(newer).hexdigest()
    announced = ada.post("/v1/images", {"container": container, "hash": f"sha256.{digest}"})
    ada.upload(announced.json["data"]["id"], newer)

    assert names(search(stranger, value="blast", arch="amd64")) == ["ada/lab/blast"]
    assert names(search(stranger, value=digest)) == ["ada/lab/blast"]
