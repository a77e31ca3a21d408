"""Reads OCI image manifests and indexes, and Docker's of schema 2; the bytes themselves stay.

Source: OCI image 1.1, manifest.md, image-index.md and descriptor.md.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sregistry_core.digests import ContentDigest
from sregistry_core.errors import InvalidDigest, InvalidManifest

OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST_TYPES: Final = (OCI_MANIFEST, DOCKER_MANIFEST)
INDEX_TYPES: Final = (OCI_INDEX, DOCKER_LIST)

OCI_EMPTY: Final = "application/vnd.oci.empty.v1+json"
SIF_LAYER: Final = "application/vnd.sylabs.sif.layer.v1.sif"
SIF_CONFIG: Final = "application/vnd.sylabs.sif.config.v1+json"
SIF_LAYERS: Final = frozenset(
    {
        SIF_LAYER,
        "application/vnd.sylabs.sif.layer.tar",
        # As Singularity 3.3 to 3.6 spell it.
        "appliciation/vnd.sylabs.sif.layer.tar",
    }
)
_ELSEWHERE = (
    "application/vnd.oci.image.layer.nondistributable.",
    "application/vnd.docker.image.rootfs.foreign.",
)
_LONGEST_TYPE = 255
_MEMBERS = {
    name.lower(): name
    for name in ("mediaType", "manifests", "layers", "config", "subject", "artifactType")
}
MOST_REFERENCES = 10_000


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a manifest says of one blob or one other manifest; `size` in bytes, not verified."""

    media_type: str
    digest: ContentDigest
    size: int
    architecture: str | None = None
    os: str | None = None

    @property
    def is_elsewhere(self) -> bool:
        """True for a layer that may not be distributed, and need not be here."""
        return self.media_type.startswith(_ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or an index that has been understood."""

    media_type: str
    artifact_type: str | None
    """As referrers are listed: of a manifest that names none, the type of its config."""
    subject: ContentDigest | None
    annotations: Mapping[str, str]
    config: Descriptor | None
    layers: tuple[Descriptor, ...]
    manifests: tuple[Descriptor, ...]

    @property
    def is_index(self) -> bool:
        """True for an index."""
        return self.media_type in INDEX_TYPES

    @property
    def sif(self) -> Descriptor | None:
        """The one layer, when it is a SIF; None for any other manifest."""
        if len(self.layers) == 1 and self.layers[0].media_type in SIF_LAYERS:
            return self.layers[0]
        return None


def read_document(body: bytes, content_type: str | None) -> Document:
    """Understand a manifest or an index.

    content_type   the header that came with it, parameters and all
    Raises InvalidManifest with the reason. A document that could be read as a manifest and as an
    index is refused, also one that only a reader which ignores case would take so.
    Source: CVE-2021-41190; Go's decoder takes names in any case.
    """
    members = _members(body)
    media_type = _media_type(members, content_type)
    _refuse_two_meanings(members)
    if members.get("schemaVersion", 2) != 2:
        raise InvalidManifest("schemaVersion is not 2")
    index = media_type in INDEX_TYPES
    for foreign in ("config", "layers") if index else ("manifests",):
        if members.get(foreign) is not None:
            raise InvalidManifest(f"a document of the type {media_type} has no {foreign}")
    config = None if index else _descriptor(members.get("config"), "config")
    named_type = _text(members.get("artifactType"), "artifactType")
    subject = members.get("subject")
    return Document(
        media_type=media_type,
        artifact_type=named_type or (config.media_type if config else None),
        subject=None if subject is None else _descriptor(subject, "subject").digest,
        annotations=_annotations(members.get("annotations")),
        config=config,
        layers=() if index else _descriptors(members.get("layers"), "layers"),
        manifests=_descriptors(members.get("manifests"), "manifests") if index else (),
    )


def _members(body: bytes) -> dict[str, Any]:
    try:
        members = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidManifest("the manifest is no JSON") from error
    if not isinstance(members, dict):
        raise InvalidManifest("the manifest is no JSON object")
    return members


def _media_type(members: Mapping[str, Any], content_type: str | None) -> str:
    header = (content_type or "").partition(";")[0].strip().lower()
    named = _text(members.get("mediaType"), "mediaType")
    if named and header and named != header:
        raise InvalidManifest(f"the mediaType {named} is not the Content-Type {header[:100]}")
    media_type = named or header
    if media_type not in MANIFEST_TYPES + INDEX_TYPES:
        raise InvalidManifest(f"manifests of the type {media_type[:100]!r} are not taken here")
    return media_type


def _refuse_two_meanings(members: Mapping[str, Any]) -> None:
    for name in members:
        if _MEMBERS.get(name.lower(), name) != name:
            raise InvalidManifest(f"{name[:100]!r} would be taken for {_MEMBERS[name.lower()]}")
    if members.get("manifests") is not None and members.get("layers") is not None:
        raise InvalidManifest("the manifest has both manifests and layers")


def _descriptors(listed: Any, name: str) -> tuple[Descriptor, ...]:
    if listed is None:
        return ()
    if not isinstance(listed, list):
        raise InvalidManifest(f"{name} is no list")
    if len(listed) > MOST_REFERENCES:
        raise InvalidManifest(f"{name} has more than {MOST_REFERENCES} entries")
    return tuple(_descriptor(one, f"an entry of {name}") for one in listed)


def _descriptor(found: Any, name: str) -> Descriptor:
    if not isinstance(found, Mapping):
        raise InvalidManifest(f"{name} is no descriptor")
    size = found.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 1 << 63:
        raise InvalidManifest(f"{name} has no size that can be")
    digest = found.get("digest")
    try:
        parsed = ContentDigest.parse(digest if isinstance(digest, str) else "")
    except InvalidDigest as error:
        raise InvalidManifest(f"{name}: {error}") from error
    platform = found.get("platform")
    platform = platform if isinstance(platform, Mapping) else {}
    architecture, system = platform.get("architecture"), platform.get("os")
    return Descriptor(
        media_type=_text(found.get("mediaType"), f"the mediaType of {name}") or "",
        digest=parsed,
        size=size,
        architecture=architecture if isinstance(architecture, str) else None,
        os=system if isinstance(system, str) else None,
    )


def _text(found: Any, name: str) -> str | None:
    if found is None or found == "":
        return None
    if not isinstance(found, str) or len(found) > _LONGEST_TYPE:
        raise InvalidManifest(f"{name} is no text of at most {_LONGEST_TYPE} characters")
    if not found.isascii() or not found.isprintable():
        raise InvalidManifest(f"{name} holds signs that no media type has")
    return found


def _annotations(found: Any) -> Mapping[str, str]:
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise InvalidManifest("annotations are texts by name")
    return found
