"""The page of the API: all of its operations, and tokens for trying them."""

import re
from datetime import timedelta

import pytest

from sregistry_core.testing.browser import Browser
from sregistry_core.testing.fixtures import MakeRegistry


@pytest.fixture
def registry(make_registry: MakeRegistry):
    return make_registry(protocols="discovery transfer library ui api")


def token_of(page):
    return re.search(r'data-token="([^"]+)"', page.text)[1]


def test_every_operation_has_a_page(registry):
    browser = Browser(registry)
    document = browser.app.get("/api/v1/openapi.json").json
    wanted = {
        one["operationId"]
        for item in document["paths"].values()
        for method, one in item.items()
        if method in ("get", "put", "post", "patch", "delete")
    }
    listed = set(re.findall(r'href="/-/api/(\w+)"', browser.open("/-/api", status=200).text))
    assert listed == wanted
    for one in sorted(wanted):
        page = browser.open(f"/-/api/{one}", status=200)
        assert page.html.find("h1").get_text()
        assert "$ref" not in page.text


def test_an_operation_shows_what_it_takes_and_gives(registry):
    page = Browser(registry).open("/-/api/set_tag", status=200)
    told = page.html.find("main").get_text(" ", strip=True)
    for words in ("PUT", "digest", "arch", "A frozen tag is a conflict", "409", "-X PUT"):
        assert words in told
    example = page.html.find("textarea").get_text()
    assert '"digest": "sha256:' in example


def test_an_operation_that_is_none_is_absent(registry):
    Browser(registry).open("/-/api/nothing", status=404)


def test_where_the_api_is_not_spoken_there_is_no_page(make_registry):
    browser = Browser(make_registry(protocols="discovery transfer library ui"))
    browser.open("/-/api", status=404)


def test_a_token_is_given_to_our_own_pages_only(registry):
    registry.user("ada")
    browser = Browser(registry)
    browser.sign_in(status=303)
    token = token_of(browser.open("/-/api/me"))
    fields = {"csrf_token": token}
    browser.post("/-/api-token", {"csrf_token": "wrong"}, status=403)
    browser.post("/-/api-token", fields, headers={"Origin": "https://evil.test"}, status=403)
    made = browser.post("/-/api-token", fields, status=200)
    assert made.headers["Cache-Control"] == "no-store"
    secret = made.json["token"]
    shown = {"Authorization": f"Bearer {secret}"}
    assert browser.app.get("/api/v1/user", headers=shown).json["user"] == "ada"


def test_there_is_one_token_at_a_time_and_it_runs_out(registry):
    registry.user("ada")
    browser = Browser(registry)
    browser.sign_in(status=303)
    fields = {"csrf_token": token_of(browser.open("/-/api/me"))}
    first = browser.post("/-/api-token", fields, status=200).json["token"]
    second = browser.post("/-/api-token", fields, status=200).json["token"]

    def ask(secret, status):
        headers = {"Authorization": f"Bearer {secret}"}
        return browser.app.get("/api/v1/user", headers=headers, status=status)

    ask(first, 401)
    ask(second, 200)
    registry.clock.move(timedelta(minutes=11))
    ask(second, 401)


def test_nobody_gets_no_token(registry):
    browser = Browser(registry)
    fields = {"csrf_token": token_of(browser.open("/-/api/me"))}
    browser.post("/-/api-token", fields, status=303)


def test_the_pages_are_well_made(registry, read):
    browser = Browser(registry)
    for path in ("/-/api", "/-/api/set_tag", "/-/api/search", "/-/api/delete_image"):
        assert read(browser.open(path)).complaints == []
