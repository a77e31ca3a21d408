"""The page that shows the secrets file of the sregistry client."""

import json
import re

import pytest
from webtest import TestApp

from sregistry_core.contracts import Caller, Scope
from sregistry_core.errors import LoginRequired, NotAllowed
from sregistry_core.testing.registry import PASSWORD


@pytest.fixture
def browser(registry, ada):
    """A browser in which ada is signed in."""
    app = TestApp(registry.app.app)
    form = app.get("/auth/sign-in").forms[0]
    form["name"], form["password"] = "ada", PASSWORD
    form.submit(headers={"Accept": "text/html"}, status=303)
    return app


def secrets_of(page):
    shown = re.search(r'<code id="secrets-file">(.*?)</code>', page.text, re.DOTALL)[1]
    return json.loads(re.sub("<.*?>", "", shown).replace("&#34;", '"'))


def make(browser):
    return browser.get("/auth/sregistry").forms[1].submit(status=303).follow()


def test_the_file_is_shown_as_often_as_one_looks(browser):
    assert "You have no secret yet" in browser.get("/auth/sregistry").text

    made = secrets_of(make(browser))

    assert made["registry"]["base"] == "http://registry.test"
    assert made["registry"]["username"] == "ada"
    page = browser.get("/auth/sregistry")
    assert secrets_of(page) == made
    assert page.headers["Cache-Control"] == "no-store"
    assert "http://registry.test/ada" in page.text


def test_a_new_one_is_another_one(browser):
    assert secrets_of(make(browser)) != secrets_of(make(browser))


def test_where_the_old_server_showed_it_one_is_sent_on(browser):
    assert browser.get("/token", status=303).location.endswith("/auth/sregistry")


def test_a_stranger_is_asked_to_sign_in(registry):
    answer = registry.app.get("/auth/sregistry", headers={"Accept": "text/html"}, status=303)

    assert "/auth/sign-in" in answer.location


def test_a_form_from_elsewhere_makes_nothing(browser):
    browser.post("/auth/sregistry", {"csrf_token": "x"}, status=403)

    assert "You have no secret yet" in browser.get("/auth/sregistry").text


def test_without_the_protocol_there_is_no_page(make_registry):
    registry = make_registry(protocols="discovery transfer library shub ui")

    registry.app.get("/auth/sregistry", status=404)


def test_nobody_sees_the_secret_of_another_not_even_an_administrator(registry, ada, admin):
    with registry.parts.unit()() as services:
        user = services.accounts.find("ada")
        callers = [services.accounts.caller_of(services.accounts.find(admin.name))]
        callers.append(services.accounts.caller_of(user, scope=Scope.PUSH))
    for caller in [*callers, Caller.anonymous()]:
        with registry.parts.unit(caller)() as services:
            for ask in (services.client_credentials.find, services.client_credentials.renew):
                with pytest.raises((NotAllowed, LoginRequired)):
                    ask(user)


def test_the_database_does_not_hold_the_secret(registry, ada_client):
    assert ada_client.secret.encode() not in registry.written()
