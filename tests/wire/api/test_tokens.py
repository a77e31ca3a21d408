"""Tokens: shown once, listed without their secret, revoked at once."""

from datetime import timedelta

from sregistry_core.contracts import Scope


def test_a_token_is_made_shown_once_and_works(registry, ada, speak):
    made = ada.post(
        "/api/v1/tokens",
        {"name": "nightly", "scope": "push", "lifetime_seconds": 3600},
        status=201,
    )

    token = made.json
    assert (token["name"], token["scope"], token["user"]) == ("nightly", "push", "ada")
    again = ada.get(made.headers["Location"], headers=ada.headers, status=200)
    assert again.json == {name: token[name] for name in token if name != "secret"}
    listed = ada.get("/api/v1/tokens", status=200)
    assert token["id"] in [one["id"] for one in listed.json["items"]]
    assert token["secret"] not in listed.text + again.text

    ada.token = token["secret"]
    assert ada.get("/api/v1/user", status=200).json["scope"] == "push"
    registry.clock.move(timedelta(hours=2))
    ada.get("/api/v1/user", status=401)


def test_without_a_lifetime_the_settings_say_it(make_api, speak):
    registry = make_api(token_lifetime="7d")
    ada = speak(registry.user("ada"))

    token = ada.post("/api/v1/tokens", {"scope": "pull"}, status=201).json

    expires = registry.clock.now + timedelta(days=7)
    assert token["expires_at"] == f"{expires:%Y-%m-%dT%H:%M:%SZ}"


def test_a_revoked_token_does_not_work_any_more(ada):
    token = ada.post("/api/v1/tokens", {"scope": "pull"}).json
    before = ada.token

    ada.delete(f"/api/v1/tokens/{token['id']}", status=204)

    ada.delete(f"/api/v1/tokens/{token['id']}", status=404)
    ada.token = token["secret"]
    ada.get("/api/v1/user", status=401)
    ada.token = before
    ada.get("/api/v1/user", status=200)


def test_a_token_never_makes_a_token(registry, ada, speak):
    for scope in (Scope.PULL, Scope.PUSH):
        lesser = speak(registry.with_scope(ada, scope))
        lesser.post("/api/v1/tokens", {"scope": "pull"}, status=403)
        lesser.get("/api/v1/tokens", status=403)


def test_somebody_elses_token_looks_like_none(ada, bob, same):
    token = ada.post("/api/v1/tokens", {"scope": "pull"}).json
    path = f"/api/v1/tokens/{token['id']}"

    hidden = [bob.get(path, status=404), bob.delete(path, status=404)]
    ada.delete(path, status=204)
    absent = [bob.get(path, status=404), bob.delete(path, status=404)]

    for one, other in zip(hidden, absent, strict=True):
        same(one, other)


def test_administrators_make_list_and_revoke_tokens_of_others(admin, ada, bob):
    path = "/api/v1/users/ada/tokens"
    made = admin.post(path, {"scope": "pull", "name": "for a robot"}, status=201).json

    assert made["user"] == "ada"
    assert made["id"] in [one["id"] for one in admin.get(path, status=200).json["items"]]
    assert ada.get(path, status=200).json == ada.get("/api/v1/tokens").json
    bob.get(path, status=404)
    bob.post(path, {"scope": "pull"}, status=404)
    admin.delete(f"/api/v1/tokens/{made['id']}", status=204)


def test_a_lifetime_or_a_scope_that_cannot_be_is_refused(ada, refusal):
    for lifetime in (0, -1, 10**30, 1.5, "7d", True, None):
        answer = ada.post(
            "/api/v1/tokens", {"scope": "pull", "lifetime_seconds": lifetime}, status=400
        )
        assert "lifetime_seconds" in refusal(answer)[2]
    answer = ada.post("/api/v1/tokens", {"scope": "everything"}, status=400)
    assert refusal(answer)[2] == 'scope must be one of pull, push, admin, and is "everything"'
    ada.post("/api/v1/tokens", {"scope": "pull", "name": "x" * 81}, status=400)
