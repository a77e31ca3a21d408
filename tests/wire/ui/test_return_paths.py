"""Where a browser goes after signing in: never to another site, whatever a link says."""

from urllib.parse import quote, urlsplit

import pytest

from sregistry_core.protocols.ui.paths import local_path

ATTACKS = [
    "https://evil.example",
    "HTTPS://evil.example",
    "http:evil.example",
    "http:/evil.example",
    "http:///evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/auth\\tokens",
    "/%5cevil.example",
    "/%2fevil.example",
    "/%2f%2fevil.example",
    "/%09/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/%0d%0aSet-Cookie:a=b",
    "/\r\nSet-Cookie:a=b",
    "/a?x=%0d%0aSet-Cookie:a=b",
    "/a?x=%250d%250a",
    "/a?x=%5cevil",
    "/\x00",
    "/%00",
    "javascript:alert(1)",
    "/javascript:alert(1)//",
    "data:text/html,<script>alert(1)</script>",
    "evil.example",
    "@evil.example",
    "https://registry.test@evil.example",
    "//registry.test@evil.example",
    "/..//evil.example",
    "/a/..//evil.example",
    "/./evil",
    "/../evil",
    "/a//evil.example",
    "/;@evil.example",
    "/#//evil.example",
    "/a#b",
    "/\u2215evil.example",
    "\uff0f\uff0fevil.example",
    "/\u202e/evil",
    "/\udcff",
    "/" + "a" * 3000,
    "?next=//evil.example",
    "",
]
OURS = [
    "/",
    "/auth/tokens",
    "/auth/tokens?done=revoked",
    "/?client=singularity",
    "/ada/lab/blast:1.0",
    "/ada/lab/blast@sha256:abc",
    "/ada/lab/?after=a%2Fb&limit=10",
    "/a?q=two%20words+more",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_no_text_of_a_stranger_leads_away(text):
    assert local_path(text) == "/"


@pytest.mark.parametrize("text", OURS)
def test_our_own_paths_are_kept(text):
    assert local_path(text) == text


def test_no_link_of_a_stranger_leads_away_before_or_after_signing_in(ada, browser):
    links = [f"/auth/sign-in?next={quote(text, safe='')}" for text in ATTACKS if text.isascii()]

    for link in links:
        assert browser.open(link).forms[0]["next"].value == "/"
    assert browser.sign_in(at=links[0], status=303).location == "http://localhost/"
    for link in links:
        assert browser.open(link, status=303).location == "http://localhost/"


@pytest.mark.parametrize("text", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_a_form_with_another_target_than_the_page_had_ends_here(ada, browser, text):
    form = browser.open("/auth/sign-in").forms[0]
    form["name"], form["password"] = "ada", "correct horse battery"
    form["next"].force_value(text)

    assert form.submit(status=303).location == "http://localhost/"


def test_one_is_led_back_to_the_page_that_asked(ada, browser):
    asked = browser.open("/auth/tokens?done=revoked", status=303)

    assert asked.location.endswith("/auth/sign-in?next=%2Fauth%2Ftokens%3Fdone%3Drevoked")
    parts = urlsplit(asked.location)
    answer = browser.sign_in(at=f"{parts.path}?{parts.query}")
    assert answer.location == "http://localhost/auth/tokens?done=revoked"


@pytest.mark.parametrize("query", ["next=%ff", "next=%c0%af", "next=/a&next=//evil.example"])
def test_a_query_that_is_no_text_ends_here(ada, browser, query):
    assert browser.sign_in(at=f"/auth/sign-in?{query}").location == "http://localhost/"
