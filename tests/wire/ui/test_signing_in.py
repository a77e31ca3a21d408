"""Signing in and out, as a story and as an attack."""

from datetime import timedelta

import pytest

from sregistry_core.services.authentication import digest_of
from sregistry_core.testing.registry import PASSWORD

PROTOCOLS = "discovery transfer library shub ui"


def test_one_signs_in_sees_ones_name_and_signs_out(ada, browser):
    assert "Sign out" not in browser.open("/")

    page = browser.sign_in().follow()

    assert page.request.path == "/"
    assert "Sign out ada" in page.html.find("header").get_text()
    page = page.forms[0].submit(status=303).follow()
    assert "Sign out" not in page
    assert browser.session is None


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(ada, browser):
    cookie = browser.sign_in().headers["Set-Cookie"]

    assert cookie.startswith("sregistry_session=")
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={14 * 86400}"} <= attributes
    assert "secure" not in attributes


def test_the_cookies_of_a_registry_with_https_never_travel_without(make_registry, open_browser):
    registry = make_registry(protocols=PROTOCOLS, public_url="https://registry.test")
    registry.user("ada")
    browser = open_browser(registry)

    visitor = browser.open("/auth/sign-in").headers["Set-Cookie"]
    session = browser.sign_in().headers["Set-Cookie"]

    assert "; secure" in visitor
    assert "; secure" in session


def test_every_sign_in_has_a_secret_of_its_own(ada, browser):
    secrets = set()
    for _ in range(3):
        browser.sign_in(status=303)
        secrets.add(browser.session)
        browser.app.reset()

    assert len(secrets) == 3
    assert all(len(secret) >= 40 for secret in secrets)


def test_a_secret_that_was_planted_before_the_sign_in_is_not_used(ada, browser, open_browser):
    browser.app.set_cookie("sregistry_session", "planted-by-somebody-else")

    browser.sign_in(status=303)

    assert browser.session != "planted-by-somebody-else"
    other = open_browser()
    other.app.set_cookie("sregistry_session", "planted-by-somebody-else")
    assert "Sign out" not in other.open("/")


def test_a_refused_sign_in_leaves_the_session_there_was(ada, browser):
    browser.sign_in(status=303)
    token = browser.open("/auth/tokens").forms[0]["csrf_token"].value

    fields = {"name": "ada", "password": "wrong", "csrf_token": token}
    browser.post("/auth/sign-in", fields, status=401)

    assert "Sign out ada" in browser.open("/").html.get_text()


def test_signing_in_anew_ends_the_session_before_it(ada, bob, browser, open_browser):
    browser.sign_in("ada", status=303)
    first = browser.session
    form = browser.open("/auth/tokens").forms[0]
    browser.post(
        "/auth/sign-in",
        {"name": "bob", "password": PASSWORD, "csrf_token": form["csrf_token"].value},
        status=303,
    )

    other = open_browser()
    other.app.set_cookie("sregistry_session", first)
    assert "Sign out bob" in browser.open("/").html.get_text()
    assert "Sign out" not in other.open("/")


def test_a_session_ends_on_the_server_when_one_signs_out(ada_at_home, open_browser):
    secret = ada_at_home.session

    ada_at_home.open("/").forms[0].submit(status=303)

    thief = open_browser()
    thief.app.set_cookie("sregistry_session", secret)
    assert "Sign out" not in thief.open("/")
    assert thief.open("/auth/tokens", status=303).location.endswith("?next=%2Fauth%2Ftokens")


def test_a_session_ends_by_itself(ada_at_home, registry):
    registry.clock.move(timedelta(days=14))

    assert "Sign out" not in ada_at_home.open("/")


def test_signing_out_without_a_session_is_fine(browser):
    form = browser.open("/auth/sign-in").forms[0]

    browser.post("/auth/sign-out", {"csrf_token": form["csrf_token"].value}, status=303)


def test_a_password_may_hold_any_sign_and_a_name_may_be_typed_with_capitals(registry, browser):
    registry.user("ada")
    password = 'pass: wörd\t\x00"<&>'
    with registry.parts.unit()() as services:
        services.accounts.set_password("ada", password)

    browser.sign_in(" Ada ", password, status=303)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada", "wrong password"),
        ("nobody", PASSWORD),
        ("disabled", PASSWORD),
        ("disabled", "wrong password"),
        ("ada", ""),
        ("", PASSWORD),
        ("ada' OR '1'='1", PASSWORD),
        ("a" * 5000, "b" * 5000),
    ],
)
def test_nobody_learns_why_a_sign_in_was_refused(registry, ada, browser, name, password):
    registry.user("disabled")
    with registry.parts.unit()() as services:
        services.accounts.disable("disabled")

    page = browser.sign_in(name, password, status=401)

    assert "WWW-Authenticate" not in page.headers
    assert page.html.find(role="alert").get_text() == "Unknown name or wrong password."
    assert page.forms[0]["name"].value == name
    assert page.forms[0]["password"].value == ""
    assert browser.session is None
    expected = browser.sign_in("somebody else", "wrong password", status=401)
    assert _without(page.text, name) == _without(expected.text, "somebody else")


def test_a_refused_sign_in_leads_to_the_wanted_page_at_the_next_try(ada, browser):
    page = browser.sign_in(password="wrong", at="/auth/sign-in?next=/auth/tokens", status=401)
    page.forms[0]["password"] = PASSWORD

    assert page.forms[0].submit().location == "http://localhost/auth/tokens"


def test_a_disabled_user_is_out_at_once(ada_at_home, registry):
    with registry.parts.unit()() as services:
        services.accounts.disable("ada")

    assert "Sign out" not in ada_at_home.open("/")


def test_whoever_is_signed_in_is_not_asked_again(ada_at_home):
    page = ada_at_home.open("/auth/sign-in?next=/auth/tokens", status=303)

    assert page.location == "http://localhost/auth/tokens"


def test_a_token_does_not_open_pages_and_a_cookie_opens_nothing_else(ada, ada_at_home, stranger):
    assert "Sign out" not in ada.get("/")

    push = ada_at_home.post("/v1/entities", "{}", expect_errors=True)
    assert push.status_int in (400, 401)
    assert ada_at_home.open("/v1/rbac/users/current", status=401)


def test_the_database_keeps_no_secret_of_a_session(ada_at_home, registry):
    content = registry.written()

    assert ada_at_home.session.encode() not in content
    assert digest_of(ada_at_home.session).encode() in content


def _without(page, name):
    """A page without what its visitor typed."""
    return page.replace(f'value="{name.replace(chr(39), "&#39;")}"', "")
