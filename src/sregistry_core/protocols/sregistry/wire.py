"""Between our words and the JSON of the old server."""

from collections.abc import Sequence
from typing import Any

from sregistry_core.digests import Digest
from sregistry_core.models import Collection
from sregistry_core.services.access import name_of
from sregistry_core.services.listings import Labelled, Listed, Shelf


def shelf_json(shelf: Shelf, entity: str, public_url: str) -> dict[str, Any]:
    """Give a collection; `entity` is the one whose names are short for the client."""
    collection = shelf.collection
    short = shown_name(collection, entity)
    return {
        "id": collection.id,
        "name": short,
        "add_date": collection.created_at.isoformat(),
        "modify_date": collection.created_at.isoformat(),
        "metadata": {"description": collection.description, "private": collection.private},
        "containers": [_in_shelf(collection, short, tag, public_url) for tag in shelf.tags],
    }


def _in_shelf(collection: Collection, short: str, tagged: str, public_url: str) -> dict[str, str]:
    container, _, tag = tagged.partition(":")
    manifest = f"{collection.entity.name}/api/container/{collection.name}/{tagged}"
    return {
        "name": container,
        "tag": tag,
        "uri": f"{short}/{tagged}",
        "detail": f"{public_url}/{manifest}",
    }


def listed_json(listed: Listed, entity: str) -> dict[str, Any]:
    """Give one tag: what the old server called a container."""
    image = listed.image
    digest = Digest.parse(image.digest)
    return {
        "id": image.id,
        "name": image.container.name,
        "tag": listed.tag,
        "add_date": image.created_at.isoformat(),
        "metrics": {"sha256": digest.hex, "size": image.blob.size if image.blob else 0},
        "version": digest.library,
        "frozen": listed.frozen,
        "metadata": {
            "description": image.description,
            "arch": image.arch,
            "signed": image.signed,
            "verification": image.verification,
        },
        "collection": shown_name(image.container.collection, entity),
    }


def label_json(labelled: Labelled, entity: str) -> dict[str, Any]:
    """Give a label with the names of what bears it."""
    return {
        "key": labelled.name,
        "value": labelled.value,
        "containers": [one.removeprefix(f"{entity}/") for one in labelled.bearers],
    }


def page_json(
    entries: Sequence[Any], count: int, *, next_url: str | None, previous_url: str | None
) -> dict[str, Any]:
    """Give a page. sregistry 0.2.39 asks for the first one for ever while `next` is not null."""
    return {"count": count, "next": next_url, "previous": previous_url, "results": list(entries)}


def shown_name(collection: Collection, entity: str) -> str:
    """Give the name of a collection, short for one of `entity`."""
    return name_of(collection).removeprefix(f"{entity}/")
