"""What the sregistry client lists, finds and deletes: nothing that its user may not."""

import pytest

from sregistry_core.names import CollectionName, ContainerName
from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif(labels={"Maintainer": "Ada"})
OTHER = make_sif(labels={"maintainer": "bob"})
SECRET = make_sif(labels={"maintainer": "nobody knows"})


@pytest.fixture(autouse=True)
def images(registry, ada):
    ada.push("tacc/science/rocks:1", IMAGE, tags="2")
    ada.push("tacc/science/stone:1", OTHER)
    ada.push("ada/lab/rocks:1", OTHER)
    ada.push("tacc/hidden/rocks:1", SECRET)
    registry.hide("tacc/hidden")
    registry.run_jobs()


def uris(collections):
    return [one["uri"] for each in collections for one in each["containers"]]


def test_all_collections_come_at_once_and_the_list_ends(ada_client):
    answer = ada_client.get("/api/collections/", status=200).json

    assert answer["next"] is None
    assert answer["count"] == 2
    assert uris(answer["results"]) == [
        "ada/lab/rocks:1",
        "science/rocks:1",
        "science/rocks:2",
        "science/stone:1",
    ]
    assert set(answer["results"][0]) == {
        "id",
        "name",
        "add_date",
        "modify_date",
        "metadata",
        "containers",
    }


def test_many_collections_come_at_once_as_well(registry, ada_client):
    with registry.parts.unit()() as services:
        entity = services.catalog.entity("tacc")
        for number in range(150):
            services.catalog.create_collection(entity, f"c{number}")

    assert len(ada_client.get("/api/collections/").json["results"]) == 152


def test_what_is_printed_beside_a_name_leads_to_the_manifest(ada_client, stranger):
    for each in ada_client.get("/api/collections/").json["results"]:
        for one in each["containers"]:
            assert stranger.get(one["detail"], status=200).json["tag"] == one["tag"]


@pytest.mark.parametrize("path", ["/api/collections/", "/api/containers/"])
def test_pages_follow_each_other_to_the_end(ada_client, path):
    whole = ada_client.get(path).json["results"]
    found, address = [], f"{path}?limit=1"
    while address:
        answer = ada_client.get(address, status=200).json
        assert len(answer["results"]) == 1
        found += answer["results"]
        address = answer["next"]
    assert found == whole


def test_below_a_name_there_are_only_its_own(make_client, ada):
    client = make_client(ada, base="/ada")

    assert uris(client.get("/api/collections/").json["results"]) == ["lab/rocks:1"]
    assert uris([client.get("/api/collection/lab").json]) == ["lab/rocks:1"]
    assert [one["tag"] for one in client.get("/api/container/search/name/rocks").json] == ["1"]


@pytest.mark.parametrize("name", ["science", "Science", "tacc/science"])
def test_one_collection(ada_client, name):
    found = ada_client.get(f"/api/collection/{name}", status=200).json

    assert uris([found]) == ["science/rocks:1", "science/rocks:2", "science/stone:1"]
    assert ada_client.get(f"/api/collections/{found['id']}/").json == found


@pytest.mark.parametrize("name", ["hidden", "nothing", "di_no", "x" * 300])
def test_a_collection_that_is_hidden_or_absent_is_empty(ada_client, name):
    assert ada_client.get(f"/api/collection/{name}", status=200).json == {}


def test_collections_are_found_by_a_part_of_the_name(ada_client):
    assert [one["name"] for one in ada_client.get("/api/collection/search/cien").json] == [
        "science"
    ]
    assert ada_client.get("/api/collection/search/idde").json == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("name/rocks", ["ada/lab 1", "science 1", "science 2"]),
        ("name/rocks/tag/1", ["ada/lab 1", "science 1"]),
        ("collection/science/name/rocks", ["science 1", "science 2"]),
        ("collection/science/name/rocks/tag/2", ["science 2"]),
        ("collection/ada/lab/name/rocks/tag/1", ["ada/lab 1"]),
        ("collection/hidden/name/rocks/tag/1", []),
        ("collection/nothing/name/rocks/tag/1", []),
        ("collection/di_no/name/rocks", []),
        ("name/no name", []),
    ],
)
def test_containers_are_found_by_name_and_tag(ada_client, path, expected):
    found = ada_client.get(f"/api/container/search/{path}", status=200).json

    assert [f"{one['collection']} {one['tag']}" for one in found] == expected


def test_one_container_by_its_number(ada_client, ada):
    found = ada_client.get("/api/container/search/name/stone").json[0]

    assert ada_client.get(f"/api/containers/{found['id']}/", status=200).json == found
    assert found["version"].startswith("sha256.")
    assert found["metadata"]["signed"] is False
    assert found["metadata"]["verification"] in (None, "none")
    assert found["frozen"] is False


