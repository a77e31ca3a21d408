"""Teams: made by anybody, changed by their owners."""


def test_a_team_is_made_filled_and_owns_collections(ada, bob):
    made = ada.post("/api/v1/teams", {"team": "Genomics"}, status=201)
    assert made.headers["Location"].endswith("/api/v1/teams/genomics")
    assert ada.get("/api/v1/teams/genomics", status=200).json == made.json
    bob.get("/api/v1/teams/genomics", status=404)

    taken_in = ada.put("/api/v1/teams/genomics/members/bob", {"role": "member"}, status=200)

    assert taken_in.json == {"user": "bob", "role": "member", "through": None}
    members = bob.get("/api/v1/teams/genomics/members", status=200).json["items"]
    assert [(one["user"], one["role"]) for one in members] == [("ada", "owner"), ("bob", "member")]
    wanted = {"entity": "genomics", "collection": "lab"}
    bob.post("/api/v1/collections", wanted, status=201)


def test_a_repeated_put_changes_nothing_and_another_role_is_taken(ada, bob):
    ada.post("/api/v1/teams", {"team": "genomics"})
    path = "/api/v1/teams/genomics/members/bob"

    first = ada.put(path, {"role": "member"}, status=200)
    second = ada.put(path, {"role": "member"}, status=200)

    assert first.json == second.json
    bob.put(path, {"role": "owner"}, status=403)
    ada.put(path, {"role": "owner"}, status=200)
    bob.put("/api/v1/teams/genomics/members/ada", {"role": "member"}, status=200)


def test_who_is_taken_out_loses_what_the_team_gave(ada, bob, same):
    ada.post("/api/v1/teams", {"team": "genomics"})
    path = "/api/v1/teams/genomics/members/bob"
    ada.put(path, {"role": "member"})
    ada.post("/api/v1/collections", {"entity": "genomics", "collection": "lab", "private": True})
    bob.get("/api/v1/collections/genomics/lab", status=200)

    ada.delete(path, status=204)

    bob.get("/api/v1/collections/genomics/lab", status=404)
    bob.get("/api/v1/teams/genomics", status=404)
    ada.delete(path, status=404)


def test_the_last_owner_stays(ada, bob, refusal):
    ada.post("/api/v1/teams", {"team": "genomics"})
    ada.put("/api/v1/teams/genomics/members/bob", {"role": "member"})
    path = "/api/v1/teams/genomics/members/ada"

    assert refusal(ada.delete(path, status=409))[1] == "conflict"
    ada.put(path, {"role": "member"}, status=409)


def test_one_lists_ones_own_teams_and_an_administrator_all(ada, bob, admin, stranger):
    for name in ("gen", "gen-1", "genomics"):
        ada.post("/api/v1/teams", {"team": name}, status=201)
    bob.post("/api/v1/teams", {"team": "physics"}, status=201)

    def names(person, query=""):
        page = person.get(f"/api/v1/teams{query}", status=200).json
        return [team["team"] for team in page["items"]]

    assert names(ada) == ["gen", "gen-1", "genomics"]
    assert names(bob) == ["physics"]
    assert names(admin) == ["gen", "gen-1", "genomics", "physics"]
    assert names(ada, "?limit=1&after=gen") == ["gen-1"]
    stranger.get("/api/v1/teams", status=401)


def test_a_team_one_is_not_in_looks_like_none(ada, bob, admin, same):
    ask = [
        lambda: bob.get("/api/v1/teams/genomics", status=404),
        lambda: bob.get("/api/v1/teams/genomics/members", status=404),
        lambda: bob.put("/api/v1/teams/genomics/members/bob", {"role": "owner"}, status=404),
        lambda: bob.delete("/api/v1/teams/genomics/members/ada", status=404),
    ]
    absent = [one() for one in ask]
    ada.post("/api/v1/teams", {"team": "genomics"}, status=201)
    hidden = [one() for one in ask]

    for one, other in zip(absent, hidden, strict=True):
        same(one, other)


def test_a_taken_name_is_a_conflict_and_an_unknown_user_is_not_there(ada, bob, refusal):
    ada.post("/api/v1/teams", {"team": "genomics"})

    taken = [ada.post("/api/v1/teams", {"team": name}, status=409) for name in ("bob", "GENOMICS")]
    unknown = ada.put("/api/v1/teams/genomics/members/eve", {"role": "member"}, status=404)

    assert refusal(taken[0])[2] == "the name bob is taken"
    assert refusal(unknown)[2] == "the user eve does not exist"
