"""The lines of the pages of builds."""

from ..samples import About, Deed, Sample

_BUILDS = "/-/builds"
_WAITING, _ENDED = f"{_BUILDS}/{{build_id}}", f"{_BUILDS}/{{ended_build_id}}"

LINES = (
    Sample("ui.builds", "GET", _BUILDS, Deed.OTHER, shows="{build_id}"),
    Sample("ui.new_build", "GET", f"{_BUILDS}/new", Deed.OTHER, about=About.NOTHING),
    Sample(
        "ui.order_build",
        "POST",
        f"{_BUILDS}/order",
        Deed.PUSH,
        multipart={
            "name": "{entity}/lab/new",
            "tag": "4",
            "arch": "amd64",
            "builder": "",
            "arguments": "",
            "definition": "say hello",
        },
    ),
    Sample("ui.build", "GET", _WAITING, Deed.OTHER),
    Sample("ui.build_log", "GET", f"{_ENDED}/log", Deed.OTHER),
    Sample("ui.build_text", "GET", f"{_ENDED}/log.txt", Deed.OTHER),
    Sample("ui.ordered_image", "GET", "/library/{path}:1", Deed.OTHER),
    Sample("ui.cancel_build", "POST", f"{_WAITING}/cancel", Deed.PUSH, form={}),
    Sample("ui.retry_build", "POST", f"{_ENDED}/retry", Deed.PUSH, form={}),
)
