"""Forms that did not come from a page of ours, and protocols that know no forms."""

import pytest
from webob import Request

from sregistry_core.protocols.ui.own_forms import LARGEST_FORM
from sregistry_core.testing.registry import PASSWORD

POSTS = ["/auth/sign-in", "/auth/sign-out", "/auth/tokens", f"/auth/tokens/{'0' * 32}/revoke"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("token", [None, "", "wrong", "ü", "0" * 43, "\udcff"])
def test_no_form_is_taken_without_the_right_token(ada_at_home, token):
    fields = {"name": "ada", "password": PASSWORD, "scope": "admin", "lifetime": "1y"}
    if token is not None:
        fields["csrf_token"] = token.encode("utf-8", "surrogateescape")
    before = len(ada_at_home.open("/auth/tokens").html.select(".token"))

    for path in POSTS:
        page = ada_at_home.post(path, fields, status="4*")
        assert page.status_int in ((403,) if token != "\udcff" else (400, 403))
        assert page.html.find("main")

    after = ada_at_home.open("/auth/tokens")
    assert "Sign out ada" in after.html.find("header").get_text()
    assert len(after.html.select(".token")) == before


def test_a_token_of_one_browser_does_not_fit_another(ada, bob, open_browser):
    ada_at_home, bob_at_home = open_browser(), open_browser()
    ada_at_home.sign_in("ada", status=303)
    bob_at_home.sign_in("bob", status=303)
    of_bob = bob_at_home.open("/auth/tokens").forms[0]["csrf_token"].value

    ada_at_home.post("/auth/sign-out", {"csrf_token": of_bob}, status=403)

    assert "Sign out ada" in ada_at_home.open("/").html.get_text()


def test_a_token_from_before_the_sign_in_is_over(ada, browser):
    before = browser.open("/auth/sign-in").forms[0]["csrf_token"].value
    browser.sign_in(status=303)

    browser.post("/auth/sign-out", {"csrf_token": before}, status=403)


def test_nobody_is_signed_in_by_a_form_of_another_site(ada, browser):
    # A browser that was never here has no cookie to bind a token to.
    fields = {"name": "ada", "password": PASSWORD, "csrf_token": "x"}

    page = browser.post("/auth/sign-in", fields, status=403)

    assert browser.session is None
    assert "go back, reload, try again" in page


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://registry.test.evil.example"},
        {"Origin": "http://registry.test:81"},
        {"Origin": "https://registry.test"},
        {"Origin": "http://["},
        {"Origin": "http://registry.test:port"},
        {"Referer": "https://evil.example/http://registry.test/"},
        {"Referer": "about:blank"},
        {"Origin": "http://evil.example", "Referer": "http://registry.test/auth/tokens"},
    ],
)
def test_a_form_of_another_origin_is_refused_even_with_a_token(ada_at_home, headers):
    token = ada_at_home.open("/auth/tokens").forms[0]["csrf_token"].value

    page = ada_at_home.post("/auth/sign-out", {"csrf_token": token}, headers=headers, status=403)

    assert "forms are taken from http://registry.test only" in page
    assert "Sign out" in ada_at_home.open("/")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://registry.test"},
        {"Origin": "http://registry.test:80"},
        {"Origin": "http://localhost"},
        {"Origin": "http://127.0.0.1:8080", "Host": "127.0.0.1:8080"},
        {"Referer": "http://registry.test/auth/tokens"},
        {},
    ],
)
def test_a_form_of_ours_is_taken_under_the_public_address_and_the_one_asked(ada_at_home, headers):
    token = ada_at_home.open("/auth/tokens").forms[0]["csrf_token"].value
    cookie = f"sregistry_session={ada_at_home.session}"

    answer = ada_at_home.registry.app.post(
        "/auth/sign-out", {"csrf_token": token}, headers={"Cookie": cookie, **headers}
    )

    assert answer.status_int == 303


def test_a_form_may_come_through_a_proxy_that_ends_https(make_registry, open_browser):
    registry = make_registry(
        protocols="discovery transfer library shub ui", public_url="https://registry.test"
    )
    browser = open_browser(registry)
    token = browser.open("/auth/sign-in").forms[0]["csrf_token"].value
    cookie = f"sregistry_visitor={browser.app.cookies['sregistry_visitor']}"
    registry.user("ada")

    answer = registry.app.post(
        "/auth/sign-in",
        {"name": "ada", "password": PASSWORD, "csrf_token": token},
        headers={"Cookie": cookie, "Origin": "https://registry.test", "Host": "127.0.0.1:8080"},
        extra_environ={"wsgi.url_scheme": "http"},
    )

    assert answer.status_int == 303


@pytest.mark.parametrize("path", POSTS)
def test_a_form_too_large_to_be_one_is_not_read(browser, path):
    browser.post(path, b"a=" + b"x" * LARGEST_FORM, headers=FORM, status=413)


def test_a_form_that_only_claims_to_be_large_is_not_waited_for(registry):
    form = Request.blank("/auth/sign-in", method="POST", headers=FORM)
    form.content_length = 10 * 1024**3

    assert form.get_response(registry.app.app).status_int == 413


def test_a_form_must_say_how_long_it_is(registry):
    form = Request.blank("/auth/sign-in", method="POST", headers=FORM)
    form.environ["wsgi.input_terminated"] = True
    form.content_length = None

    assert form.get_response(registry.app.app).status_int == 400


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "a/b"])
def test_nothing_else_is_taken_for_a_form(browser, kind):
    body = b'--x\r\nContent-Disposition: form-data; name="name"; filename="f"\r\n\r\nada\r\n--x--'

    browser.post("/auth/sign-in", body, headers={"Content-Type": kind}, status=400)


@pytest.mark.parametrize("body", [b"name=%ff", b"name=\xff", b"%", b"&&&=", b"a=b;c=d"])
def test_a_form_that_is_no_text_breaks_nothing(browser, body):
    assert browser.post("/auth/sign-in", body, headers=FORM, status="4*").status_int in (400, 403)


def test_a_name_with_signs_that_cannot_be_printed_never_reaches_the_database(browser):
    assert "cannot be printed" in browser.sign_in("ada\0", status=400)


def test_other_protocols_are_asked_for_no_token_and_for_no_origin(ada, stranger):
    elsewhere = {"Origin": "https://evil.example", "Content-Type": "text/plain"}

    assert ada.post("/v1/entities", {"name": "ada"}, headers=elsewhere, status=200)
    collection = ada.post("/v1/collections", {"name": "lab", "entity": _id(ada)}, status=200)
    assert collection.json["data"]["name"] == "lab"
    assert stranger.post("/v1/entities", {"name": "ada"}, status=401).json["error"]["code"] == 401


def _id(actor):
    return actor.get(f"/v1/entities/{actor.name}").json["data"]["id"]


def test_a_form_in_another_encoding_is_refused(browser):
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-7"}

    answer = browser.post("/auth/sign-out", "csrf_token=x", headers=headers, status=400)

    assert "not UTF-8" in answer
