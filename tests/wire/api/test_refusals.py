"""What is sent wrongly is refused, and the refusal says what is wrong."""

import json
from itertools import product
from urllib.parse import quote

import pytest

LAB = "/api/v1/collections/ada/lab"


@pytest.fixture
def lab(ada):
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"}, status=201)
    return LAB


TAKES = "it takes entity, collection, private, description, require_signed, allowed_signers"
NEW = {"entity": "ada", "collection": "x"}
BODIES = [
    (b"{", "the request is no JSON"),
    (b"\xff\xfe{}", "the request is no JSON"),
    (b"[" * 100_000, "the request is no JSON"),
    (b"[]", "the request is no JSON object"),
    (b'"text"', "the request is no JSON object"),
    (b"null", "the request is no JSON object"),
    (b"", "entity is missing"),
    (b"{}", "entity is missing"),
    ({"entity": 1}, "entity must be a text, and is 1"),
    ({"entity": None}, "entity must be a text, and is null"),
    ({"entity": ["ada"]}, 'entity must be a text, and is ["ada"]'),
    ({"entity": "a\0"}, "entity holds a sign that is no text"),
    ({"entity": "\ud800"}, "entity holds a sign that is no text"),
    ({"entity": "ada"}, "collection is missing"),
    ({**NEW, "private": "yes"}, 'private must be true or false, and is "yes"'),
    ({**NEW, "private": None}, "private must be true or false, and is null"),
    ({**NEW, "privat": True}, f'"privat" is no member of this request: {TAKES}'),
    ({**NEW, "Private": True}, f'"Private" is no member of this request: {TAKES}'),
    (b'{"entity": "ada", "entity": "bob"}', '"entity" comes twice'),
    ({**NEW, "description": "x" * 20_001}, "a description has at most 20000 characters"),
]


def test_a_body_that_is_wrong(ada, refusal):
    for body, message in BODIES:
        answer = ada.post("/api/v1/collections", body, status=400)
        assert refusal(answer) == (400, "malformed", message)


def test_a_body_that_is_too_large(ada, lab, refusal):
    answer = ada.patch(lab, {"description": "x" * (1 << 20)}, status=413)

    assert refusal(answer)[1] == "too_large"


NAMES = [
    ("collections/a.b/lab", "'a.b' is no name for an entity: 1 to 39"),
    ("collections/ada/-x", "'-x' is no name for a collection: 1 to 39"),
    (f"collections/ada/{'x' * 40}", "1 to 39 letters and digits"),
    ("containers/ada/lab/.x", "'.x' is no name for a container: 1 to 64"),
    ("containers/ada/lab/x%20y", "is no name for a container"),
    ("containers/ada/lab/x%00", "zero byte"),
    ("users/a%00", "zero byte"),
    ("collections?entity=a.b", "'a.b' is no name for an entity"),
]


def test_a_name_outside_the_rule_is_told_the_rule(ada, refusal):
    for path, rule in NAMES:
        status, code, message = refusal(ada.get(f"/api/v1/{path}", status=400))
        assert (status, code) == (400, "malformed")
        assert rule in message


def test_a_limit_that_cannot_be(admin, ada, lab, refusal):
    paths = ("users", "teams", "collections", "shares", "collections/ada/lab/containers")
    limits = ("0", "-1", "1001", "x", "", "1.5", "1e3", "9" * 400, "٣", "+1", " 1", "0x1")
    for path, limit in product(paths, limits):
        answer = admin.get(f"/api/v1/{path}?limit={quote(limit)}", status=400)
        assert "is not between 1 and 1000" in refusal(answer)[2]


QUERIES = [
    ("collections?page=2", "'page' is no query parameter of this address: it takes entity, "),
    ("registry?x", "'x' is no query parameter of this address: it takes none"),
    ("collections?limit=1&limit=2", "limit comes twice"),
    ("collections?after=%00", "after holds a zero byte"),
    ("collections?after=%ff", "the query is not UTF-8"),
]


def test_a_query_that_is_wrong(stranger, refusal):
    for path, message in QUERIES:
        assert message in refusal(stranger.get(f"/api/v1/{path}", status=400))[2]


def test_a_query_is_refused_with_every_method(ada, lab):
    ada.patch(f"{lab}?private=true", {"private": True}, status=400)
    ada.delete(f"{lab}?force=true", status=400)
    ada.get(lab, status=200)


def test_an_unknown_address_and_another_method_are_told_apart(ada, lab, stranger, refusal):
    unknown = stranger.get("/api/v1/nothing/here", status=404)
    slash = stranger.get("/api/v1/registry/", status=404)
    method = ada.delete("/api/v1/registry", status=405)
    other = ada.post(lab, {}, status=405)

    assert refusal(unknown) == (404, "not_found", "there is nothing at this address")
    assert refusal(slash)[0] == 404
    assert refusal(method) == (405, "method_not_allowed", "method not allowed")
    assert method.headers["Allow"] == "GET, HEAD"
    assert other.headers["Allow"] == "DELETE, GET, HEAD, PATCH"


def test_a_refusal_is_json_with_an_identifier_of_its_own(stranger):
    answers = [stranger.get(LAB, status=404) for _ in range(2)]

    assert len({answer.json["error"]["request_id"] for answer in answers}) == 2
    assert answers[0].content_type == "application/json"
    assert answers[0].headers["Cache-Control"] == "no-store"


def test_a_refused_change_changes_nothing(ada, meet, lab):
    bob = meet("bob")
    ada.put(f"{lab}/grants/users/bob", {"role": "writer"})
    ada.post(f"{lab}/containers", {"container": "blast", "description": "before"}, status=201)
    path = "/api/v1/containers/ada/lab/blast"

    # A writer describes, and does not freeze: all or nothing.
    bob.patch(path, {"description": "after", "frozen": True}, status=403)

    assert bob.get(path).json["description"] == "before"


def test_a_text_may_hold_any_language(ada, lab):
    text = "größe 🧬 \u202e \n\t"

    assert ada.patch(lab, {"description": text}, status=200).json["description"] == text
    assert json.loads(ada.get(lab).body)["description"] == text
