"""Containers are found by words and filters; stars are given and taken back."""

import pytest

from sregistry_core.testing.sif_files import make_sif

FIND = "/api/v1/search/containers"


@pytest.fixture
def shelves(registry, ada, bob):
    """Ada's containers, summed up by the job; one of them private."""
    ada.push("ada/lab/blast:1", make_sif(labels={"license": "MIT"}))
    ada.push("ada/lab/blast-plus:1", make_sif(arch="arm64"), arch="arm64")
    ada.push("ada/secret/blast:1", make_sif(labels={"license": "none"}))
    registry.run_jobs()
    registry.hide("ada/secret")


def names(actor, query):
    answer = actor.get(f"{FIND}?{query}", status=200).json
    assert answer["count"] == len(answer["items"])
    assert answer["count_is_exact"] is True
    return [one["name"] for one in answer["items"]]


def test_containers_are_found_by_words_and_filters(shelves, registry, ada, bob):
    assert names(bob, "text=blast") == ["ada/lab/blast", "ada/lab/blast-plus"]
    assert names(ada, "text=bla&order=name") == [
        "ada/lab/blast",
        "ada/lab/blast-plus",
        "ada/secret/blast",
    ]
    assert names(bob, "label=license%3DMIT") == ["ada/lab/blast"]
    assert names(bob, "label=license%3Dnone") == []
    assert names(bob, "arch=arm64,riscv64") == ["ada/lab/blast-plus"]
    assert names(bob, "entity=ada&smallest=1&largest=1000000&verification=none&order=name") == [
        "ada/lab/blast",
        "ada/lab/blast-plus",
    ]
    assert names(bob, "since=2100-01-01") == []


def test_pages_name_the_next_one(shelves, bob):
    first = bob.get(f"{FIND}?order=name&limit=1", status=200)
    second = bob.get(first.headers["Link"].partition(">")[0].removeprefix("<"), status=200)

    assert [one["container"] for one in first.json["items"]] == ["blast"]
    assert [one["container"] for one in second.json["items"]] == ["blast-plus"]
    assert second.json["next_after"] is None
    assert first.json["count"] == 2


@pytest.mark.parametrize(
    "query",
    ["order=size", "verification=yes", "starred=1", "smallest=-1", "since=2026-02-30", "after=x"],
)
def test_what_cannot_be_understood_is_refused(shelves, bob, query):
    assert bob.ask("GET", f"{FIND}?{query}").status_int == 400


def test_stars(shelves, registry, ada, bob):
    bob.put("/api/v1/user/stars/ada/lab", status=204)
    bob.put("/api/v1/user/stars/ada/lab", status=204)
    assert bob.ask("PUT", "/api/v1/user/stars/ada/secret").status_int == 404
    ada.put("/api/v1/user/stars/ada/secret", status=204)

    mine = bob.get("/api/v1/user/stars", status=200).json["items"]
    assert [one["name"] for one in mine] == ["ada/lab"]
    assert names(bob, "starred=true&text=plus") == ["ada/lab/blast-plus"]
    assert names(ada, "starred=true") == ["ada/secret/blast"]

    bob.delete("/api/v1/user/stars/ada/lab", status=204)
    bob.delete("/api/v1/user/stars/ada/lab", status=204)
    assert bob.get("/api/v1/user/stars", status=200).json["items"] == []


def test_a_star_of_what_was_hidden_since_is_not_shown(shelves, registry, bob):
    bob.put("/api/v1/user/stars/ada/lab", status=204)
    registry.hide("ada/lab")

    assert bob.get("/api/v1/user/stars", status=200).json["items"] == []
    assert names(bob, "starred=true") == []
