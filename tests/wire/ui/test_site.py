"""The site's own look and words: colours, logo, announcement, about, and terms of use."""

import hashlib

import pytest
from webtest import AppError

from sregistry_core.app import Parts, assemble
from sregistry_core.contracts import Scope
from sregistry_core.errors import ConfigurationError
from sregistry_core.names import CollectionName
from sregistry_core.protocols.ui.branding import contrast
from sregistry_core.services.audit_log import Sought
from sregistry_core.testing.browser import Browser
from sregistry_core.testing.registry import PASSWORD, Actor

HTML = {"Accept": "text/html"}
PROTOCOLS = "discovery transfer library shub oci sregistry api ui"
TERMS = "# Rules\n\nBe **kind**. <script>alert(1)</script>\n"


@pytest.fixture
def make(make_registry, tmp_path):
    def made(terms=TERMS, **settings):
        (tmp_path / "terms.md").write_text(terms)
        return make_registry(protocols=PROTOCOLS, terms=str(tmp_path / "terms.md"), **settings)

    return made


def accept(browser, page):
    form = next(one for one in page.forms.values() if one.action == "/-/terms/accept")
    return form.submit(headers=HTML, status=303)


def test_nothing_in_the_browser_comes_before_the_terms(make):
    registry = make()
    ada = registry.user("ada")
    browser = Browser(registry)
    assert browser.open("/").status_int == 200
    browser.sign_in(at="/auth/sign-in?next=/auth/tokens", status=303)
    for path in ("/", "/auth/tokens", "/auth/account", "/ada", "/-/token"):
        assert browser.open(path, status=303).location.startswith("http://localhost/-/terms"), path
    page = browser.open("/auth/tokens", status=303).follow(headers=HTML)
    assert page.html.find("strong").text == "kind"
    assert "<script>alert" not in page.text
    answer = accept(browser, page)
    assert answer.location == "http://localhost/auth/tokens"
    assert browser.open("/auth/tokens").status_int == 200
    assert "You have accepted" in browser.open("/-/terms").text
    with registry.parts.unit()() as services:
        user = services.accounts.find("ada")
        assert user.terms_accepted == hashlib.sha256(TERMS.encode()).hexdigest()
        assert user.terms_accepted_at == registry.clock()
        (event,) = services.audit_log.find(Sought(action="user.accept_terms"))
        assert (event.actor, event.facts["sha256"]) == ("ada", user.terms_accepted)
    assert ada.post("/api/v1/tokens", {"name": "x", "scope": "pull"}).status_int == 201


def test_a_new_text_is_accepted_anew_and_an_old_form_does_not_count(make, tmp_path):
    registry = make()
    registry.user("ada")
    browser = Browser(registry)
    browser.sign_in(status=303)
    page = browser.open("/-/terms")
    form = next(one for one in page.forms.values() if one.action == "/-/terms/accept")
    form["sha256"] = "0" * 64
    refused = form.submit(headers=HTML, status=409)
    assert "have changed meanwhile" in refused.html.find(role="alert").text
    accept(browser, browser.open("/-/terms"))
    registry.close()
    (tmp_path / "terms.md").write_text("Other rules.")
    registry.ini["sregistry.terms"] = str(tmp_path / "terms.md")
    parts = Parts.open(registry.ini, here=registry.directory, environ={}, clock=registry.clock)
    browser.app.app = assemble(parts)
    assert "/-/terms" in browser.open("/auth/account", status=303).location
    parts.close()


def test_a_token_cannot_be_made_before_and_clients_are_told_why(make):
    registry = make()
    ada = registry.user("ada")
    for actor in (ada, registry.with_password("ada", PASSWORD)):
        refused = actor.post("/api/v1/tokens", {"name": "x", "scope": "pull"}, expect_errors=True)
        assert refused.status_int == 403
        assert refused.json["error"]["message"] == (
            "accept the terms of use first, in a browser: http://registry.test/-/terms"
        )
    # Tokens that were made before go on, and the public pulls.
    ada.push("ada/lab/blast:1", b"image")
    assert registry.stranger.pull("ada/lab/blast:1").body == b"image"


def test_everything_that_changes_something_waits_for_the_terms_where_the_site_says_so(make):
    registry = make(terms_for="everything")
    ada = registry.user("ada")
    with pytest.raises(AppError, match="accept the terms of use first"):
        ada.push("ada/lab/blast:1", b"image")
    assert registry.stranger.get("/v1/search?value=blast").status_int == 200
    browser = Browser(registry)
    browser.sign_in(status=303)
    accept(browser, browser.open("/-/terms"))
    ada.push("ada/lab/blast:1", b"image")
    assert registry.stranger.pull("ada/lab/blast:1").body == b"image"
    with registry.parts.unit()() as services:
        robot = services.robots.create(CollectionName("ada", "lab"), "ci", scope=Scope.PUSH)
    # A robot reads no terms: whoever made it has.
    Actor(registry.app, "ci", robot.token.secret).push("ada/lab/blast:2", b"other")


