"""The lines of our own API on managing what one has."""

from ..samples import Deed, Sample

_COLLECTION = "/api/v1/collections/{entity}/{collection}"

LINES = (
    Sample(
        "api.rename_collection",
        "POST",
        f"{_COLLECTION}/rename",
        Deed.MANAGE,
        json={"collection": "renamed"},
    ),
    Sample(
        "api.transfer_collection",
        "POST",
        f"{_COLLECTION}/transfer",
        Deed.OTHER,
        json={"entity": "{me}"},
    ),
)
