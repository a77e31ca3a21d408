"""Collections and grants."""

import pytest

LAB = "/api/v1/collections/ada/lab"


@pytest.fixture
def lab(ada):
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"}, status=201)
    return LAB


def test_a_collection_is_made_shown_and_described(ada):
    made = ada.post(
        "/api/v1/collections",
        {"entity": "ada", "collection": "Lab", "private": True, "description": "mine"},
        status=201,
    )

    assert made.headers["Location"] == "http://registry.test/api/v1/collections/ada/lab"
    assert made.json["name"] == "ada/lab"
    assert made.json["private"] is True
    assert ada.get(LAB, status=200).json == made.json

    changed = ada.patch(LAB, {"description": "ours", "private": False}, status=200).json
    assert (changed["description"], changed["private"]) == ("ours", False)
    assert ada.patch(LAB, {"description": ""}, status=200).json["private"] is False


def test_a_change_that_names_nothing_is_refused(ada, lab, refusal):
    answer = ada.patch(lab, {}, status=400)

    assert refusal(answer)[2] == (
        "there is nothing to change: name private or description or frozen or topics or"
        " require_signed or allowed_signers"
    )


def test_a_collection_is_deleted_when_it_is_empty(ada, bob, lab, refusal):
    ada.put(f"{lab}/grants/users/bob", {"role": "reader"}, status=200)
    ada.post(f"{lab}/containers", {"container": "blast"}, status=201)
    full = ada.delete(lab, status=409)
    assert refusal(full)[2] == "ada/lab still holds containers: delete them first"

    ada.delete("/api/v1/containers/ada/lab/blast", status=204)
    ada.delete(lab, status=204)

    ada.get(lab, status=404)
    ada.delete(lab, status=404)


def test_a_hidden_collection_looks_like_none(ada, bob, stranger, same):
    paths = [LAB, f"{LAB}/grants", f"{LAB}/containers"]

    def ask(person):
        yield from (person.get(path, status=404) for path in paths)
        yield person.patch(LAB, {"private": False}, status=404)
        yield person.delete(LAB, status=404)
        yield person.put(f"{LAB}/grants/users/bob", {"role": "owner"}, status=404)
        yield person.post(f"{LAB}/containers", {"container": "blast"}, status=404)
        yield person.get("/api/v1/collections/ADA/Lab", status=404)

    absent = [one for person in (bob, stranger) for one in ask(person)]
    wanted = {"entity": "ada", "collection": "lab", "private": True}
    ada.post("/api/v1/collections", wanted, status=201)
    hidden = [one for person in (bob, stranger) for one in ask(person)]

    for one, other in zip(absent, hidden, strict=True):
        same(one, other)


def test_lists_show_what_one_may_see(ada, bob, stranger, admin):
    for name, private in (("open", False), ("closed", True)):
        ada.post("/api/v1/collections", {"entity": "ada", "collection": name, "private": private})

    def names(person, query=""):
        found = person.get(f"/api/v1/collections{query}", status=200).json["items"]
        return [one["name"] for one in found]

    assert names(ada) == names(admin) == ["ada/closed", "ada/open"]
    assert names(bob) == names(stranger) == ["ada/open"]
    assert names(bob, "?entity=ada") == ["ada/open"]
    assert names(bob, "?entity=nobody") == []


def test_pages_are_right_for_names_that_begin_with_each_other(ada, meet):
    a, ab = meet("a"), meet("a-b")
    for person, name in ((a, "b"), (a, "b-c"), (a, "b1"), (ab, "b"), (ab, "c")):
        person.post("/api/v1/collections", {"entity": person.name, "collection": name}, status=201)

    whole = [one["name"] for one in ada.get("/api/v1/collections").json["items"]]
    found, query = [], ""
    while query is not None:
        page = ada.get(f"/api/v1/collections?limit=1{query}", status=200).json
        found += [one["name"] for one in page["items"]]
        query = page["next_after"] and f"&after={page['next_after']}"

    assert found == whole
    assert sorted(found) == ["a-b/b", "a-b/c", "a/b", "a/b-c", "a/b1"]


