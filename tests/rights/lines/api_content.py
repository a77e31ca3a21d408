"""The lines of the API that tell of content beyond images: the history of tags."""

from ..samples import Deed, Sample

LINES = (Sample("api.tag_history", "GET", "/api/v1/containers/{path}/tags/1/history", Deed.LOOK),)
