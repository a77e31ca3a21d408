"""The lines of images that are built anew by themselves."""

from ..samples import Deed, Sample

_REBUILD = "/api/v1/containers/{path}/tags/1/rebuild"

LINES = (
    Sample(
        "api.rebuilds",
        "GET",
        "/api/v1/collections/{entity}/{collection}/rebuilds",
        Deed.MANAGE,
    ),
    Sample("api.rebuild", "GET", _REBUILD, Deed.MANAGE),
    Sample("api.set_rebuild", "PUT", _REBUILD, Deed.MANAGE, json={"every_days": 30}),
    Sample("api.rebuild_now", "POST", f"{_REBUILD}/now", Deed.MANAGE),
    Sample("api.remove_rebuild", "DELETE", _REBUILD, Deed.MANAGE),
)
