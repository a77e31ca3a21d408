"""Addresses of things. They fit nearly everything, and so come after every other route."""

from pyramid.config import Configurator

from sregistry_core.names import RESERVED

_FREE = "|".join(sorted(RESERVED))
_ENTITY = f"{{entity:(?!(?:{_FREE})(?:/|$))[A-Za-z0-9][A-Za-z0-9-]*}}"
_COLLECTION = "{collection:[A-Za-z0-9][A-Za-z0-9-]*}"
_CONTAINER = "{container:[A-Za-z0-9][A-Za-z0-9._-]*}"
_OF_ENTITY = f"/{_ENTITY}"
_OF_COLLECTION = f"{_OF_ENTITY}/{_COLLECTION}"
_OF_CONTAINER = f"{_OF_COLLECTION}/{_CONTAINER}"

OF_THINGS = (
    ("ui.entity", _OF_ENTITY),
    ("ui.entity_feed", f"{_OF_ENTITY}/-/feed.atom"),
    ("ui.collection", _OF_COLLECTION),
    ("ui.collection_feed", f"{_OF_COLLECTION}/-/feed.atom"),
    ("ui.container", _OF_CONTAINER),
    ("ui.container_history", f"{_OF_CONTAINER}/-/history"),
    ("ui.badge", f"{_OF_CONTAINER}/-/badge.svg"),
    ("ui.image", f"{_OF_CONTAINER}:{{reference:[^/@]+}}"),
    ("ui.packages", f"{_OF_CONTAINER}@{{reference:[^/@]+}}/-/packages"),
    ("ui.image_of_digest", f"{_OF_CONTAINER}@{{reference:[^/@]+}}"),
)
_READING = ("GET", "HEAD")
_AFTER_ALL_ROUTES = 1000
"""Routes are put into the list, in their order, among the actions without an order: 0."""


def includeme(config: Configurator) -> None:
    """Add the routes, and put those of things behind all others, also behind those of plugins."""
    add = config.add_route
    add("ui.compare", "/-/compare", request_method=_READING)
    add("ui.feed", "/-/feed.atom", request_method=_READING)
    add("ui.robots_file", "/robots.txt", request_method=_READING)
    add("ui.sitemap", "/sitemap.xml", request_method=_READING)
    add("ui.sitemap_part", "/-/sitemap.xml", request_method=_READING)
    for name, pattern in OF_THINGS:
        add(name, pattern, request_method=_READING)
    config.action(None, lambda: _put_last(config), order=_AFTER_ALL_ROUTES)


def _put_last(config: Configurator) -> None:
    """Let the routes of things be asked last, once all routes are there.

    Plugins add theirs after the protocols; routes are tried in the order in which they were added.
    """
    last = {name for name, _ in OF_THINGS}
    config.get_routes_mapper().routelist.sort(key=lambda route: route.name in last)
