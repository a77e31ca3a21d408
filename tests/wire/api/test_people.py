"""Invitations, open teams, browsers that are signed in, and news."""

from datetime import timedelta

from sregistry_core.names import CollectionName


def test_an_invitation_works_once_for_whoever_has_its_secret(registry, ada, bob, meet):
    ada.post("/api/v1/teams", {"team": "genomics"}, status=201)
    path = "/api/v1/teams/genomics/invitations"

    made = ada.post(path, {"role": "owner", "lifetime_seconds": 3600}, status=201)
    shown = ada.get(path, status=200).json["items"]
    secret = made.json["secret"]

    assert made.json["web_url"] == f"http://registry.test/-/invitations/{secret}"
    assert shown == [{k: made.json[k] for k in ("id", "role", "created_at", "expires_at")}]
    assert made.headers["Location"] == f"http://registry.test{path}/{shown[0]['id']}"
    assert ada.get(f"{path}/{shown[0]['id']}", status=200).json == shown[0]
    bob.get(path, status=404)
    invited = bob.get(f"/api/v1/invitations/{secret}", status=200).json
    assert (invited["team"], invited["role"], invited["is_member"]) == ("genomics", "owner", False)

    joined = bob.post(f"/api/v1/invitations/{secret}/accept", status=200).json

    assert joined["team"] == "genomics"
    assert bob.get(path, status=200).json["items"] == []
    meet("carl").post(f"/api/v1/invitations/{secret}/accept", status=404)


def test_an_invitation_that_is_over_or_revoked_is_absent(registry, ada, bob, stranger):
    ada.post("/api/v1/teams", {"team": "genomics"}, status=201)
    path = "/api/v1/teams/genomics/invitations"
    short = ada.post(path, {"lifetime_seconds": 60}, status=201).json
    revoked = ada.post(path, status=201).json
    assert (revoked["role"], short["role"]) == ("member", "member")

    ada.delete(f"{path}/{revoked['id']}", status=204)
    stranger.get(f"/api/v1/invitations/{short['secret']}", status=401)
    registry.clock.move(timedelta(minutes=2))

    for one in (short, revoked):
        bob.get(f"/api/v1/invitations/{one['secret']}", status=404)
        bob.post(f"/api/v1/invitations/{one['secret']}/accept", status=404)
        ada.get(f"{path}/{one['id']}", status=404)
    ada.delete(f"{path}/{revoked['id']}", status=404)
    ada.post(path, {"lifetime_seconds": 91 * 86400}, status=400)
    ada.post(path, {"role": "king"}, status=400)


def test_everybody_joins_an_open_team_and_leaves_it(ada, bob, stranger):
    ada.post("/api/v1/teams", {"team": "genomics"}, status=201)
    bob.post("/api/v1/open-teams/genomics/join", status=404)
    bob.patch("/api/v1/teams/genomics", {"open": True}, status=404)

    assert ada.patch("/api/v1/teams/genomics", {"open": True}, status=200).json["open"] is True
    assert [one["team"] for one in bob.get("/api/v1/open-teams").json["items"]] == ["genomics"]
    bob.post("/api/v1/open-teams/genomics/join", status=200)
    bob.post("/api/v1/open-teams/genomics/join", status=409)
    bob.patch("/api/v1/teams/genomics", {"open": False}, status=403)

    bob.delete("/api/v1/teams/genomics/members/bob", status=204)
    ada.patch("/api/v1/teams/genomics", {"open": False}, status=200)
    assert bob.get("/api/v1/open-teams").json["items"] == []
    stranger.get("/api/v1/open-teams", status=401)


def test_browsers_are_listed_and_signed_out(registry, ada, bob, admin):
    with registry.parts.unit()() as services:
        user = services.accounts.find("ada")
        for agent in ("Firefox", "Chromium", "Safari"):
            services.authentication.begin_session(user, "192.0.2.1", agent=agent)
    path = "/api/v1/users/ada/sessions"

    shown = ada.get(path, status=200).json["items"]

    assert {one["agent"] for one in shown} == {"Firefox", "Chromium", "Safari"}
    assert {one["address"] for one in shown} == {"192.0.2.1"}
    bob.get(path, status=404)
    bob.delete(path, status=404)
    ada.delete(f"{path}/{shown[0]['session']}", status=204)
    ada.delete(f"{path}/{shown[0]['session']}", status=404)
    assert len(admin.get(path, status=200).json["items"]) == 2
    admin.delete(path, status=204)
    assert ada.get(path, status=200).json["items"] == []


def test_news_are_what_others_did_until_they_are_marked(registry, ada, admin, stranger):
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"}, status=201)
    registry.clock.move(timedelta(minutes=1))
    for description in ("one", "two"):
        with registry.parts.unit()() as services:
            found = services.catalog.collection(CollectionName("ada", "lab"))
            services.catalog.change_collection(found, description=description)

    first = ada.get("/api/v1/user/news?limit=1", status=200).json
    whole = ada.get("/api/v1/user/news", status=200).json["items"]

    assert [one["action"] for one in whole] == ["collection.describe"] * 2
    assert all(one["is_new"] and one["collection"] == "ada/lab" for one in whole)
    assert first["items"] == whole[:1]
    rest = ada.get(
        f"/api/v1/user/news?limit=1&after={first['next_after'].replace('+', '%2B')}", status=200
    )
    assert rest.json["items"] == whole[1:]
    ada.get("/api/v1/user/news?after=x", status=400)
    ada.put("/api/v1/user/news/seen", status=204)
    assert not any(one["is_new"] for one in ada.get("/api/v1/user/news").json["items"])
    stranger.get("/api/v1/user/news", status=401)
