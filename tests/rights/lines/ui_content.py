"""The lines of the pages of what the registry holds."""

from ..samples import About, Deed, Sample

_NOTHING = About.NOTHING
_COLLECTION = "/{entity}/{collection}"
_CONTAINER = "/{path}"
_BY_DIGEST = "/{path}@{digest}"

LINES = (
    Sample("ui.entity", "GET", "/{entity}", Deed.OTHER, shows='href="/{entity}/{collection}"'),
    Sample("ui.entity_feed", "GET", "/{entity}/-/feed.atom", Deed.OTHER, shows="/{path}:"),
    Sample("ui.collection", "GET", _COLLECTION, Deed.OTHER, shows='href="/{path}"'),
    Sample("ui.collection_feed", "GET", f"{_COLLECTION}/-/feed.atom", Deed.OTHER, shows="/{path}:"),
    Sample("ui.container", "GET", _CONTAINER, Deed.OTHER),
    Sample("ui.container_history", "GET", f"{_CONTAINER}/-/history", Deed.OTHER),
    Sample("ui.badge", "GET", f"{_CONTAINER}/-/badge.svg", Deed.OTHER),
    Sample("ui.image", "GET", f"{_CONTAINER}:1", Deed.OTHER),
    Sample("ui.image_of_digest", "GET", _BY_DIGEST, Deed.OTHER),
    Sample("ui.packages", "GET", f"{_BY_DIGEST}/-/packages", Deed.OTHER),
    Sample("ui.compare", "GET", "/-/compare?left={path}:1&right={path}:1", Deed.OTHER),
    Sample("ui.feed", "GET", "/-/feed.atom", Deed.OTHER, shows="/{path}:"),
    Sample("ui.robots_file", "GET", "/robots.txt", Deed.PUBLIC, about=_NOTHING),
    Sample("ui.sitemap", "GET", "/sitemap.xml", Deed.OTHER, shows="/{path}<"),
    Sample("ui.sitemap_part", "GET", "/-/sitemap.xml", Deed.OTHER, shows="/{path}<"),
)
