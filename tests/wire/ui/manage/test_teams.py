"""Teams on their pages: made, open, joined by invitation, left and deleted."""

from datetime import timedelta

import pytest

from sregistry_core.models import Membership

CREW = "/-/teams/crew"


@pytest.fixture
def crew(ada, bob, at_home, fill):
    """Ada's browser, after she has made the team crew."""
    browser = at_home("ada")
    fill(browser.open("/-/teams"), "/-/teams", name="Crew")
    return browser


def alert(page):
    """What the page complains of."""
    return page.html.find(attrs={"role": "alert"}).get_text()


def members(actor):
    """Who is in the team, and as what."""
    found = actor.get("/api/v1/teams/crew/members").json["items"]
    return {one["user"]: one["role"] for one in found}


def test_a_team_is_made_and_people_are_taken_in_and_out(crew, ada, fill):
    fill(crew.open(CREW), CREW, user="bob", role="member")
    # The last form that goes there takes somebody in; the others change roles.
    page = crew.open(CREW)
    form = [one for one in page.forms.values() if one.action == CREW][-1]
    form["user"] = "bob"
    form.submit(status=303, headers={"Accept": "text/html"})
    assert members(ada) == {"ada": "owner", "bob": "member"}

    page = crew.open(CREW)
    fill(page, f"{CREW}/remove", user="bob")
    assert members(ada) == {"ada": "owner"}
    page = fill(crew.open(CREW), CREW, 400, user="nobody-here", role="member")
    assert "the user nobody-here does not exist" in alert(page)


def test_an_invitation_works_once_through_sign_in(crew, ada, bob, registry, fill, browser):
    made = fill(crew.open(CREW), f"{CREW}/invitations", 200, lifetime="7d")
    link = made.html.find(id="secret").get_text()
    path = link.removeprefix("http://registry.test")
    assert path not in crew.open(CREW)

    away = browser.open(path, status=303)
    signed_in = browser.sign_in("bob", at=away.location.removeprefix("http://localhost"))
    assert signed_in.location.endswith(path)
    page = browser.open(path)
    assert "You, bob, are invited to the team crew" in page
    assert members(ada) == {"ada": "owner"}
    fill(page, path)

    assert members(ada) == {"ada": "owner", "bob": "member"}
    registry.user("carol")
    browser.app.reset()
    browser.sign_in("carol")
    browser.open(path, status=404)


def test_an_invitation_ends_and_is_revoked(crew, fill, at_home, registry):
    first = fill(crew.open(CREW), f"{CREW}/invitations", 200, lifetime="1d")
    second = fill(crew.open(CREW), f"{CREW}/invitations", 200, lifetime="30d")
    links = [
        page.html.find(id="secret").get_text().removeprefix("http://registry.test")
        for page in (first, second)
    ]
    bob = at_home("bob")
    registry.clock.move(timedelta(days=1))

    bob.open(links[0], status=404)
    bob.open(links[1], status=200)
    page = crew.open(CREW)
    action = next(f.action for f in page.forms.values() if f.action.endswith("/revoke"))
    fill(page, action)
    gone = bob.open(links[1], status=404)
    assert "was used, has expired or was revoked" in gone
    assert "was used, has expired or was revoked" in bob.open("/-/invitations/nonsense", status=404)


def test_a_member_who_follows_the_link_does_not_use_it_up(crew, fill):
    made = fill(crew.open(CREW), f"{CREW}/invitations", 200, lifetime="7d")
    path = made.html.find(id="secret").get_text().removeprefix("http://registry.test")

    assert "You are in this team already" in crew.open(path)
    assert "You are in this team already" in crew.open(path)


def test_everybody_joins_an_open_team_and_leaves_it(crew, ada, fill, at_home):
    bob = at_home("bob")
    assert "Open teams" not in bob.open("/-/teams")
    bob.open(CREW, status=404)
    fill(crew.open(CREW), f"{CREW}/open")

    fill(bob.open("/-/teams"), "/-/teams-join")
    assert members(ada)["bob"] == "member"
    fill(bob.open(CREW), f"{CREW}/leave")
    assert members(ada) == {"ada": "owner"}


def test_the_last_owner_stays(crew, fill):
    page = fill(crew.open(CREW), f"{CREW}/leave", 409)

    assert alert(page) == "ada is the last owner of the team crew."
    page = fill(crew.open(CREW), CREW, 409, user="ada", role="member")
    assert "is the last owner" in alert(page)


def test_a_team_goes_only_when_it_owns_nothing(crew, ada, fill):
    ada.post("/api/v1/collections", {"entity": "crew", "collection": "lab"}, status=201)
    page = crew.open(f"{CREW}/delete")
    assert "crew/lab" in page
    assert not any(form.action.endswith("/delete") for form in page.forms.values())
    token = page.forms[0]["csrf_token"].value
    said = crew.post(f"{CREW}/delete", {"csrf_token": token, "typed": "crew"}, status=409)
    assert "crew/lab" in said

    ada.delete("/api/v1/collections/crew/lab", status=204)
    page = fill(crew.open(f"{CREW}/delete"), f"{CREW}/delete", 400, typed="the crew")
    fill(page, f"{CREW}/delete", typed="crew")
    crew.open(CREW, status=404)
    ada.get("/api/v1/teams/crew", status=404)


def test_whom_a_directory_brought_is_not_changed_by_hand(crew, ada, bob, registry, fill):
    ada.put("/api/v1/teams/crew/members/bob", {"role": "member"}, status=200)
    with registry.parts.unit()() as services:
        team, user = services.teams.find("crew"), services.accounts.find("bob")
        services.db.get_one(Membership, (team.id, user.id)).through = "campus"

    page = crew.open(CREW)

    assert "Here through campus" in page
    assert "Take out bob" not in page
    token = page.forms[0]["csrf_token"].value
    said = crew.post(f"{CREW}/remove", {"csrf_token": token, "user": "bob"}, status=409)
    assert "take them out of the group there" in said


def test_robots_of_a_team_have_a_page(crew, ada, fill):
    made = fill(crew.open(f"{CREW}/robots"), f"{CREW}/robots", 200, robot="ci")

    secret = made.html.find(id="secret").get_text()
    assert secret not in crew.open(f"{CREW}/robots")
    renewed = fill(crew.open(f"{CREW}/robots"), f"{CREW}/robots/ci/renew", 200)
    assert renewed.html.find(id="secret").get_text() != secret
    fill(crew.open(f"{CREW}/robots"), f"{CREW}/robots/ci/remove")
    assert ada.get("/api/v1/teams/crew/robots").json["items"] == []
