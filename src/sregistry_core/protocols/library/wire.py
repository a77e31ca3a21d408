"""Between our words and the JSON of the library client.

Its decoder is strict: identifiers are texts, numbers whole, times have a zone, and one wrong type
in a field that it knows makes the whole command fail.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sregistry_core.digests import Digest
from sregistry_core.models import Collection, Container, Entity, Image, Tag
from sregistry_core.names import USUAL_ARCHITECTURE, parse_architecture
from sregistry_core.services.access import name_of
from sregistry_core.services.freezing import is_frozen_whole
from sregistry_core.services.quotas import Quota
from sregistry_core.services.search import Query


def entity_json(entity: Entity) -> dict[str, Any]:
    """An entity."""
    return {
        "id": entity.id,
        "name": entity.name,
        "description": entity.description,
        "createdAt": _time(entity.created_at),
    }


def collection_json(collection: Collection) -> dict[str, Any]:
    """A collection."""
    return {
        "id": collection.id,
        "name": collection.name,
        "description": collection.description,
        "entity": collection.entity.id,
        "entityName": collection.entity.name,
        "private": collection.private,
        "createdAt": _time(collection.created_at),
    }


def container_json(container: Container, tags: Iterable[Tag]) -> dict[str, Any]:
    """A container and its tags."""
    tags = list(tags)
    collection = container.collection
    return {
        "id": container.id,
        "name": container.name,
        "description": container.description,
        "collection": collection.id,
        "collectionName": collection.name,
        "entity": collection.entity.id,
        "entityName": collection.entity.name,
        "private": collection.private,
        "readOnly": is_frozen_whole(container),
        "imageTags": tags_json(tags),
        "archTags": arch_tags_json(tags),
        "createdAt": _time(container.created_at),
    }


def image_json(image: Image, tags: Sequence[str], signers: Sequence[str]) -> dict[str, Any]:
    """An image.

    signers   fingerprints, which the client shows as "Signed by"
    """
    container = image.container
    collection = container.collection
    return {
        "id": image.id,
        "hash": Digest.parse(image.digest).library,
        "description": image.description,
        "container": container.id,
        "containerName": container.name,
        "collection": collection.id,
        "collectionName": collection.name,
        "entity": collection.entity.id,
        "entityName": collection.entity.name,
        "size": image.blob.size if image.blob else 0,
        "uploaded": image.blob is not None,
        "signed": image.signed,
        # The client does not know it, and leaves it alone.
        "verification": image.verification or "",
        "encrypted": image.encrypted,
        "arch": image.arch or "",
        "fingerprints": list(signers),
        "tags": list(tags),
        "createdAt": _time(image.created_at),
    }


def tags_json(tags: Iterable[Tag]) -> dict[str, str]:
    """The image of each tag; where there are several, that of the usual architecture."""
    chosen: dict[str, str] = {}
    for tag in tags:
        if tag.name not in chosen or tag.arch == USUAL_ARCHITECTURE:
            chosen[tag.name] = tag.image_id
    return chosen


def arch_tags_json(tags: Iterable[Tag]) -> dict[str, dict[str, str]]:
    """The image of each tag of each architecture."""
    chosen: dict[str, dict[str, str]] = {}
    for tag in tags:
        chosen.setdefault(tag.arch, {})[tag.name] = tag.image_id
    return chosen


def completed_json(image: Image, quota: Quota) -> dict[str, Any]:
    """What the client prints after a push: what is used of which quota (0 is none), and a name."""
    return {
        "quota": {"quotaTotal": quota.limit, "quotaUsage": quota.used},
        "containerUrl": name_of(image.container),
    }


def search_json(
    entities: Sequence[Entity],
    collections: Sequence[Collection],
    containers: Sequence[Container],
    images: Sequence[Image],
    tags: Mapping[str, Sequence[str]],
    signers: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """What a search has found; `tags` and `signers` by the identifiers of the images."""
    return {
        "entity": [entity_json(entity) for entity in entities],
        "collection": [collection_json(collection) for collection in collections],
        "container": [container_json(container, ()) for container in containers],
        "image": [
            image_json(image, tags.get(image.id, ()), signers.get(image.id, ())) for image in images
        ],
    }


def search_query(said: Mapping[str, str]) -> Query:
    """Read what is searched for; `arch` may be a list with commas, `signed` is true or absent."""
    archs = tuple(
        parse_architecture(arch.strip()) for arch in said.get("arch", "").split(",") if arch.strip()
    )
    signed = True if said.get("signed", "").lower() == "true" else None
    return Query(text=said.get("value", ""), archs=archs, signed=signed)


def read_arch(said: Mapping[str, str]) -> str | None:
    """Read the architecture; None when the client does not say.

    SingularityCE 3.6.0 to 3.7.1 encode the whole query of a delete as one name: `arch%3Damd64`.
    """
    arch = said.get("arch", "")
    for name in said:
        if name.startswith("arch="):
            arch = name.removeprefix("arch=")
    return parse_architecture(arch) if arch else None


def _time(moment: datetime) -> str:
    return moment.isoformat()
