"""The page of one's account: ways to sign in are added and taken away."""

from urllib.parse import urlencode

import pytest

from sregistry_core.testing.elsewhere import answer_of

BACK = "/auth/sign-in/campus/callback"


@pytest.fixture
def registry(make_registry):
    return make_registry(
        protocols="discovery transfer library shub ui",
        login="passwords campus other",
        plugin_modules="sregistry_core.testing.elsewhere",
        campus__use="elsewhere",
        campus__teams="lab: physics",
        campus__administrators="staff",
        other__use="elsewhere",
    )


@pytest.fixture
def link(ada_at_home):
    """Adds a login to ada's account, and gives the answer."""

    def add(name="countess", *, status=303, **about):
        address = ada_at_home.leave("campus", at="/auth/account")
        fields = urlencode(answer_of(address, name, **about))
        return ada_at_home.open(f"{BACK}?{fields}", status=status)

    return add


def ways(browser):
    page = browser.open("/auth/account")
    return [heading.get_text() for heading in page.html.find_all("h3")]


def remove(browser, name):
    token = browser.open("/auth/account").forms[0]["csrf_token"].value
    path = f"/auth/account/logins/{name}/remove"
    return browser.post(path, {"csrf_token": token}, expect_errors=True)


def test_a_login_is_added_and_leads_to_the_same_user(ada_at_home, link, open_browser):
    assert link(groups=["physics", "staff"]).location == "http://localhost/auth/account"

    assert ways(ada_at_home) == ["Name and password", "campus"]
    other = open_browser()
    fields = urlencode(answer_of(other.leave("campus"), "countess", groups=["physics", "staff"]))
    other.open(f"{BACK}?{fields}", status=303)
    assert "You are ada" in other.open("/auth/account")


def test_its_groups_count_as_long_as_it_is_there(ada_at_home, link, registry):
    link(groups=["physics", "staff"])
    with registry.parts.unit()() as services:
        assert services.accounts.find("ada").is_admin
        assert [member.user.name for member in services.teams.members("lab")] == ["ada"]

    remove(ada_at_home, "campus")

    assert ways(ada_at_home) == ["Name and password"]
    with registry.parts.unit()() as services:
        assert not services.accounts.find("ada").is_admin
        assert list(services.teams.members("lab")) == []


def test_what_belongs_to_somebody_else_is_not_added(link, registry, open_browser):
    other = open_browser()
    fields = urlencode(answer_of(other.leave("campus"), "countess"))
    other.open(f"{BACK}?{fields}", status=303)

    page = link("countess", status=409)

    alert = page.html.find(role="alert").get_text()
    assert alert == "Countess of campus is another user here already."


def test_who_comes_back_in_vain_is_still_at_home(ada_at_home):
    address = ada_at_home.leave("campus", at="/auth/account")
    answer = {**answer_of(address, "countess"), "proof": "forged"}

    page = ada_at_home.open(f"{BACK}?{urlencode(answer)}", status=409)

    assert page.html.find(role="alert").get_text() == "Campus does not vouch for this answer."
    assert ways(ada_at_home) == ["Name and password"]


def test_one_login_is_one_person_there(link, ada_at_home):
    link("countess")
    link_again = ada_at_home.open("/auth/account")
    assert not any(form.action.endswith("/campus") for form in link_again.forms.values())
    token = link_again.forms[0]["csrf_token"].value
    page = ada_at_home.post("/auth/account/logins/campus", {"csrf_token": token})
    fields = urlencode(answer_of(ada_at_home.go_on(page), "byron"))

    ada_at_home.open(f"{BACK}?{fields}", status=409)


def test_an_address_prepared_by_somebody_else_adds_nothing(ada_at_home, open_browser, registry):
    """The oldest trick: the victim's browser is led to the attacker's answer."""
    registry.user("mallory")
    attacker = open_browser()
    attacker.sign_in("mallory", status=303)
    address = attacker.leave("campus", at="/auth/account")

    ada_at_home.open(f"{BACK}?{urlencode(answer_of(address, 'mallory'))}", status=401)

    assert ways(ada_at_home) == ["Name and password"]


def test_a_stranger_adds_and_removes_nothing(browser):
    token = browser.open("/auth/sign-in").forms[0]["csrf_token"].value
    for path in ("/auth/account/logins/campus", "/auth/account/logins/campus/remove"):
        answer = browser.post(path, {"csrf_token": token}, status=303)
        assert answer.location == "http://localhost/auth/sign-in"
    assert browser.open("/auth/account", status=303)


def test_the_only_way_in_and_a_password_stay(ada_at_home, link, browser, registry, open_browser):
    assert remove(ada_at_home, "passwords").status_int == 403
    assert remove(ada_at_home, "other").status_int == 404
    guest = open_browser()
    fields = urlencode(answer_of(guest.leave("campus"), "guest"))
    guest.open(f"{BACK}?{fields}", status=303)

    assert remove(guest, "campus").status_int == 403
    assert ways(guest) == ["campus"]
