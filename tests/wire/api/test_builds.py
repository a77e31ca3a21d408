"""Builds by the API: ordered, followed line by line, cancelled, tried again."""

from datetime import timedelta

import pytest

from sregistry_core.contracts import Scope

NAME = "ada/lab/blast:1"
BUILDS = "/api/v1/builds"


@pytest.fixture
def registry(make_api):
    return make_api(
        plugin_modules="sregistry_core.testing.toy_builder",
        builder="toy",
    )


def order(actor, definition="say hello", name=NAME, **more):
    return actor.post(BUILDS, {"name": name, "definition": definition, **more}, status=201).json


def test_a_build_is_ordered_followed_and_pulled(registry, ada):
    said = "\n".join(f"say line {number}" for number in range(5))
    made = ada.post(BUILDS, {"name": NAME, "definition": said}, status=201)
    build = made.json["id"]
    assert made.headers["Location"] == f"http://registry.test{BUILDS}/{build}"
    assert (made.json["state"], made.json["ordered_by"]) == ("queued", "ada")

    registry.run_jobs()

    shown = ada.get(f"{BUILDS}/{build}", status=200).json
    assert (shown["state"], shown["definition"]) == ("succeeded", said)
    first = ada.get(f"{BUILDS}/{build}/log?limit=3", status=200).json
    assert [line["text"] for line in first["items"]] == ["line 0", "line 1", "line 2"]
    rest = ada.get(f"{BUILDS}/{build}/log?after={first['next_after']}", status=200).json
    assert [line["number"] for line in rest["items"]] == [4, 5]
    assert ada.pull(NAME, status=200).content_length == shown["image_size"]


def test_arguments_come_to_the_builder(registry, ada):
    order(ada, arguments={"VERSION": "1.2"})

    registry.run_jobs()

    image = ada.get("/api/v1/containers/ada/lab/blast/images/1", status=200).json
    assert image["inspection"]["labels"]["VERSION"] == "1.2"


def test_builds_are_listed_by_pages_the_newest_first(registry, ada, bob):
    builds = [order(ada, name=f"ada/lab/blast:{number}")["id"] for number in range(3)]
    order(bob, name="bob/lab/blast:1")

    found = ada.get(f"{BUILDS}?limit=2", status=200).json
    more = ada.get(f"{BUILDS}?limit=2&after={found['next_after']}", status=200).json

    listed = [one["id"] for one in found["items"] + more["items"]]
    assert sorted(listed) == sorted(builds)
    assert more["next_after"] is None
    registry.run_jobs()
    waiting = ada.get(f"{BUILDS}?state=queued,running&mine=true", status=200).json
    assert waiting["items"] == []
    done = ada.get(f"{BUILDS}?state=succeeded&collection=ada/lab", status=200).json
    assert len(done["items"]) == 3


def test_everybody_sees_their_own_builds_and_those_of_where_they_may_push(registry, ada, bob):
    """Page by page, and each once, however it is that they may see it."""
    admin = registry.user("root", is_admin=True)
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"}, status=201)
    ada.put("/api/v1/collections/ada/lab/grants/users/bob", {"role": "writer"}, status=200)
    of_ada, of_bob = [], []
    for number in range(2):
        of_ada.append(order(ada, name=f"ada/lab/blast:{number}")["id"])
        of_bob.append(order(bob, name=f"ada/lab/bowtie:{number}")["id"])
        of_ada.append(order(ada, name=f"ada/own/blast:{number}")["id"])
        of_bob.append(order(bob, name=f"bob/lab/blast:{number}")["id"])
        registry.clock.move(timedelta(minutes=1))
    everything = {*of_ada, *of_bob}

    def listed(actor):
        found, after = [], ""
        while after is not None:
            page = actor.get(f"{BUILDS}?limit=3{after}", status=200).json
            found += page["items"]
            after = f"&after={page['next_after']}" if page["next_after"] else None
        times = [one["ordered_at"] for one in found]
        assert times == sorted(times, reverse=True)
        return sorted(one["id"] for one in found)

    assert listed(admin) == sorted(everything)
    assert listed(ada) == sorted(everything - {of_bob[1], of_bob[3]})
    assert listed(bob) == sorted(everything - {of_ada[1], of_ada[3]})
    assert listed(registry.with_scope(admin, Scope.PULL)) == []
    assert listed(registry.with_scope(bob, Scope.PULL)) == sorted(of_bob)


def test_what_somebody_has_ordered_who_is_gone_is_not_a_strangers(registry, ada, bob):
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"}, status=201)
    ada.put("/api/v1/collections/ada/lab/grants/users/bob", {"role": "writer"}, status=200)
    build = order(bob)["id"]
    with registry.parts.unit()() as services:
        services.account_changes.delete(services.accounts.find("bob"), typed="bob")

    (shown,) = ada.get(BUILDS, status=200).json["items"]
    assert (shown["id"], shown["ordered_by"]) == (build, None)
    assert registry.stranger.get(BUILDS, status=200).json["items"] == []
    registry.stranger.get(f"{BUILDS}/{build}", status=404)


def test_a_build_is_cancelled_and_tried_again(registry, ada):
    build = order(ada)["id"]

    ada.post(f"{BUILDS}/{build}/cancel", status=200)
    ada.post(f"{BUILDS}/{build}/cancel", status=409)
    again = ada.post(f"{BUILDS}/{build}/retry", status=201).json
    registry.run_jobs()

    assert ada.get(f"{BUILDS}/{build}", status=200).json["state"] == "cancelled"
    assert ada.get(f"{BUILDS}/{again['id']}", status=200).json["state"] == "succeeded"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("state=done", "is none of queued"),
        ("mine=yes", "neither true nor false"),
        ("after=nothing", "does not exist"),
        ("limit=0", "is not between"),
    ],
)
def test_a_list_that_cannot_be_made_is_refused_with_the_reason(ada, query, words):
    answer = ada.get(f"{BUILDS}?{query}", expect_errors=True)

    assert answer.status_int in (400, 404)
    assert words in answer.json["error"]["message"]


def test_without_a_builder_an_order_is_refused(make_api):
    ada = make_api().user("ada")

    refusal = ada.post(BUILDS, {"name": NAME, "definition": "x"}, status=400)

    assert "names no builder" in refusal.json["error"]["message"]
