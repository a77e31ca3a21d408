"""The lines of the pages on managing what one has."""

from ..samples import About, Deed, Sample

_NOTHING = About.NOTHING
_COLLECTION = "/{entity}/{collection}/-"
_CONTAINER = "/{entity}/{collection}/{container}/-"
_ABOUT = {"seen_by": "everybody", "description": "new", "topics": "one, two"}

LINES = (
    Sample("ui.new_collection", "GET", "/-/new", Deed.OTHER, about=_NOTHING),
    Sample(
        "ui.new_collection",
        "POST",
        "/-/new",
        Deed.OTHER,
        about=_NOTHING,
        form={"entity": "{me}", "name": "new", "seen_by": "members", "description": ""},
    ),
    Sample("ui.collection_settings", "GET", f"{_COLLECTION}/settings", Deed.MANAGE),
    Sample("ui.collection_settings", "POST", f"{_COLLECTION}/settings", Deed.MANAGE, form=_ABOUT),
    Sample(
        "ui.freeze_collection",
        "POST",
        f"{_COLLECTION}/freeze",
        Deed.MANAGE,
        form={"frozen": "yes"},
    ),
    Sample(
        "ui.collection_signatures",
        "POST",
        f"{_COLLECTION}/signatures",
        Deed.MANAGE,
        form={"required": "no", "signers": ""},
    ),
    Sample(
        "ui.rename_collection",
        "POST",
        f"{_COLLECTION}/rename",
        Deed.MANAGE,
        form={"name": "renamed"},
    ),
    Sample(
        "ui.transfer_collection",
        "POST",
        f"{_COLLECTION}/transfer",
        Deed.OTHER,
        form={"entity": "{me}"},
    ),
    Sample(
        "ui.forget_name",
        "POST",
        f"{_COLLECTION}/forget-name",
        Deed.MANAGE,
        form={"name": "{entity}/former"},
    ),
    Sample("ui.delete_collection", "GET", f"{_COLLECTION}/delete", Deed.MANAGE),
    Sample(
        "ui.delete_collection",
        "POST",
        f"{_COLLECTION}/delete",
        Deed.MANAGE,
        form={"typed": "{entity}/{collection}"},
    ),
)
