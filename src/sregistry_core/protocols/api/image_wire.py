"""Between our words and the JSON of our own API: images, what they say of themselves, and tags."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sregistry_core.models import Image, ImageSignature, Tag
from sregistry_core.services.access import name_of
from sregistry_core.services.build_statements import Statement
from sregistry_core.services.tag_history import Moved

from .wire import time_json

_TEXTS = ("definition", "runscript", "startscript", "test", "help")
_APP_TEXTS = ("runscript", "startscript", "test", "help")
_SIGNATURE = (
    "object_id",
    "fingerprint",
    "hash_algorithm",
    "covers_group",
    "covers_object",
    "format",
)
_SBOM = ("format", "object_id", "offset", "size")
_OBJECT = ("id", "type", "name", "size", "file_system", "partition_type")


def image_json(image: Image, tags: Sequence[str]) -> dict[str, Any]:
    """An image, as lists show it; `size` in bytes."""
    return {
        "container": name_of(image.container),
        "digest": image.digest,
        "size": image.blob.size if image.blob else 0,
        "arch": image.arch,
        "kind": image.kind,
        "signed": image.signed,
        "encrypted": image.encrypted,
        "fingerprints": list(image.fingerprints),
        "verification": image.verification,
        "description": image.description,
        "tags": list(tags),
        "pushed_at": time_json(image.pushed_at),
    }


def statement_json(one: Statement) -> dict[str, Any]:
    """How an image was built, in the words of in-toto and SLSA."""
    return {"digest": one.digest, "build": one.build, "statement": one.statement}


def inspected_image_json(
    image: Image, tags: Sequence[str], signatures: Sequence[ImageSignature]
) -> dict[str, Any]:
    """An image with all that was read from its file; null until a job has done so."""
    readable = image.inspected_at is not None and image.opaque_because is None
    return {
        **image_json(image, tags),
        "inspected_at": time_json(image.inspected_at),
        "opaque_because": image.opaque_because,
        "inspection": inspection_json(image.inspection) if readable else None,
        "signatures": [_signature_json(one) for one in signatures],
    }


def inspection_json(found: Mapping[str, Any]) -> dict[str, Any]:
    """What an image file says of itself; nothing of it is verified."""
    created, sbom = found.get("created"), found.get("sbom")
    return {
        **{name: found.get(name) for name in _TEXTS},
        "labels": dict(found.get("labels") or {}),
        "environment": dict(found.get("environment") or {}),
        "apps": {name: _app_json(app) for name, app in (found.get("apps") or {}).items()},
        "signatures": [_chosen(one, _SIGNATURE) for one in found.get("signatures") or ()],
        "sbom": _chosen(sbom, _SBOM) if sbom else None,
        "objects": [_chosen(one, _OBJECT) for one in found.get("objects") or ()],
        "oci_sif": bool(found.get("oci_sif")),
        "created": time_json(datetime.fromisoformat(created)) if created else None,
        "notes": list(found.get("notes") or ()),
    }


def _signature_json(signature: ImageSignature) -> dict[str, Any]:
    return {
        "object_id": signature.object_id,
        "format": signature.format,
        "fingerprint": signature.fingerprint,
        "signer": signature.signer,
        "state": signature.state.value,
        "reason": signature.reason,
        "covers_all": signature.covers_all,
        "checked_at": time_json(signature.checked_at),
    }


def tags_json(tags: Iterable[Tag], digests: Mapping[str, str]) -> list[dict[str, Any]]:
    """Tags in their order, each with its image for every architecture.

    digests   of the images, by identifier
    """
    by_name: dict[str, list[Tag]] = {}
    for tag in tags:
        by_name.setdefault(tag.name, []).append(tag)
    return [_tag_json(name, rows, digests) for name, rows in by_name.items()]


def moved_json(move: Moved) -> dict[str, Any]:
    """What a tag pointed at from a moment on."""
    return {
        "tag": move.tag,
        "arch": move.arch,
        "digest": move.digest,
        "moved_at": time_json(move.at),
        "moved_by": move.by,
        "is_here": move.is_here,
    }


def _tag_json(name: str, rows: Sequence[Tag], digests: Mapping[str, str]) -> dict[str, Any]:
    frozen_at = next((row.frozen_at for row in rows if row.frozen_at is not None), None)
    return {
        "tag": name,
        "frozen": frozen_at is not None,
        "frozen_at": time_json(frozen_at),
        "images": [
            {
                "arch": row.arch,
                "digest": digests[row.image_id],
                "moved_at": time_json(row.moved_at),
            }
            for row in rows
        ],
    }


def _app_json(app: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: app.get(name) for name in _APP_TEXTS},
        "labels": dict(app.get("labels") or {}),
        "environment": dict(app.get("environment") or {}),
    }


def _chosen(found: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: found.get(name) for name in names}
