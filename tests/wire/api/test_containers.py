"""Containers: made, described, frozen and deleted."""

import pytest

from sregistry_core.testing.sif_files import make_sif

BLAST = "/api/v1/containers/ada/lab/blast"


@pytest.fixture
def blast(ada):
    ada.push("ada/lab/blast:1", make_sif())
    return BLAST


def test_a_container_is_made_shown_and_described(ada):
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"})
    made = ada.post(
        "/api/v1/collections/ada/lab/containers",
        {"container": "Blast", "description": "finds things"},
        status=201,
    )

    assert made.headers["Location"] == f"http://registry.test{BLAST}"
    assert made.json["name"] == "ada/lab/blast"
    assert ada.get(BLAST, status=200).json == made.json
    changed = ada.patch(BLAST, {"description": "finds more"}, status=200).json
    assert changed["description"] == "finds more"
    again = {"container": "blast"}
    ada.post("/api/v1/collections/ada/lab/containers", again, status=409)


def test_containers_come_in_pages(ada):
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"})
    names = ["blast", "blast-1", "blast.2", "blast_x", "blaster"]
    for name in names:
        ada.post("/api/v1/collections/ada/lab/containers", {"container": name}, status=201)

    found, query = [], ""
    while query is not None:
        page = ada.get(f"/api/v1/collections/ada/lab/containers?limit=1{query}").json
        found += [one["container"] for one in page["items"]]
        query = page["next_after"] and f"&after={page['next_after']}"

    assert found == sorted(names)


def test_in_a_frozen_container_nothing_changes_until_it_is_thawed(ada, blast, refusal):
    digest = ada.get(f"{blast}/images/1").json["digest"]

    frozen = ada.patch(blast, {"frozen": True}, status=200).json

    assert frozen["frozen"] and frozen["frozen_at"]
    refused = [
        ada.put(f"{blast}/tags/2", {"digest": digest}, status=409),
        ada.delete(f"{blast}/tags/1", status=409),
        ada.delete(f"{blast}/images/{digest}", status=409),
        ada.delete(blast, status=409),
    ]
    assert {refusal(one)[1] for one in refused} == {"conflict"}
    assert refusal(refused[0])[2] == "ada/lab/blast is frozen"

    assert ada.patch(blast, {"frozen": False}, status=200).json["frozen_at"] is None
    ada.put(f"{blast}/tags/2", {"digest": digest}, status=200)


def test_a_deleted_container_is_gone_with_its_images_and_links(ada, blast):
    ada.post(f"{blast}/shares", {"reference": "1"}, status=201)

    ada.delete(blast, status=204)

    ada.get(blast, status=404)
    ada.get(f"{blast}/images/1", status=404)
    ada.delete(blast, status=404)


def test_a_hidden_container_looks_like_none(registry, ada, bob, stranger, same):
    digest = "sha256:" + "0" * 64

    def ask(person):
        for path in ("", "/images", "/images/1", f"/images/{digest}", "/images/1/file", "/tags"):
            yield person.get(BLAST + path, status=404)
        yield person.get(f"{BLAST}/tags/1", status=404)
        yield person.get(f"{BLAST}/images/1?arch=amd64", status=404)
        yield person.get(f"{BLAST}/shares", status=404)
        yield person.post(f"{BLAST}/shares", {"reference": "1"}, status=404)
        yield person.patch(BLAST, {"frozen": True}, status=404)
        yield person.patch(f"{BLAST}/images/1", {"description": "x"}, status=404)
        yield person.put(f"{BLAST}/tags/1", {"digest": digest}, status=404)
        yield person.patch(f"{BLAST}/tags/1", {"frozen": True}, status=404)
        for path in ("", "/images/1", "/tags/1"):
            yield person.delete(BLAST + path, status=404)

    absent = [one for person in (bob, stranger) for one in ask(person)]
    ada.push("ada/lab/blast:1", make_sif())
    registry.hide("ada/lab")
    hidden = [one for person in (bob, stranger) for one in ask(person)]

    for one, other in zip(absent, hidden, strict=True):
        same(one, other)
