"""The lines of builds in the registry's own API."""

from ..samples import Deed, Sample

_BUILDS = "/api/v1/builds"
_WAITING, _ENDED = f"{_BUILDS}/{{build_id}}", f"{_BUILDS}/{{ended_build_id}}"

LINES = (
    Sample("api.builds", "GET", _BUILDS, Deed.OTHER, shows="{build_id}"),
    Sample(
        "api.builds",
        "GET",
        f"{_BUILDS}?collection={{entity}}/{{collection}}",
        Deed.PUSH,
        note="of a collection",
    ),
    Sample(
        "api.order_build",
        "POST",
        _BUILDS,
        Deed.PUSH,
        json={"name": "{path}:4", "definition": "say hello"},
    ),
    Sample("api.build", "GET", _WAITING, Deed.OTHER),
    Sample("api.build_log", "GET", f"{_ENDED}/log", Deed.OTHER),
    Sample(
        "api.image_provenance",
        "GET",
        "/api/v1/containers/{path}/images/1/provenance",
        Deed.LOOK,
    ),
    Sample("api.cancel_build", "POST", f"{_WAITING}/cancel", Deed.PUSH),
    Sample("api.retry_build", "POST", f"{_ENDED}/retry", Deed.PUSH),
)
