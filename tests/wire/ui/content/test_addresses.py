"""The addresses of things leave every other address alone, also those of plugins."""

import itertools

import pytest

numbers = itertools.count()
PLUGIN = """
from pyramid.response import Response
from sregistry_core import hookimpl

@hookimpl
def sregistry_configure(config, settings):
    for number, path in enumerate(("/hello", "/hello/world", "/hello/world/{who}")):
        config.add_route(f"hello.{number}", path)
        config.add_view(lambda request: Response("hello"), route_name=f"hello.{number}")
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module of the site that adds addresses which look like those of things."""
    monkeypatch.syspath_prepend(tmp_path)
    name = f"site_of_addresses_{next(numbers)}"
    (tmp_path / f"{name}.py").write_text(PLUGIN)
    return name


@pytest.mark.parametrize("path", ["/hello", "/hello/world", "/hello/world/blast"])
def test_an_address_of_a_plugin_wins(make_registry, module, path):
    registry = make_registry(protocols="ui", plugin_modules=module)

    assert registry.stranger.get(path, status=200).text == "hello"


def test_every_address_of_a_thing_is_asked_last(make_registry):
    registry = make_registry(
        protocols="ui discovery transfer library oci shub sregistry hkp directory api"
    )
    mapper = registry.app.app.registry.queryUtility(
        __import__("pyramid.interfaces", fromlist=["IRoutesMapper"]).IRoutesMapper
    )

    names = [route.name for route in mapper.routelist]

    assert names[-9:] and {"ui.entity", "ui.image", "ui.packages"} <= set(names[-10:])
    assert "ui.entity" not in names[:-10]


def test_a_private_registry_tells_crawlers_nothing(make_registry):
    registry = make_registry(protocols="library transfer ui", private_only="true")
    registry.user("ada").push("ada/lab/blast:1", b"an image")

    assert registry.stranger.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    registry.stranger.get("/sitemap.xml", status=404)
    registry.stranger.get("/-/sitemap.xml", status=404)
    assert "<entry" not in registry.stranger.get("/-/feed.atom", status=200).text
