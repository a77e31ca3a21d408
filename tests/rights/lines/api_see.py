"""The lines of sizes and usage in our own API."""

from ..samples import About, Deed, Sample

LINES = (
    Sample("api.sizes", "GET", "/api/v1/sizes?limit=1000", Deed.OTHER, shows='"{entity}/lab"'),
    Sample("api.sizes", "GET", "/api/v1/sizes?of={path}", Deed.LOOK, note="of a container"),
    Sample("api.usage", "GET", "/api/v1/usage", Deed.OTHER, about=About.NOTHING),
    Sample("api.usage", "GET", "/api/v1/usage?of={entity}/lab", Deed.LOOK, note="of a collection"),
)
