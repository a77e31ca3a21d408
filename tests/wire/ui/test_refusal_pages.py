"""Every way the registry says no has a page: its reason, and a way on."""

from urllib.parse import parse_qs, urlsplit

import pytest

from sregistry_core import errors
from sregistry_core.services.stars import Stars

REASON = "the reason is told in one line"
READ = {
    errors.Malformed(REASON): 400,
    errors.NotAllowed(REASON): 403,
    errors.QuotaExceeded(REASON): 403,
    errors.NotFound(REASON): 404,
    errors.Conflict(REASON): 409,
    errors.Gone(REASON): 410,
    errors.TooLarge(REASON): 413,
    errors.TooManyGuesses(seconds=30): 429,
    errors.Unavailable(REASON): 503,
    errors.StorageUnavailable(REASON): 503,
    errors.StorageFull(REASON): 507,
}
PASSING = (429, 500, 503, 507)


@pytest.mark.parametrize(
    ("error", "status"),
    [*READ.items(), (RuntimeError("not for others"), 500)],
    ids=lambda one: str(one) if isinstance(one, int) else type(one).__name__,
)
def test_a_refusal_has_a_page_with_its_reason_and_a_way_on(
    ada_at_home, monkeypatch, read, error, status
):
    def refuse(*_arguments, **_options):
        raise error

    monkeypatch.setattr(Stars, "mine", refuse)
    page = ada_at_home.open("/-/stars", status=status)

    assert read(page).complaints == []
    main = page.html.find("main")
    told = "the server made a mistake" if status == 500 else str(error)
    assert told in main.find(class_="reason").get_text()
    assert str(status) in main.get_text()
    assert main.find("a", href="/")
    assert bool(main.find("a", string="Try again")) == (status in PASSING)
    assert page.headers["X-Request-ID"] in page
    assert "Retry-After" in page.headers or status not in (429, 503)
    assert "not for others" not in page


def test_who_must_sign_in_is_led_there_and_back(browser):
    answer = browser.open("/-/upload?to=ada/lab", status=303)

    address = urlsplit(answer.location)
    assert address.path == "/auth/sign-in"
    assert parse_qs(address.query) == {"next": ["/-/upload?to=ada/lab"]}


def test_a_form_that_is_refused_says_that_nothing_was_lost(ada_at_home):
    page = ada_at_home.post("/-/new", {"name": "x"}, status=403)

    assert "What you typed is still there" in page.html.find("main").get_text()
    assert page.html.find("main").find("a", href="/")


def test_a_form_that_is_too_large_has_a_page(ada_at_home):
    page = ada_at_home.post("/-/new", {"name": "x" * (9 << 20)}, status=413)

    assert page.html.find("h1").get_text() == "Request Entity Too Large"


def test_an_address_that_no_browser_writes_has_a_page(browser):
    page = browser.open("/%ff%fe", status=400)

    assert "no UTF-8" in page.html.find("main").get_text()


def test_the_way_back_leads_to_our_own_pages_only(ada_at_home, monkeypatch):
    def refuse(*_arguments, **_options):
        raise errors.Unavailable(REASON)

    monkeypatch.setattr(Stars, "mine", refuse)
    page = ada_at_home.open("//evil.test/-/stars", expect_errors=True)
    assert not page.html.find("main").find("a", href=lambda address: address.startswith("//"))
