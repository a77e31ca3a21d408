"""Sizes and usage for programs."""

import pytest

from sregistry_core.testing.sif_files import make_sif


@pytest.fixture
def full(registry, ada, bob):
    ada.push("ada/lab/blast:1", make_sif(payload_size=40_000))
    ada.push("ada/lab/bowtie:1", make_sif(payload_size=1000))
    bob.push("bob/secret/blast:1", make_sif())
    registry.hide("bob/secret")
    ada.pull("ada/lab/blast:1", status=200)
    registry.parts.jobs.write_tally()
    registry.run_jobs()
    with registry.parts.unit()() as services:
        services.usage.measure()


def test_sizes_of_what_one_may_see_the_largest_first(full, ada, bob, stranger):
    def names(person, query=""):
        found = person.get(f"/api/v1/sizes{query}", status=200).json
        return [one["name"] for one in found["items"]], found["count"], found["images"]

    assert names(stranger) == (["ada/lab"], 1, 2)
    assert names(bob) == (["ada/lab", "bob/secret"], 2, 3)
    assert names(stranger, "?of=ada") == (["ada/lab"], 1, 2)
    assert names(stranger, "?of=ada/lab") == (["ada/lab/blast", "ada/lab/bowtie"], 2, 2)
    assert names(stranger, "?of=ada/lab&skip=1") == (["ada/lab/bowtie"], 2, 2)
    assert names(stranger, "?of=ada/lab&limit=1") == (["ada/lab/blast"], 2, 2)
    (image,) = stranger.get("/api/v1/sizes?of=ada/lab/blast").json["items"]
    assert (image["name"], image["tag"]) == ("ada/lab/blast", "1")
    assert image["digest"].startswith("sha256:")


def test_storage_and_pulls_by_collection(full, stranger):
    storage = stranger.get("/api/v1/usage?range=30d", status=200).json
    assert len(storage["spans"]) == len(storage["totals"]) == 30
    assert list(storage["collections"]) == ["ada/lab"]
    assert storage["collections"]["ada/lab"][-1] > 41_000
    pulls = stranger.get("/api/v1/usage?what=pulls&of=ada/lab", status=200).json
    assert pulls["totals"][-1] == 1
    assert pulls["totals"] == pulls["collections"]["ada/lab"]


def test_what_cannot_be_understood_is_refused(full, stranger, refusal):
    queries = ["sizes?skip=-1", "sizes?skip=x", "sizes?limit=0", "sizes?of=a%20b/c"]
    queries += ["usage?range=2d", "usage?what=x", "usage?of=ada/lab/blast", "usage?limit=x"]
    for query in queries:
        assert refusal(stranger.get(f"/api/v1/{query}", status=400))[1] == "malformed"
    for query in (
        "sizes?of=bob/secret",
        "usage?of=bob/secret",
        "sizes?of=a/b/c/d",
        "usage?of=nobody",
    ):
        assert refusal(stranger.get(f"/api/v1/{query}", status=404))[1] == "not_found"
