"""Every page: well-formed, fit for readers of every kind, without a word of inline code."""

from itertools import pairwise

import pytest

from sregistry_core.testing.elsewhere import answer_of

PATHS = [
    "/",
    "/-/guide?client=singularity",
    "/-/explore",
    "/-/explore?show=containers",
    "/-/search",
    "/-/search?q=x&since=never",
    "/-/stars",
    "/auth/sign-in",
    "/auth/tokens",
    "/auth/account",
    "/auth/signed-out?from=campus",
    "/absent",
]
ONLY_AT_HOME = ("tokens", "account", "stars")


@pytest.fixture
def registry(make_registry):
    """A registry with a login at another site, which answers with a form."""
    return make_registry(
        protocols="discovery transfer library shub ui",
        institution="Example Institute",
        contact="images@example.org",
        login="passwords campus",
        plugin_modules="sregistry_core.testing.elsewhere",
        campus__use="elsewhere",
        campus__by_form="true",
    )


@pytest.fixture
def pages(ada, open_browser):
    """Every page there is, for a stranger and for ada."""
    stranger, home = open_browser(), open_browser()
    home.sign_in(status=303)
    found = [
        stranger.open(path, expect_errors=True) for path in PATHS if not path.endswith(ONLY_AT_HOME)
    ]
    found += [home.open(path, expect_errors=True) for path in PATHS if "sign-in" not in path]
    found.append(stranger.sign_in("ada", "wrong", status=401))
    form = home.open("/auth/tokens").forms[1]
    form["name"] = "laptop"
    found.append(form.submit(headers={"Accept": "text/html"}))
    form["lifetime"] = "date"
    found.append(form.submit(headers={"Accept": "text/html"}, status=400))
    found.append(home.open("/auth/tokens?done=revoked"))
    return [*found, *journey(open_browser()), *journey(open_browser(), "forged")]


def journey(browser, proof=None):
    """The pages on the way to another site and back, where a name is taken."""
    page = browser.open("/auth/sign-in").forms[1].submit(headers={"Accept": "text/html"})
    answer = answer_of(browser.go_on(page), "ada")
    changed = {**answer, "proof": proof or answer["proof"]}
    once_more = browser.post("/auth/sign-in/campus/callback", changed)
    back = once_more.forms[0].submit(headers={"Accept": "text/html"}, expect_errors=True)
    yield from (page, once_more, back)
    if back.status_int == 200:
        back.forms[0]["name"] = "ada"
        yield back.forms[0].submit(headers={"Accept": "text/html"}, status=409)


def test_every_element_is_closed_and_no_name_is_given_twice(pages, read):
    for page in pages:
        outline = read(page)
        assert outline.complaints == []
        names = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
        assert len(names) == len(set(names))


def test_every_page_says_its_language_its_title_and_where_it_begins(pages, read):
    titles = set()
    for page in pages:
        outline = read(page)
        assert page.text.startswith("<!doctype html>\n")
        assert outline.all("html") == [{"lang": "en"}]
        assert len(outline.all("title")) == len(outline.all("main")) == len(outline.all("h1")) == 1
        assert page.html.find("body").find("a")["href"] == "#content"
        assert page.html.find("main")["id"] == "content"
        assert "width=device-width" in page.html.find("meta", attrs={"name": "viewport"})["content"]
        titles.add(page.html.title.get_text())
    assert all(title.endswith(" · Test Registry") for title in titles)
    assert len(titles) >= 7


def test_headings_go_down_one_step_at_a_time(pages):
    for page in pages:
        levels = [int(heading.name[1]) for heading in page.html.find_all(["h1", "h2", "h3"])]
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_field_has_a_label_and_every_button_a_kind_and_a_name(pages):
    for page in pages:
        for field in page.html.find_all("input"):
            if field.get("type") == "hidden":
                continue
            label = page.html.find("label", attrs={"for": field.get("id", "none")})
            assert label or field.find_parent("label") or field.get("aria-label"), field
        for button in page.html.find_all("button"):
            assert button["type"] in ("submit", "button")
            assert button.get_text(strip=True)


def test_whatever_is_pointed_at_is_there(pages):
    for page in pages:
        names = {element["id"] for element in page.html.find_all(id=True)}
        for attribute in ("aria-describedby", "aria-labelledby", "for", "data-copies"):
            for element in page.html.find_all(attrs={attribute: True}):
                assert element[attribute] in names
        for link in page.html.find_all("a", href=lambda address: address.startswith("#")):
            assert link["href"][1:] in names


def test_no_code_and_no_style_is_inline_and_nothing_comes_from_elsewhere(pages, read):
    for page in pages:
        outline = read(page)
        assert outline.all("style") == []
        assert all(script["src"].startswith("/static/ui/") for script in outline.all("script"))
        for name, attributes in outline.elements:
            assert "style" not in attributes
            assert not any(attribute.startswith("on") for attribute in attributes)
            if name in ("img", "script", "link"):
                address = attributes.get("src") or attributes["href"]
                assert address.startswith("/static/ui/")
            assert "javascript:" not in attributes.get("href", "")


def test_every_form_is_sent_to_us_and_carries_its_token(pages):
    for page in pages:
        for form in page.html.find_all("form"):
            if form["method"] == "get":
                assert form["action"] == "/-/search"
                continue
            assert form["method"] == "post"
            assert form["action"].startswith("/auth/")
            if form.has_attr("data-sends-itself"):
                # What another site has sent without cookies: the state in it is its token.
                assert "Set-Cookie" not in page.headers
                continue
            assert form.find("input", attrs={"name": "csrf_token"})["value"]


def test_without_scripts_nothing_is_missing_but_the_buttons_that_copy(pages):
    for page in pages:
        for element in page.html.find_all(hidden=True):
            assert "copy" in element["class"]
        for button in page.html.select("button.copy"):
            assert button.has_attr("hidden")
