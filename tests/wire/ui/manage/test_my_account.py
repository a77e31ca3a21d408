"""Profile, password, sessions, the end of an account, and news."""

from datetime import timedelta

import pytest

from sregistry_core.testing.browser import Browser
from sregistry_core.testing.registry import PASSWORD
from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.statements import statements_of

ACCOUNT = "/auth/account"


@pytest.fixture
def home(ada, at_home):
    """Ada's browser."""
    return at_home("ada")


def alert(page):
    """What the page complains of."""
    return page.html.find(attrs={"role": "alert"}).get_text()


def change_password(browser, fill, status=303, old=PASSWORD, new="another long one", again=None):
    """Fill in the form."""
    return fill(
        browser.open(f"{ACCOUNT}/profile"),
        f"{ACCOUNT}/password",
        status,
        old_password=old,
        new_password=new,
        again_password=new if again is None else again,
    )


def test_a_profile_is_described(home, fill):
    page = home.open(f"{ACCOUNT}/profile")
    fill(page, f"{ACCOUNT}/profile", full_name="Ada Lovelace", email="ada@example.net")

    page = home.open(f"{ACCOUNT}/profile")
    assert page.html.find(id="full-name")["value"] == "Ada Lovelace"
    assert page.html.find(id="email")["value"] == "ada@example.net"
    page = fill(page, f"{ACCOUNT}/profile", 400, email="nonsense")
    assert "is no mail address" in alert(page)


def test_a_password_is_changed_with_the_old_one_and_ends_other_sessions(home, fill, registry):
    other = Browser(registry)
    other.sign_in("ada", status=303)

    page = change_password(home, fill, 400, old="a wrong guess")
    assert alert(page) == "the old password is wrong."
    assert "a wrong guess" not in page
    page = change_password(home, fill, 400, again="something else")
    assert "in two ways" in alert(page)
    page = change_password(home, fill, 400, new="short")
    assert "a password has at least" in alert(page)
    other.open(ACCOUNT, status=200)
    change_password(home, fill)

    home.open(ACCOUNT, status=200)
    other.open(ACCOUNT, status=303)
    other.sign_in("ada", status=401)
    other.sign_in("ada", "another long one", status=303)


def test_sessions_are_listed_and_ended(home, fill, registry):
    registry.clock.move(timedelta(minutes=1))
    other = Browser(registry)
    form = other.open("/auth/sign-in").forms[0]
    form["name"], form["password"] = "ada", PASSWORD
    form.submit(headers={"Accept": "text/html", "User-Agent": "Netscape 4.7\x01"}, status=303)

    page = home.open(f"{ACCOUNT}/sessions")
    listed = [" ".join(one.get_text(" ").split()) for one in page.html.select(".rows > li")]
    assert listed[0].startswith("Netscape 4.7")
    assert "This one" in listed[1]
    action = next(
        form.action
        for form in page.forms.values()
        if form.action.endswith("/end") and "sessions" in form.action
    )
    fill(page, action)
    other.open(ACCOUNT, status=303)
    home.open(ACCOUNT, status=200)

    for _ in range(2):
        Browser(registry).sign_in("ada", status=303)
    fill(home.open(f"{ACCOUNT}/sessions"), f"{ACCOUNT}/sessions/end-others")
    assert len(home.open(f"{ACCOUNT}/sessions").html.select(".rows > li")) == 1


def test_nobody_ends_sessions_of_others(home, bob, registry):
    bobs = Browser(registry)
    bobs.sign_in("bob", status=303)
    with registry.parts.unit()() as services:
        key = services.browser_sessions.of(services.accounts.find("bob"))[0].key
    token = home.open(ACCOUNT).forms[0]["csrf_token"].value

    home.post(f"{ACCOUNT}/sessions/{key}/end", {"csrf_token": token}, status=400)

    bobs.open(ACCOUNT, status=200)


def test_an_account_with_images_goes_only_when_that_is_said(home, ada, bob, fill, registry):
    ada.push("ada/lab/blast:1", make_sif())
    bob.post("/api/v1/collections", {"entity": "bob", "collection": "box"}, status=201)
    bob.put("/api/v1/collections/bob/box/grants/users/ada", {"role": "writer"}, status=200)
    ada.push("bob/box/blast:1", make_sif(labels={"for": "bob"}))

    page = home.open(f"{ACCOUNT}/delete")
    assert "ada/lab" in page
    page = fill(page, f"{ACCOUNT}/delete", 409, typed="ada")
    assert "owns 1 collections with 1 images" in alert(page)
    page = fill(page, f"{ACCOUNT}/delete", 400, typed="ADA")
    assert "type ada to delete it" in alert(page)
    form = next(one for one in page.forms.values() if one.action == f"{ACCOUNT}/delete")
    form["with_collections"] = True
    form["typed"] = "ada"
    form.submit(headers={"Accept": "text/html"}, status=303)

    home.open(ACCOUNT, status=303)
    ada.get("/api/v1/tokens", status=401)
    bob.pull("bob/box/blast:1", status=200)
    bob.get("/api/v1/collections/ada/lab", status=404)
    registry.user("ada")


