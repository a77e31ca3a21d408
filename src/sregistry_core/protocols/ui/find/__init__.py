"""Pages to find images: home, explore, search and stars."""

from pyramid.config import Configurator

_THING = "/{entity}/{collection}"


def includeme(config: Configurator) -> None:
    """Add the pages."""
    add = config.add_route
    add("ui.home", "/", request_method=("GET", "HEAD"))
    add("ui.explore", "/-/explore", request_method=("GET", "HEAD"))
    add("ui.search", "/-/search", request_method=("GET", "HEAD"))
    add("ui.stars", "/-/stars", request_method=("GET", "HEAD"))
    add("ui.star", f"{_THING}/-/star", request_method="POST")
    add("ui.unstar", f"{_THING}/-/unstar", request_method="POST")
    config.scan()
