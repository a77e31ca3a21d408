"""The lines of our own API: stars."""

from ..samples import About, Deed, Sample

_STAR = "/api/v1/user/stars/{entity}/{collection}"

LINES = (
    Sample(
        "api.find",
        "GET",
        "/api/v1/search/containers?text=blast",
        Deed.OTHER,
        shows='"name":"{path}"',
    ),
    Sample("api.stars", "GET", "/api/v1/user/stars", Deed.OWN_STARS, about=About.NOTHING),
    Sample("api.star", "PUT", _STAR, Deed.STAR),
    Sample("api.unstar", "DELETE", _STAR, Deed.STAR),
)