def test_without_terms_there_is_no_such_page(registry, browser):
    browser.open("/-/terms", status=404)
    assert "Terms of use" not in browser.open("/").text


def test_the_about_page_is_the_sites_own(make_registry, tmp_path):
    (tmp_path / "about.md").write_text("We are **Example**, see [us](https://example.org).")
    registry = make_registry(
        protocols="ui", about=str(tmp_path / "about.md"), institution="Example Institute"
    )
    page = Browser(registry).open("/-/about")
    assert page.html.find("strong").text == "Example"
    assert "Example Institute" in page.text
    assert page.html.find("footer").find("a", href="/-/about") is not None


def test_colours_come_from_a_style_sheet_of_our_own_with_the_hash_of_its_content(make_registry):
    registry = make_registry(protocols="ui", accent="#7a1fa2", accent_dark="#d9a6f2")
    browser = Browser(registry)
    page = browser.open("/")
    link = page.html.find_all("link", rel="stylesheet")[-1]["href"]
    assert link.startswith("/-/site.css?v=")
    style = browser.open(link)
    assert style.content_type == "text/css"
    assert "immutable" in style.headers["Cache-Control"]
    assert hashlib.sha256(style.body).hexdigest()[:16] == link.partition("=")[2]
    assert "--accent: #7a1fa2; --accent-ink: #ffffff;" in style.text
    assert "style=" not in page.text
    assert Browser(make_registry(protocols="ui")).open("/-/site.css", status=404)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"accent": "#63cdbd"}, "sregistry.accent = #63cdbd has a contrast of 1.77 to #f7f6f2"),
        ({"accent_dark": "#0b6660"}, "sregistry.accent_dark = #0b6660 has a contrast of"),
        ({"accent": "teal"}, "sregistry.accent = teal is no colour such as #0b6660"),
        ({"logo": "logo.gif"}, "is neither .svg nor .png"),
        ({"logo": "none.svg"}, "cannot be read: No such file"),
        ({"terms": "none.md"}, "cannot be read: No such file"),
        ({"announcement_level": "loud"}, "is not one of info, warning"),
    ],
)
def test_what_cannot_be_used_stops_the_start_with_one_line(make_registry, settings, line):
    with pytest.raises(ConfigurationError) as caught:
        make_registry(protocols="ui", **settings)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


def test_a_logo_of_the_site_stands_in_the_place_of_ours(make_registry, tmp_path):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="28" height="28"></svg>'
    (tmp_path / "logo.svg").write_bytes(svg)
    browser = Browser(make_registry(protocols="ui", logo=str(tmp_path / "logo.svg")))
    address = browser.open("/").html.find("img", class_="logo")["src"]
    answer = browser.open(address)
    assert answer.body == svg
    assert answer.content_type == "image/svg+xml"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_an_announcement_is_put_away_in_one_browser_and_comes_back_when_it_changes(make_registry):
    registry = make_registry(protocols="ui", announcement="Down <on> Tuesday.")
    first, second = Browser(registry), Browser(registry)
    page = first.open("/?client=singularity")
    assert page.html.find("aside", class_="announcement").p.text == "Down <on> Tuesday."
    assert "Set-Cookie" not in page.headers
    form = next(one for one in page.forms.values() if "announcement" in one.action)
    answer = form.submit(headers=HTML, status=303)
    assert answer.location == "http://localhost/?client=singularity"
    assert first.open("/").html.find("aside", class_="announcement") is None
    assert second.open("/").html.find("aside", class_="announcement") is not None
    evil = first.post("/-/announcement/put-away", "next=//evil.test", status=303)
    assert evil.location == "http://localhost/"


def test_one_page_hands_out_a_token_for_the_command_line(registry, ada, browser):
    sent = browser.open("/-/token", status=303)
    assert sent.location == "http://localhost/auth/sign-in?next=%2F-%2Ftoken"
    browser.sign_in(at=sent.location.removeprefix("http://localhost"), status=303)
    page = browser.open("/-/token")
    form = next(one for one in page.forms.values() if one.action == "/auth/tokens")
    form["name"] = "laptop"
    made = form.submit(headers=HTML)
    secret = made.html.find(id="secret").text
    assert "remote login --tokenfile token.txt" in made.html.find(id="log-in-1").text
    ada.token = secret
    ada.push("ada/lab/blast:1", b"image")
