"""The lines of the pages to find images."""

from ..samples import About, Deed, Sample

_NOTHING = About.NOTHING
_SHOWS = 'href="/{path}"'

LINES = (
    Sample("ui.home", "GET", "/", Deed.PUBLIC, about=_NOTHING),
    Sample("ui.explore", "GET", "/-/explore?show=containers", Deed.OTHER, shows=_SHOWS),
    Sample("ui.search", "GET", "/-/search?q=blast", Deed.OTHER, shows=_SHOWS),
    Sample("ui.stars", "GET", "/-/stars", Deed.OTHER, about=_NOTHING),
    Sample("ui.star", "POST", "/{entity}/{collection}/-/star", Deed.OTHER, form={"back": ""}),
    Sample("ui.unstar", "POST", "/{entity}/{collection}/-/unstar", Deed.OTHER, form={"back": ""}),
)
