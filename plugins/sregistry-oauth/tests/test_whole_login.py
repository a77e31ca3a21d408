"""A whole login over HTTP: the registry, a real OpenID provider, and the cookies of a browser."""

from urllib.parse import urlsplit

import pytest

from sregistry_core.testing.browser import Browser
from sregistry_core.testing.openid_provider import CLIENT, SECRET

pytest_plugins = ["sregistry_core.testing.fixtures"]


@pytest.fixture
def make(make_registry, provider):
    def make_one(**settings):
        return make_registry(
            **{
                "protocols": "discovery transfer library shub api ui",
                "plugins": "filesystem oauth",
                "login": "passwords campus",
                "campus__use": "openid",
                "campus__issuer": provider.issuer,
                "campus__client_id": CLIENT,
                "campus__client_secret": SECRET,
                "campus__scope": "openid profile email groups",
                **settings,
            }
        )

    return make_one


def local(address):
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == "http://registry.test"
    return f"{parts.path}?{parts.query}"


def test_one_logs_in_gets_a_token_pushes_with_it_and_signs_out(make, provider):
    registry = make(campus__teams="lab: physics", campus__administrators="staff")
    browser = Browser(registry)

    away = browser.leave("campus", wanted="/auth/tokens")
    tokens = browser.open(local(provider.way_back(away, "ada")), status=303).follow()
    made = tokens.forms[1].submit(headers={"Accept": "text/html"}, status=200)
    shown = {"Authorization": f"Bearer {made.html.find('code').get_text()}"}
    me = registry.stranger.get("/v1/rbac/users/current", headers=shown).json

    assert me["username"] == "ada"
    with registry.parts.unit()() as services:
        user = services.accounts.find("ada")
        assert (user.is_admin, user.email) == (True, "ada@example.org")
        assert user.full_name == "Ada Lovelace"
        assert [one.user.name for one in services.teams.members("lab")] == ["ada"]
    page = browser.open("/").forms[0].submit(status=303).follow()
    farewell = page.html.find("a", class_="onward")["href"]
    assert farewell.startswith(f"{provider.issuer}/session/end?client_id={CLIENT}")


def test_a_name_with_a_dot_is_folded_and_an_unverified_mail_is_left_out(make, provider):
    registry = make()
    browser = Browser(registry)

    browser.open(local(provider.way_back(browser.leave("campus"), "grace")), status=303)

    with registry.parts.unit()() as services:
        assert services.accounts.find("grace-hopper").email is None


def test_the_code_of_an_answer_is_worth_nothing_twice(make, provider):
    registry = make()
    browser, thief = Browser(registry), Browser(registry)
    back = local(provider.way_back(browser.leave("campus"), "ada"))
    browser.open(back, status=303)
    state = dict(part.split("=", 1) for part in urlsplit(thief.leave("campus")).query.split("&"))

    browser.open(back, status=401)
    parts = dict(part.split("=", 1) for part in urlsplit(back).query.split("&"))
    own = back.replace(parts["state"], state["state"])
    thief.open(own, status=401)

    assert thief.session is None


def test_who_refuses_at_the_provider_is_told_so(make, provider):
    browser = Browser(make())

    back = local(provider.way_back(browser.leave("campus"), refuse=True))
    page = browser.open(back, status=401)

    assert page.html.find(role="alert").get_text() == "Campus signed nobody in: access_denied."


def test_a_dead_provider_is_one_clear_page_and_nothing_else_breaks(make):
    registry = make(campus__issuer="http://127.0.0.1:9")
    ada = registry.user("ada")
    browser = Browser(registry)

    page = (
        browser.open("/auth/sign-in")
        .forms[1]
        .submit(headers={"Accept": "text/html"}, expect_errors=True)
    )

    assert page.status_int == 503
    assert "the login campus does not answer as it should." in page.html.get_text()
    browser.sign_in("ada", status=303)
    assert ada.get("/v1/rbac/users/current").json["username"] == "ada"
    assert registry.stranger.get("/readyz").json["status"] == "ok"
