"""Refusals: a page for browsers, JSON for programs, and nothing about what is hidden."""

import pytest

from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.statements import statements_of


def test_an_address_that_is_nobodys_has_a_page_with_a_way_on(browser):
    page = browser.open("/no/such/page/of/ours", status=404)

    assert page.content_type == "text/html"
    assert page.html.h1.get_text() == "Not Found"
    assert "there is nothing at this address" in page
    assert page.html.find("main").find("a", href="/")
    assert page.headers["X-Request-ID"] in page


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/vnd.oci.x+json"])
def test_programs_get_json_there(stranger, accept):
    headers = {} if accept is None else {"Accept": accept}

    answer = stranger.get("/no/such/page/of/ours", headers=headers, status=404)

    assert answer.json == {"detail": "there is nothing at this address"}


def test_the_clients_keep_their_own_refusals(browser):
    assert browser.open("/v1/nonsense", status=404).json["error"]["code"] == 404
    assert browser.open("/api/container/a/b", status=404).content_type == "application/json"
    assert browser.open("/v1/oci-redirect", status=404).content_type == "application/json"


def test_what_is_hidden_looks_like_what_is_absent(ada, browser, registry):
    ada.push("ada/lab/secret:1", make_sif())
    registry.hide("ada/lab")

    hidden, absent = (
        browser.open(path, status=404) for path in ("/ada/lab/secret", "/ada/lab/absent")
    )

    def words(page, name):
        return page.text.replace(page.headers["X-Request-ID"], "").replace(name, "NAME")

    assert words(hidden, "secret") == words(absent, "absent")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/auth/sign-in", "/auth/tokens", "/absent", "/static/ui/x"])
def test_other_methods_are_refused_with_a_page(browser, method, path):
    headers = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}

    page = browser.app.request(path, method=method, headers=headers, status="4*")

    assert page.html.find("main")


def test_the_page_of_a_refusal_asks_the_database_nothing(ada_at_home, registry):
    with statements_of(registry.parts.database) as sent:
        page = ada_at_home.open("/no/such/page/of/ours", status=404)

    assert sent == []
    assert page.html.find("main")


def test_who_is_known_is_still_shown_when_something_is_refused(ada_at_home):
    token = ada_at_home.open("/auth/tokens").forms[0]["csrf_token"].value

    page = ada_at_home.post(f"/auth/tokens/{'0' * 32}/revoke", {"csrf_token": token}, status=404)

    assert "Sign out ada" in page.html.find("header").get_text()
    assert page.forms[0].submit(status=303)


def test_a_mistake_of_ours_has_a_page_without_its_cause(browser, registry, ada, caplog):
    # As an administrator might do it: the table is gone, and every sign-in fails.
    form = browser.open("/auth/sign-in").forms[0]
    form["name"], form["password"] = "ada", "correct horse battery"
    with registry.parts.database.writing.begin() as connection:
        connection.exec_driver_sql("DROP TABLE web_session")

    page = form.submit(headers={"Accept": "text/html"}, status=500)

    assert "the server made a mistake" in page
    assert page.headers["X-Request-ID"] in page
    assert "images@example.org" in page.html.find("main").get_text()
    for told in ("web_session", "Traceback", "sqlite", "SELECT", "INSERT"):
        assert told not in page
    assert "web_session" in caplog.text


@pytest.mark.parametrize(
    "path", ["/<script>alert(1)</script>", "/%3Cscript%3E", "/?client=<script>"]
)
def test_an_address_is_never_part_of_a_page_as_it_is(browser, path):
    assert "<script>alert" not in browser.open(path, expect_errors=True)


def test_who_must_sign_in_after_a_form_is_not_sent_back_to_the_form(browser):
    token = browser.open("/auth/sign-in").forms[0]["csrf_token"].value

    for path in ("/auth/tokens", f"/auth/tokens/{'0' * 32}/revoke"):
        answer = browser.post(path, {"csrf_token": token}, status=303)
        assert answer.location == "http://localhost/auth/sign-in"
        assert "WWW-Authenticate" not in answer.headers