def test_the_next_page_keeps_what_was_asked_for(ada, bob):
    for name in ("one", "two"):
        ada.post("/api/v1/collections", {"entity": "ada", "collection": name})
    bob.post("/api/v1/collections", {"entity": "bob", "collection": "three"})

    page = bob.get("/api/v1/collections?entity=ada&limit=1", status=200)

    assert page.json["next_after"] == "ada/one"
    assert page.headers["Link"] == (
        '<http://registry.test/api/v1/collections?entity=ada&limit=1&after=ada%2Fone>; rel="next"'
    )


def test_nobody_makes_collections_for_others(ada, bob, lab, stranger, refusal):
    wanted = {"entity": "ada", "collection": "mine"}

    assert refusal(bob.post("/api/v1/collections", wanted, status=403))[1] == "not_allowed"
    assert refusal(stranger.post("/api/v1/collections", wanted, status=401))[1] == "login_required"
    taken = {"entity": "ada", "collection": "lab"}
    assert refusal(ada.post("/api/v1/collections", taken, status=409))[1] == "conflict"


def test_an_entity_one_sees_nothing_of_looks_like_none(ada, bob, same, refusal):
    hidden = bob.post("/api/v1/collections", {"entity": "ada", "collection": "x"}, status=404)

    absent = bob.post("/api/v1/collections", {"entity": "adx", "collection": "x"}, status=404)

    assert refusal(hidden)[2].replace("ada", "adx") == refusal(absent)[2]


def test_a_registry_of_private_collections_says_no_to_a_public_one(make_api, speak, refusal):
    registry = make_api(private_only="true")
    ada = speak(registry.user("ada"))

    answer = ada.post(
        "/api/v1/collections",
        {"entity": "ada", "collection": "lab", "private": False},
        status=403,
    )

    assert refusal(answer)[2] == "every collection of this registry is private"


def test_roles_are_given_listed_and_taken(ada, bob, meet, lab):
    ada.patch(lab, {"private": True})
    eve = meet("eve")
    eve.post("/api/v1/teams", {"team": "genomics"}, status=201)

    given = ada.put(f"{lab}/grants/users/BOB", {"role": "writer"}, status=200).json
    again = ada.put(f"{lab}/grants/users/bob", {"role": "writer"}, status=200).json
    ada.put(f"{lab}/grants/teams/genomics", {"role": "reader"}, status=200)

    assert given == again == {"user": "bob", "team": None, "role": "writer"}
    assert ada.get(f"{lab}/grants", status=200).json == {
        "items": [given, {"user": None, "team": "genomics", "role": "reader"}],
        "next_after": None,
    }
    eve.get(lab, status=200)
    bob.post(f"{lab}/containers", {"container": "blast"}, status=201)

    ada.put(f"{lab}/grants/users/bob", {"role": "reader"}, status=200)
    bob.post(f"{lab}/containers", {"container": "other"}, status=403)
    for path in ("users/bob", "teams/genomics"):
        ada.delete(f"{lab}/grants/{path}", status=204)
        ada.delete(f"{lab}/grants/{path}", status=404)
    bob.get(lab, status=404)
    eve.get(lab, status=404)


def test_a_role_for_nobody_or_of_no_kind_is_refused(ada, bob, lab, refusal):
    assert refusal(ada.put(f"{lab}/grants/users/eve", {"role": "reader"}, status=404))[2] == (
        "the user eve does not exist"
    )
    assert refusal(ada.put(f"{lab}/grants/teams/eve", {"role": "reader"}, status=404))[2] == (
        "the team eve does not exist"
    )
    assert refusal(ada.put(f"{lab}/grants/users/bob", {"role": "king"}, status=400))[2] == (
        'role must be one of reader, writer, owner, and is "king"'
    )
    assert refusal(ada.put(f"{lab}/grants/users/bob", {}, status=400))[2] == "role is missing"


def test_the_type_of_a_body_does_not_matter_as_curl_names_another(ada):
    ada.post(
        "/api/v1/collections",
        {"entity": "ada", "collection": "lab"},
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        status=201,
    )

    ada.get(LAB, status=200)
