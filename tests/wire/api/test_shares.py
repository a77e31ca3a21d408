"""Share links: made with or without an end, listed, revoked."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from sregistry_core.testing.sif_files import make_sif

SHARES = "/api/v1/containers/ada/lab/blast/shares"
IMAGE = make_sif()


@pytest.fixture
def shares(registry, ada):
    ada.push("ada/lab/blast:1", IMAGE)
    registry.hide("ada/lab")
    return SHARES


def test_a_link_leads_to_the_image_until_its_time_is_over(registry, ada, stranger, shares):
    made = ada.post(shares, {"reference": "1", "lifetime_seconds": 3600}, status=201)

    share = made.json
    assert share["alive"] and share["expires_at"]
    assert made.headers["Location"].endswith(f"/api/v1/shares/{share['number']}")
    assert ada.get(f"/api/v1/shares/{share['number']}", status=200).json == share
    assert stranger.get(share["web_url"], status=200).body == IMAGE

    registry.clock.move(timedelta(hours=2))
    stranger.get(share["web_url"], status=404)
    assert ada.get(f"/api/v1/shares/{share['number']}").json["alive"] is False


def test_a_link_without_an_end_works_until_it_is_revoked(registry, ada, stranger, shares):
    digest = ada.get("/api/v1/containers/ada/lab/blast/images/1").json["digest"]
    share = ada.post(shares, {"reference": digest}, status=201).json
    assert (share["expires_at"], share["reference"]) == (None, digest)
    registry.clock.move(timedelta(days=1000))
    ada.token = registry.with_scope(ada, "admin").token
    stranger.get(share["web_url"], status=200)

    ada.delete(f"/api/v1/shares/{share['number']}", status=204)

    stranger.get(share["web_url"], status=404)
    revoked = ada.get(f"/api/v1/shares/{share['number']}", status=200).json
    assert revoked["revoked_at"] and not revoked["alive"]
    ada.delete(f"/api/v1/shares/{share['number']}", status=204)


def test_links_are_listed_for_owners_and_all_of_them_for_administrators(ada, bob, admin, shares):
    for _ in range(3):
        ada.post(shares, {"reference": "1"}, status=201)
    bob.push("bob/lab/blast:latest", IMAGE)
    bob.post("/api/v1/containers/bob/lab/blast/shares", status=201)

    def numbers(answer):
        return [share["number"] for share in answer.json["items"]]

    assert numbers(ada.get(shares, status=200)) == [3, 2, 1]
    assert numbers(admin.get("/api/v1/shares", status=200)) == [4, 3, 2, 1]
    page = admin.get("/api/v1/shares?limit=2", status=200)
    assert numbers(page) == [4, 3]
    rest = admin.get(f"/api/v1/shares?limit=2&after={page.json['next_after']}", status=200)
    assert (numbers(rest), rest.json["next_after"]) == ([2, 1], None)
    ada.get("/api/v1/shares", status=403)
    for after in ("x", "-1", "9" * 30, "٣"):
        admin.get(f"/api/v1/shares?after={quote(after)}", status=400)


def test_somebody_elses_link_looks_like_none(ada, bob, stranger, shares, same):
    paths = ["/api/v1/shares/1"]
    absent = [
        ask(path, status=404)
        for person in (bob, stranger)
        for ask in (person.get, person.delete)
        for path in paths
    ]
    assert ada.post(shares, {"reference": "1"}, status=201).json["number"] == 1
    hidden = [
        ask(path, status=404)
        for person in (bob, stranger)
        for ask in (person.get, person.delete)
        for path in paths
    ]

    for one, other in zip(absent, hidden, strict=True):
        same(one, other)
    assert ada.get("/api/v1/shares/1").json["alive"] is True


def test_a_number_that_no_database_holds_is_not_there(ada, admin, shares, refusal):
    for number in ("0", "9" * 10, "9" * 30, "-1", "x", "1.5", "%D9%A3", "1%00"):
        answer = admin.ask("GET", f"/api/v1/shares/{number}")
        assert answer.status_int in (400, 404)


def test_what_is_not_there_is_not_shared(ada, shares, refusal):
    answer = ada.post(shares, {}, status=404)

    assert refusal(answer)[2] == "ada/lab/blast:latest does not exist"
    ada.post(shares, {"reference": "1", "lifetime_seconds": 0}, status=400)
