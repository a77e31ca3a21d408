"""Users: oneself, and everybody for administrators."""

from sregistry_core.contracts import Scope
from sregistry_core.testing.registry import PASSWORD


def test_one_sees_oneself_and_how_far_ones_token_reaches(registry, ada, speak):
    me = ada.get("/api/v1/user", status=200).json
    pulling = speak(registry.with_scope(ada, Scope.PULL))

    assert (me["user"], me["is_admin"], me["disabled"], me["scope"]) == (
        "ada",
        False,
        False,
        "admin",
    )
    assert me["created_at"] == f"{registry.clock.now:%Y-%m-%dT%H:%M:%SZ}"
    assert pulling.get("/api/v1/user", status=200).json["scope"] == "pull"


def test_a_name_and_a_password_do_as_well_as_a_token(registry, speak):
    registry.user("eve")

    eve = speak(registry.with_password("eve"))

    assert eve.get("/api/v1/user", status=200).json["user"] == "eve"


def test_nobody_and_a_wrong_proof_are_asked_to_log_in(registry, stranger, ada, speak, refusal):
    ada.token = "sregistry_of_nobody"

    for person in (stranger, ada, speak(registry.with_password("ada", "wrong"))):
        answer = person.get("/api/v1/user", status=401)
        assert refusal(answer)[1] == "login_required"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_administrator_makes_a_user_who_logs_in(registry, admin, speak):
    made = admin.post(
        "/api/v1/users",
        {"user": "Eve", "email": "eve@example.org", "password": PASSWORD},
        status=201,
    )

    assert made.headers["Location"] == "http://registry.test/api/v1/users/eve"
    assert admin.get(made.headers["Location"], headers=admin.headers).json == made.json
    assert "password" not in made.text
    eve = speak(registry.with_password("eve"))
    assert eve.get("/api/v1/user").json["email"] == "eve@example.org"


def test_nobody_becomes_an_administrator_by_the_way(admin, ada, refusal):
    wanted = {"user": "eve", "is_admin": True}

    answer = admin.post("/api/v1/users", wanted, status=400)

    assert "is_admin" in refusal(answer)[2]
    ada.patch("/api/v1/users/ada", {"is_admin": True}, status=403)
    assert ada.get("/api/v1/user").json["is_admin"] is False


def test_names_outside_the_rule_taken_or_reserved_are_refused(admin, ada, refusal):
    outside = admin.post("/api/v1/users", {"user": "eve.x"}, status=400)
    taken = admin.post("/api/v1/users", {"user": "ADA"}, status=409)
    reserved = admin.post("/api/v1/users", {"user": "api"}, status=400)

    assert "1 to 39 letters and digits, with '-' only inside" in refusal(outside)[2]
    assert refusal(taken) == (409, "conflict", "the name ada is taken")
    assert "reserved" in refusal(reserved)[2]


def test_users_come_in_pages(admin, meet):
    names = ["a", "a-b", "a1", "ab", "abc"]
    for name in names:
        meet(name)

    found, address = [], "/api/v1/users?limit=1"
    while address:
        page = admin.get(address, headers=admin.headers, status=200)
        found += [user["user"] for user in page.json["items"]]
        address = page.headers.get("Link", "").partition(">")[0].removeprefix("<")
        assert bool(address) == (page.json["next_after"] is not None)

    assert found == sorted([*names, "root"])


def test_a_disabled_user_is_shut_out_and_let_in_again(admin, ada, refusal):
    changed = admin.patch("/api/v1/users/ada", {"disabled": True}, status=200).json

    assert changed["disabled"] and changed["disabled_at"]
    assert "disabled" in refusal(ada.get("/api/v1/user", status=401))[2]
    assert admin.patch("/api/v1/users/ada", {"disabled": False}).json["disabled_at"] is None
    ada.get("/api/v1/user", status=200)


def test_an_administrator_is_made_and_unmade_but_not_by_themselves(admin, ada):
    admin.patch("/api/v1/users/ada", {"is_admin": True}, status=200)

    ada.get("/api/v1/users", status=200)
    ada.patch("/api/v1/users/ada", {"is_admin": False}, status=403)
    ada.patch("/api/v1/users/ada", {"disabled": True}, status=403)
    both = ada.patch("/api/v1/users/root", {"is_admin": False, "disabled": True}, status=200).json
    assert both["disabled"] and not both["is_admin"]


def test_one_sets_ones_own_password_and_nobody_elses(registry, admin, ada, bob, speak):
    ada.put("/api/v1/users/ada/password", {"password": "a new password"}, status=204)
    bob.put("/api/v1/users/ada/password", {"password": "stolen by bob"}, status=404)
    admin.put("/api/v1/users/bob/password", {"password": "given by root"}, status=204)

    for name, password in (("ada", "a new password"), ("bob", "given by root")):
        speak(registry.with_password(name, password)).get("/api/v1/user", status=200)


def test_a_password_that_is_too_short_is_refused(ada, refusal):
    answer = ada.put("/api/v1/users/ada/password", {"password": "short"}, status=400)

    assert refusal(answer)[2] == "a password has at least 8 characters"


def test_somebody_else_looks_like_nobody(registry, ada, bob, admin, speak, same):
    there = bob.get("/api/v1/users/ada", status=404)
    pulling_admin = speak(registry.with_scope(admin, Scope.PULL))
    pulling_admin.get("/api/v1/users/ada", status=404)
    admin.patch("/api/v1/users/ada", {"disabled": True})

    same(there, bob.get("/api/v1/users/ada", status=404))
    assert (
        bob.get("/api/v1/users/adx", status=404).json["error"]["message"].replace("adx", "ada")
        == (there.json["error"]["message"])
    )
