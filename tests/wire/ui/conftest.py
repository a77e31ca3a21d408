"""Browsers, and what every page of ours must be."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from webtest import TestResponse

from sregistry_core.testing.browser import Browser
from sregistry_core.testing.fixtures import MakeRegistry
from sregistry_core.testing.registry import Registry

PROTOCOLS = "discovery transfer library shub ui"
VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


class Outline(HTMLParser):
    """Reads a page strictly: every element is closed where it must be."""

    def __init__(self, page: str):
        super().__init__()
        self.open_elements: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.complaints: list[str] = []
        self.feed(page)
        self.close()
        self.complaints += [f"{name} is never closed" for name in self.open_elements]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in the beginning of an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if len(dict(attrs)) != len(attrs):
            self.complaints.append(f"{tag} has an attribute twice")
        if tag not in VOID:
            self.open_elements.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Take in the end of an element."""
        if not self.open_elements or self.open_elements.pop() != tag:
            self.complaints.append(
                f"{tag} ends at line {self.getpos()[0]} and is not the innermost"
            )

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def registry(make_registry: MakeRegistry) -> Registry:
    """A registry with pages."""
    return make_registry(
        protocols=PROTOCOLS, institution="Example Institute", contact="images@example.org"
    )


@pytest.fixture
def open_browser(registry: Registry) -> Callable[..., Browser]:
    """Opens browsers, by default to the registry."""

    def open_one(at: Registry = registry) -> Browser:
        return Browser(at)

    return open_one


@pytest.fixture
def browser(registry: Registry) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(registry)


@pytest.fixture
def ada_at_home(registry: Registry, ada: object, browser: Browser) -> Browser:
    """A browser in which ada is signed in."""
    browser.sign_in(status=303)
    return browser


@pytest.fixture
def read() -> Callable[[TestResponse], Outline]:
    """Reads a page strictly."""
    return lambda page: Outline(page.text)


@pytest.fixture
def make_token(ada_at_home: Browser) -> Callable[..., TestResponse]:
    """Fills in the form that asks for a token, and gives the page that answers."""

    def fill_in(status: int = 200, **fields: str) -> TestResponse:
        form = ada_at_home.open("/auth/tokens").forms[1]
        for name, value in fields.items():
            form[name].force_value(value)
        return form.submit(headers={"Accept": "text/html"}, status=status)

    return fill_in
