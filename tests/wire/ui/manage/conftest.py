"""People at browsers who manage things."""

from collections.abc import Callable

import pytest
from webtest import TestResponse

from sregistry_core.testing.browser import Browser
from sregistry_core.testing.fixtures import MakeRegistry
from sregistry_core.testing.registry import Registry

PROTOCOLS = "discovery transfer library oci sregistry shub api ui"


@pytest.fixture
def registry(make_registry: MakeRegistry) -> Registry:
    """A registry with pages and every protocol."""
    return make_registry(protocols=PROTOCOLS, publishers="https://gitlab.test")


@pytest.fixture
def at_home(registry: Registry) -> Callable[[str], Browser]:
    """Opens a browser in which somebody is signed in."""

    def sign_in(name: str) -> Browser:
        browser = Browser(registry)
        browser.sign_in(name, status=303)
        return browser

    return sign_in


@pytest.fixture
def fill() -> Callable[..., TestResponse]:
    """Fills in the form of a page that is sent to an address, and sends it."""

    def fill_in(page: TestResponse, action: str, status: int = 303, **fields: str) -> TestResponse:
        forms = [
            form
            for form in page.forms.values()
            if form.action == action and form.method.upper() == "POST"
        ]
        assert forms, f"{action} is none of {[form.action for form in page.forms.values()]}"
        form = forms[0]
        for name, value in fields.items():
            form[name].force_value(value) if hasattr(
                form[name], "force_value"
            ) else form.__setitem__(name, value)
        return form.submit(headers={"Accept": "text/html"}, status=status)

    return fill_in