def test_what_goes_with_an_account_is_listed_by_pages(home, ada, fill, registry, monkeypatch):
    monkeypatch.setattr("sregistry_core.protocols.ui.manage.profile_views.SHOWN_AT_ONCE", 2)
    path = f"{ACCOUNT}/delete"
    ada.push("ada/e/blast:1", make_sif())

    def asked():
        home.open(path, status=200)
        with statements_of(registry.parts.database) as sent:
            home.open(path, status=200)
        return len(sent)

    few = asked()
    for name in ("a", "a-b", "ab", "b"):
        ada.post("/api/v1/collections", {"entity": "ada", "collection": name}, status=201)

    seen, address = [], path
    while address is not None:
        page = home.open(address, status=200)
        seen.append([link.get_text() for link in page.html.select(".rows a.what")])
        assert "with 1 image" in page
        following = page.html.find("a", string="Next page")
        address = following and following["href"]

    assert seen == [["ada/a", "ada/a-b"], ["ada/ab", "ada/b"], ["ada/e"]]
    assert asked() == few
    refused = fill(home.open(path), path, 409, typed="ada")
    assert "owns 5 collections with 1 images" in alert(refused)


def test_the_last_owner_of_a_team_stays_until_somebody_else_owns_it(home, ada, bob, fill):
    ada.post("/api/v1/teams", {"team": "crew"}, status=201)

    page = home.open(f"{ACCOUNT}/delete")
    assert "You are the last owner of these teams" in page
    token = page.forms[0]["csrf_token"].value
    fields = {"csrf_token": token, "typed": "ada"}
    assert "crew" in home.post(f"{ACCOUNT}/delete", fields, status=409)
    ada.put("/api/v1/teams/crew/members/bob", {"role": "owner"}, status=200)
    fill(home.open(f"{ACCOUNT}/delete"), f"{ACCOUNT}/delete", typed="ada")
    assert [one["user"] for one in bob.get("/api/v1/teams/crew/members").json["items"]] == ["bob"]


def test_the_last_administrator_stays(admin, at_home, fill):
    page = at_home("root").open(f"{ACCOUNT}/delete")

    page = fill(page, f"{ACCOUNT}/delete", 409, typed="root")

    assert "is the last administrator" in alert(page)


def test_news_tell_what_others_did(home, ada, bob, fill, registry):
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"}, status=201)
    ada.put("/api/v1/collections/ada/lab/grants/users/bob", {"role": "writer"}, status=200)
    assert "Nothing has happened yet" in home.open("/-/news")
    registry.clock.move(timedelta(minutes=1))
    bob.push("ada/lab/blast:1", make_sif())

    page = home.open("/-/news")
    said = [one.get_text(" ", strip=True) for one in page.html.select(".rows .what")]
    assert said == ["bob pushed an image to ada/lab/blast New"]
    assert page.html.find(class_="unread-count").get_text(" ", strip=True) == "1 unread"
    fill(page, "/-/news/seen")
    page = home.open("/-/news")
    assert page.html.find(class_="unread-count") is None
    assert "New" not in page.html.select(".rows .what")[0].get_text()
    bobs = Browser(registry)
    bobs.sign_in("bob", status=303)
    assert "pushed an image" not in bobs.open("/-/news")


def test_news_come_in_pages_and_as_often_as_there_are_pages(home, ada, bob, registry):
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"}, status=201)
    with registry.parts.unit()() as services:
        lab = services.catalog.collections(entity="ada")[0]
        for number in range(120):
            services.audit.record("image.push", f"ada/lab/c{number}", collection=lab)

    seen, address = [], "/-/news"
    while address:
        page = home.open(address)
        seen += [one.get_text(" ", strip=True) for one in page.html.select(".rows .what")]
        following = page.html.select(".pages a")
        address = following[0]["href"] if following else ""

    assert len(seen) == len(set(seen)) == 120
    home.open("/-/news?after=nonsense", status=400)
