"""The lines of the page of images that are built anew by themselves."""

from ..samples import Deed, Sample

_REBUILDS = "/{entity}/{collection}/-/rebuilds"
_BLAST = {"container": "blast", "tag": "1", "arch": "amd64"}

LINES = (
    Sample("ui.rebuilds", "GET", _REBUILDS, Deed.MANAGE),
    Sample("ui.rebuilds", "POST", _REBUILDS, Deed.MANAGE, form={**_BLAST, "every_days": "30"}),
    Sample("ui.change_rebuild", "POST", f"{_REBUILDS}/now", Deed.MANAGE, form=_BLAST),
    Sample(
        "ui.change_rebuild",
        "POST",
        f"{_REBUILDS}/remove",
        Deed.MANAGE,
        form=_BLAST,
        note="remove",
    ),
)
