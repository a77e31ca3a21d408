"""The lines of the page of the repository that a collection is built from."""

from ..samples import Deed, Sample

_REPOSITORY = "/{entity}/{collection}/-/repository"

LINES = (
    Sample("ui.repository", "GET", _REPOSITORY, Deed.MANAGE),
    Sample(
        "ui.repository",
        "POST",
        _REPOSITORY,
        Deed.MANAGE,
        form={"url": "https://127.0.0.1/lab/other", "forge": "", "poll": ""},
    ),
    Sample("ui.change_repository", "POST", f"{_REPOSITORY}/look", Deed.MANAGE, form={}),
)
