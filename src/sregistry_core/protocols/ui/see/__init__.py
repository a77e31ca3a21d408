"""Pages to see what is used: a map of sizes, storage and pulls over time."""

from pyramid.config import Configurator

_PLACES = (
    ("registry", ""),
    ("entity", "/{entity}"),
    ("collection", "/{entity}/{collection}"),
    ("container", "/{entity}/{collection}/{container}"),
)
_READING = ("GET", "HEAD")


def includeme(config: Configurator) -> None:
    """Add the pages, each for the registry and for what is in it."""
    for name, place in _PLACES:
        add = config.add_route
        add(f"ui.treemap_of_{name}", f"{place}/-/treemap", request_method=_READING)
        add(f"ui.treemap_csv_of_{name}", f"{place}/-/treemap.csv", request_method=_READING)
        if name != "container":
            add(f"ui.usage_of_{name}", f"{place}/-/usage", request_method=_READING)
            add(
                f"ui.usage_csv_of_{name}",
                f"{place}/-/usage/{{what:storage|pulls}}.csv",
                request_method=_READING,
            )
    config.scan(".treemap_views")
    config.scan(".usage_views")
