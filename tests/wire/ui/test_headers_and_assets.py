"""What protects a page in a browser, and what makes it quick."""

import hashlib

import pytest

PAGES = ["/", "/auth/sign-in", "/auth/tokens", "/absent", "/static/ui/absent.css"]
ASSETS = ["ui.css", "ui.js", "mark.svg"]


@pytest.fixture
def assets(browser):
    """The addresses of the assets, as a page names them."""
    page = browser.open("/auth/sign-in").html
    links = [link["href"] for link in page.find_all("link")]
    return sorted([*links, *(script["src"] for script in page.find_all("script"))])


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_every_answer_is_strict_about_what_a_browser_may_do(browser, path, accept):
    for method in ("GET", "POST"):
        answer = browser.app.request(
            path, method=method, headers={"Accept": accept}, expect_errors=True
        )
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "form-action 'self'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "Cache-Control" in answer.headers


def test_other_protocols_are_left_alone(stranger):
    for path in ("/v1/search?value=abc", "/assets/config/config.prod.json", "/version"):
        assert "Content-Security-Policy" not in stranger.get(path).headers


@pytest.mark.parametrize("path", ["/", "/auth/tokens", "/absent"])
def test_no_cache_keeps_a_page_of_somebody(ada_at_home, path):
    answer = ada_at_home.open(path, expect_errors=True)

    assert answer.headers["Cache-Control"] == "no-store"


def test_no_cache_keeps_a_form_or_the_answer_to_one(browser):
    first, second = browser.open("/auth/sign-in"), browser.open("/auth/sign-in")

    assert "Set-Cookie" in first.headers
    assert "Set-Cookie" not in second.headers
    for answer in (first, second, browser.sign_in("ada", "wrong", status=401)):
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_first_visit_sets_no_cookie(browser):
    page = browser.open("/")

    assert "Set-Cookie" not in page.headers
    assert page.headers["Cache-Control"] == "no-cache"


def test_assets_are_kept_for_a_year_under_an_address_of_their_content(browser, assets):
    assert [asset.partition("?")[0] for asset in assets] == [
        f"/static/ui/{name}" for name in sorted(ASSETS)
    ]
    for asset in assets:
        answer = browser.open(asset)
        assert asset.endswith(f"?v={hashlib.sha256(answer.body).hexdigest()[:16]}")
        assert answer.headers["Cache-Control"] == "max-age=31536000"


def test_assets_are_called_what_they_are(browser, assets):
    kinds = {asset.partition("?")[0][-4:]: browser.open(asset).content_type for asset in assets}

    assert kinds[".css"] == "text/css"
    assert kinds["i.js"] in ("text/javascript", "application/javascript")
    assert kinds[".svg"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path",
    [
        "/static/ui/",
        "/static/ui/../views.py",
        "/static/ui/%2e%2e/views.py",
        "/static/ui/..%2fviews.py",
        "/static/ui/%2e%2e%2ftemplates/base.jinja2",
        "/static/ui//etc/passwd",
        "/static/ui/ui.css%00",
    ],
)
def test_nothing_but_assets_is_served(browser, path):
    answer = browser.open(path, expect_errors=True)

    assert answer.status_int in (301, 302, 404)


def test_the_page_is_small_and_loads_little(browser, assets):
    sizes = [len(browser.open(path).body) for path in ("/", *assets)]

    assert len(assets) == 3
    assert sum(sizes) < 40_000


def test_the_style_sheet_fits_every_eye_and_loads_nothing(browser, assets):
    style = next(browser.open(asset).text for asset in assets if "ui.css" in asset)

    for wanted in ("prefers-color-scheme: dark", "prefers-reduced-motion", ":focus-visible"):
        assert wanted in style
    for unwanted in ("url(", "@import", "@font-face", "http"):
        assert unwanted not in style