def test_numbers_of_what_is_hidden_are_those_of_nothing(registry, ada, stranger):
    image = ada.get("/v1/images/tacc/hidden/rocks:1").json["data"]["id"]
    with registry.parts.unit()() as services:
        collection = services.catalog.collection(CollectionName("tacc", "hidden")).id

    for path, number in [("containers", image), ("collections", collection)]:
        hidden = stranger.get(f"/api/{path}/{number}/", status=404)
        absent = stranger.get(f"/api/{path}/{'0' * 32}/", status=404)
        assert "hidden" not in hidden.text
        assert set(hidden.json) == set(absent.json)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", {"Ada": ["science/rocks:1", "science/rocks:2"], "bob": ["ada/lab/rocks:1"]}),
        ("/maintainer/key", {"Ada": ["science/rocks:1"], "bob": ["science/stone:1"]}),
        ("/ada/value", {"Ada": ["science/rocks:1", "science/rocks:2"]}),
        ("/maintainer/key/bob/value", {"bob": ["ada/lab/rocks:1", "science/stone:1"]}),
        ("/nothing/key", {}),
    ],
)
def test_labels_are_found_in_any_letters(ada_client, path, expected):
    found = ada_client.get(f"/api/labels/search{path}", status=200).json
    by_value = {one["value"]: one["containers"] for one in found if one["key"] != "x"}

    assert all(set(expected[value]) <= set(by_value[value]) for value in expected)
    assert "nobody knows" not in by_value
    if path not in ("",):
        assert set(by_value) == set(expected)


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "offset=-1", "limit=" + "9" * 40])
def test_a_page_that_is_none_is_refused(ada_client, query):
    assert ada_client.get(f"/api/collections/?{query}", status=400).json["detail"]


def test_a_deleted_tag_is_gone_and_its_image_with_the_last_one(ada_client, ada):
    ada_client.delete("science/rocks:1", status=204)
    assert ada.pull("tacc/science/rocks:2").body == IMAGE
    ada_client.manifest("science/rocks:1", status=404)

    ada_client.delete("science/rocks:2", status=204)

    ada.pull("tacc/science/rocks:2", status=404)
    assert ada_client.get("/api/container/search/collection/science/name/rocks").json == []


def test_only_owners_delete(bob_client, ada):
    assert bob_client.delete("science/rocks:1", status=403).json["detail"]
    assert ada.pull("tacc/science/rocks:1").body == IMAGE


def test_nobody_deletes_without_a_signature(registry, ada):
    answer = registry.app.delete("/api/container/science/rocks:1", status=403)

    assert answer.json["detail"]
    assert ada.pull("tacc/science/rocks:1").body == IMAGE


def test_to_delete_what_is_hidden_is_to_delete_nothing(bob_client):
    hidden = bob_client.delete("hidden/rocks:1", status=404)
    absent = bob_client.delete("hidden/stone:1", status=404)

    assert hidden.text.replace("rocks", "stone") == absent.text


def test_what_is_frozen_is_not_deleted(ada_client, registry, ada):
    with registry.parts.unit()() as services:
        rocks = services.catalog.container(ContainerName("tacc", "science", "rocks"))
        services.tags.freeze(rocks, "1")

    answer = ada_client.delete("science/rocks:1", status=403)

    assert "is frozen, delete not allowed" in answer.json["detail"]
    assert ada_client.manifest("science/rocks:1", status=200).json["frozen"] is True
    assert ada.pull("tacc/science/rocks:1").body == IMAGE


def test_the_manifest_has_the_ten_keys_of_the_old_server(ada_client):
    manifest = ada_client.manifest("science/rocks:1", signed=False, status=200).json

    assert set(manifest) >= {
        "id",
        "name",
        "image",
        "tag",
        "add_date",
        "metrics",
        "version",
        "frozen",
        "metadata",
        "collection",
        "commit",
    }
    assert (manifest["collection"], manifest["name"], manifest["tag"]) == ("science", "rocks", "1")


def test_a_look_before_a_pull_is_no_pull(ada_client, registry, stranger):
    address = ada_client.manifest("science/rocks:1").json["image"]
    looked = stranger.head(address, status=200)
    assert looked.headers["Content-Length"] == str(len(IMAGE))
    assert not registry.parts.facilities.tally.drain().pulls

    stranger.get(address, status=200)

    assert sum(registry.parts.facilities.tally.drain().pulls.values()) == 1


def test_a_collection_is_listed_under_a_name_that_it_had_before(registry, ada_client):
    with registry.parts.unit()() as services:
        science = services.catalog.collection(CollectionName("tacc", "science"))
        services.renaming.rename(science, "geology")

    found = ada_client.get("/api/collection/science", status=200).json
    listed = ada_client.get("/api/container/search/collection/science/name/rocks", status=200).json

    assert [one["uri"] for one in found["containers"]] == [
        "geology/rocks:1", "geology/rocks:2", "geology/stone:1",
    ]  # fmt: skip
    assert [one["tag"] for one in listed] == ["1", "2"]
