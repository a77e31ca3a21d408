"""Signing in at another site: there and back, as a story and as an attack."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from sregistry_core.testing.elsewhere import answer_of
from sregistry_core.testing.registry import PASSWORD

PROTOCOLS = "discovery transfer library shub api ui"
BACK = "/auth/sign-in/campus/callback"


@pytest.fixture
def make(make_registry):
    """Makes registries with the login campus."""

    def make_one(**settings):
        return make_registry(
            **{
                "protocols": PROTOCOLS,
                "login": "passwords campus",
                "plugin_modules": "sregistry_core.testing.elsewhere",
                "campus__use": "elsewhere",
                **settings,
            }
        )

    return make_one


@pytest.fixture
def registry(make):
    return make()


def come_back(browser, answer, at=BACK, **options):
    return browser.open(f"{at}?{urlencode(answer)}", **options)


def come_in(browser, name="grace", **about):
    return come_back(browser, answer_of(browser.leave("campus"), name, **about), status=303)


def who(browser):
    page = browser.open("/auth/account")
    return page.html.find(class_="lead").get_text() if page.status_int == 200 else None


def test_one_signs_in_elsewhere_and_is_a_user_here(browser):
    address = browser.leave("campus", wanted="/auth/tokens")

    page = come_back(browser, answer_of(address, "grace", email="grace@example.org"), status=303)

    assert page.location == "http://localhost/auth/tokens"
    assert who(browser) == "You are grace, grace@example.org."


def test_whoever_comes_for_a_token_gets_one(browser, registry):
    """As `apptainer remote login` has it: its user is sent to the page of the tokens."""
    asked = browser.open("/auth/tokens", status=303)
    assert asked.location.endswith("/auth/sign-in?next=%2Fauth%2Ftokens")
    address = browser.leave("campus", wanted="/auth/tokens")
    page = come_back(browser, answer_of(address, "grace"), status=303).follow()

    form = page.forms[1]
    form["name"] = "laptop"
    made = form.submit(headers={"Accept": "text/html"}, status=200)

    token = made.html.find("code").get_text()
    shown = {"Authorization": f"Bearer {token}"}
    assert (
        registry.stranger.get("/v1/rbac/users/current", headers=shown).json["username"] == "grace"
    )


def test_the_ways_stand_in_the_order_of_the_ini_file(make, open_browser):
    first = make(login="campus passwords other", other__use="elsewhere")

    page = open_browser(first).open("/auth/sign-in")

    # The form of the search in the header comes last.
    assert [page.forms[number].action for number in range(3)] == [
        "/auth/sign-in/campus",
        "/auth/sign-in",
        "/auth/sign-in/other",
    ]
    assert page.forms[0].submit(headers={"Accept": "text/html"}).status_int == 200


def test_without_passwords_there_is_only_the_button(make, open_browser):
    page = open_browser(make(login="campus")).open("/auth/sign-in")

    assert page.html.find("input", attrs={"type": "password"}) is None
    assert page.html.find("button").get_text() == "Sign in at campus"


def test_the_same_person_is_the_same_user_whatever_they_are_called_there(browser, open_browser):
    come_in(browser, "grace", key="17")
    other = open_browser()

    come_in(other, "admiral", key="17")

    assert who(other) == "You are grace."


def test_somebody_of_the_same_name_there_is_another_person(browser, open_browser):
    come_in(browser, "grace", key="17")
    other = open_browser()

    page = come_back(other, answer_of(other.leave("campus"), "grace", key="18"), status=200)

    assert page.html.h1.get_text() == "Choose a name"
    assert other.session is None


@pytest.mark.parametrize(
    "wished", ["ada", "ADA", "Ada@example.org", "public", "名前", "-", "a" * 50]
)
def test_a_name_that_cannot_be_had_is_asked_for_and_nobody_is_taken_over(
    registry, ada, browser, wished
):
    address = browser.leave("campus", wanted="/auth/tokens")
    page = come_back(
        browser, answer_of(address, wished, email="ada@example.org", groups=["g"]), status=200
    )
    assert wished in page.html.find("main").get_text()

    for taken in ("ada", "public", "not a name", ""):
        form = page.forms[0]
        form["name"] = taken
        page = form.submit(headers={"Accept": "text/html"}, status=409)
    page.forms[0]["name"] = "Ada-2"
    arrived = page.forms[0].submit(headers={"Accept": "text/html"}, status=303)

    assert arrived.location == "http://localhost/auth/tokens"
    assert who(browser) == "You are ada-2, ada@example.org."
    token = browser.open("/auth/tokens").forms[0]["csrf_token"].value
    fields = {"state": page.forms[0]["state"].value, "name": "ada-3", "csrf_token": token}
    assert "is over" in browser.post("/auth/sign-in/campus/name", fields, status=401)


def test_only_the_browser_that_came_back_chooses_the_name(ada, browser, open_browser):
    page = come_back(browser, answer_of(browser.leave("campus"), "ada"), status=200)
    state = page.forms[0]["state"].value
    thief = open_browser()
    token = thief.open("/auth/sign-in").forms[0]["csrf_token"].value

    fields = {"state": state, "name": "mallory", "csrf_token": token}
    thief.post("/auth/sign-in/campus/name", fields, status=401)

    assert thief.session is None


def test_a_state_that_waits_for_an_answer_is_none_that_waits_for_a_name(browser):
    answer = answer_of(browser.leave("campus"), "grace")
    token = browser.open("/auth/sign-in").forms[0]["csrf_token"].value

    fields = {"state": answer["state"], "name": "grace", "csrf_token": token}
    browser.post("/auth/sign-in/campus/name", fields, status=404)


def test_a_forged_answer_lets_nobody_in_and_ends_the_trip(browser):
    good = answer_of(browser.leave("campus"), "grace")

    page = come_back(browser, {**good, "proof": "0" * 64}, status=401)

    assert page.html.find(role="alert").get_text() == "Campus does not vouch for this answer."
    come_back(browser, good, status=401)
    assert browser.session is None


@pytest.mark.parametrize("state", ["", "x", "wrong" * 9, "\0", "é" * 300])
def test_a_wrong_state_lets_nobody_in(browser, state):
    answer = answer_of(browser.leave("campus"), "grace")

    come_back(browser, {**answer, "state": state}, status=401)

    assert browser.session is None
    come_back(browser, answer, status=303)


def test_an_answer_is_taken_once(browser, open_browser):
    answer = answer_of(browser.leave("campus"), "grace")
    come_back(browser, answer, status=303)
    first = browser.session
    browser.app.cookies.pop("sregistry_session", None)

    come_back(browser, answer, status=401)

    assert first is not None


def test_an_answer_that_comes_many_times_at_once_is_taken_once(browser, open_browser):
    answer = answer_of(browser.leave("campus"), "grace")
    visitor = browser.app.cookies["sregistry_visitor"]
    others = [open_browser() for _ in range(6)]
    for other in others:
        other.app.set_cookie("sregistry_visitor", visitor)

    with ThreadPoolExecutor(len(others)) as threads:
        pages = list(
            threads.map(lambda other: come_back(other, answer, expect_errors=True), others)
        )

    assert sorted(page.status_int for page in pages) == [303, *[401] * (len(others) - 1)]
    assert sum(other.session is not None for other in others) == 1


def test_an_answer_in_another_browser_lets_nobody_in(browser, open_browser):
    answer = answer_of(browser.leave("campus"), "mallory")
    victim = open_browser()
    victim.open("/auth/sign-in")

    for other in (victim, open_browser()):
        page = come_back(other, answer, status=401)
        assert "begun in another browser" in page
        assert other.session is None


def test_an_answer_for_one_login_is_none_for_another(make, open_browser):
    browser = open_browser(make(login="campus other", other__use="elsewhere"))
    answer = answer_of(browser.leave("campus"), "grace")

    come_back(browser, answer, at="/auth/sign-in/other/callback", status=401)


def test_an_answer_that_comes_too_late_lets_nobody_in(browser, registry):
    answer = answer_of(browser.leave("campus"), "grace")
    registry.clock.move(timedelta(minutes=15))

    page = come_back(browser, answer, status=401)

    assert "is over" in page


def test_nobody_is_sent_away_by_a_page_from_elsewhere(browser):
    browser.open("/auth/sign-in")

    browser.post("/auth/sign-in/campus", {"next": "/"}, status=403)
    browser.open("/auth/sign-in/campus", expect_errors=True, status=404)


def test_the_way_back_leads_to_no_other_site(browser):
    page = browser.open("/auth/sign-in")
    token = page.forms[0]["csrf_token"].value
    fields = {"next": "//evil.test/", "csrf_token": token}
    address = browser.go_on(browser.post("/auth/sign-in/campus", fields))

    assert come_back(browser, answer_of(address, "grace")).location == "http://localhost/"


def test_a_site_that_is_away_is_a_clear_page_and_passwords_still_work(make, open_browser):
    registry = make(campus__is_away="true")
    registry.user("ada")
    browser = open_browser(registry)
    button = browser.open("/auth/sign-in").forms[1]

    page = button.submit(headers={"Accept": "text/html"}, expect_errors=True)

    assert page.status_int == 503
    assert "campus does not answer." in page.html.get_text()
    browser.sign_in("ada", PASSWORD, status=303)


def test_a_site_that_goes_away_in_between_is_a_clear_page(browser):
    answer = answer_of(browser.leave("campus"), "grace")

    page = come_back(
        browser, {**answer, "who": "the site goes away"}, expect_errors=True, status=503
    )

    assert "campus does not answer." in page.html.get_text()
    assert page.headers["Retry-After"] == "5"


@pytest.mark.parametrize("login", ["passwords", "nothing", "%00", "campus%2F"])
def test_only_logins_at_other_sites_send_away(browser, login):
    token = browser.open("/auth/sign-in").forms[0]["csrf_token"].value

    browser.post(f"/auth/sign-in/{login}", {"csrf_token": token}, status=404)
    browser.open(f"/auth/sign-in/{login}/callback?state=x", status=404)


def test_a_disabled_user_is_told_so_and_stays_out(browser, registry):
    come_in(browser)
    with registry.parts.unit()() as services:
        services.accounts.disable("grace")

    page = come_back(browser, answer_of(browser.leave("campus"), "grace"), status=401)

    assert page.html.find(role="alert").get_text() == "The account grace is disabled."


def test_groups_lead_to_teams_and_decide_who_comes_in(make, open_browser):
    registry = make(
        campus__teams="lab: physics", campus__administrators="staff", campus__allow="physics\nstaff"
    )
    browser = open_browser(registry)

    refused = come_back(browser, answer_of(browser.leave("campus"), "eve"), status=401)
    assert "in no group that may log in" in refused
    come_in(browser, "grace", groups=["physics", "staff"])

    with registry.parts.unit()() as services:
        user = services.accounts.find("grace")
        assert user.is_admin
        assert [member.user.name for member in services.teams.members("lab")] == ["grace"]
    come_in(open_browser(registry), "grace", groups=["staff"])
    with registry.parts.unit()() as services:
        assert list(services.teams.members("lab")) == []


def test_signing_in_elsewhere_ends_the_session_there_was(ada_at_home, open_browser):
    browser, old = ada_at_home, ada_at_home.session
    token = browser.open("/auth/tokens").forms[0]["csrf_token"].value
    page = browser.post("/auth/sign-in/campus", {"csrf_token": token})

    come_back(browser, answer_of(browser.go_on(page), "grace"), status=303)

    assert who(browser) == "You are grace."
    thief = open_browser()
    thief.app.set_cookie("sregistry_session", old)
    assert who(thief) is None


def test_signing_out_says_where_one_still_is_signed_in(browser):
    come_in(browser)

    page = browser.open("/").forms[0].submit(status=303).follow()

    assert page.html.h1.get_text() == "Signed out"
    assert page.html.find("a", class_="onward")["href"].startswith(
        "https://elsewhere.test/sign-out"
    )
    assert browser.session is None
    assert browser.open("/auth/signed-out?from=nothing").status_int == 200


def test_the_database_keeps_no_state_and_no_cookie_of_a_journey(browser, registry):
    answer = answer_of(browser.leave("campus"), "grace")
    content = b"".join(path.read_bytes() for path in registry.directory.glob("registry.sqlite*"))

    assert answer["state"].encode() not in content
    assert browser.app.cookies["sregistry_visitor"].encode() not in content


class TestAnswersByForm:
    """As SAML has it: the other site lets the browser send a form, without our cookies."""

    @pytest.fixture
    def registry(self, make):
        return make(campus__by_form="true")

    def post(self, browser, answer, **options):
        headers = {"Origin": "https://elsewhere.test"}
        return browser.post(BACK, answer, headers=headers, **options)

    def test_the_browser_sends_it_once_more_from_our_own_page(self, browser, open_browser):
        answer = answer_of(browser.leave("campus", wanted="/auth/tokens"), "grace")
        without_cookies = open_browser()

        page = self.post(without_cookies, answer, status=200)
        fields = dict(page.forms[0].submit_fields())
        arrived = browser.post(BACK, fields, headers={"Origin": "http://registry.test"}, status=303)

        assert page.forms[0].action == BACK
        assert fields.items() >= answer.items()
        assert without_cookies.session is None
        assert arrived.location == "http://localhost/auth/tokens"
        assert who(browser) == "You are grace."

    def test_a_form_from_elsewhere_that_pretends_to_be_ours_has_no_cookie(
        self, browser, open_browser
    ):
        answer = answer_of(browser.leave("campus"), "mallory")

        self.post(open_browser(), {**answer, "own_site": "yes"}, status=401)

    def test_it_is_taken_once_and_not_when_it_is_too_large(self, browser):
        answer = {**answer_of(browser.leave("campus"), "grace"), "own_site": "yes"}

        self.post(browser, {**answer, "more": "x" * (1 << 19)}, status=413)
        self.post(browser, answer, status=303)
        self.post(browser, answer, status=401)

    def test_signs_of_markup_stay_signs(self, browser):
        page = self.post(browser, {"who": '"><script>alert(1)</script>'}, status=200)

        assert page.html.find_all("script", src=None) == []


def test_a_login_that_answers_in_the_address_takes_no_form(browser):
    browser.post(BACK, answer_of(browser.leave("campus"), "grace"), status=404)
