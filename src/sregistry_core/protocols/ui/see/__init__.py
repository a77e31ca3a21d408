"""Pages to see what is used: sizes, storage and pulls; to upload; and to try the API."""

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
    add = config.add_route
    add("ui.upload", "/-/upload", request_method=_READING)
    # The sregistry client pushes to an address that ends in `/upload`.
    add("ui.upload_whole", "/-/upload/whole", request_method="POST")
    add("ui.begin_upload", "/-/uploads", request_method="POST")
    add("ui.upload_underway", "/-/uploads/{proof}")
    add("ui.finish_upload", "/-/uploads/{proof}/finish", request_method="POST")
    # The form without scripts holds the whole image; pieces are as small as any other body.
    config.take_large_bodies("ui.upload_whole", ["POST"])
    config.take_large_forms("ui.upload_whole", "ui.upload_underway", "ui.finish_upload")
    add("ui.api", "/-/api", request_method=_READING)
    add("ui.api_operation", "/-/api/{operation}", request_method=_READING)
    add("ui.api_token", "/-/api-token", request_method="POST")
    config.include(".api_views")
    config.scan(".api_views")
    config.scan(".treemap_views")
    config.scan(".upload_views")
    config.scan(".usage_views")
