"""What a pull needs to know, as plain values: read with one question, and never written back."""

from dataclasses import dataclass
from datetime import datetime

from sregistry_core.models import Collection, Container, Entity, Image, Manifest


@dataclass(frozen=True, slots=True)
class SeenEntity:
    """Whose a collection is."""

    name: str
    user_id: str | None
    team_id: str | None


@dataclass(frozen=True, slots=True)
class SeenCollection:
    """What decides who may read."""

    id: str
    name: str
    private: bool
    entity: SeenEntity


@dataclass(frozen=True, slots=True)
class SeenContainer:
    """Where something is that is pulled."""

    id: str
    name: str
    collection_id: str
    collection: SeenCollection


@dataclass(frozen=True, slots=True)
class SeenBlob:
    """Where bytes are; `size` in bytes."""

    digest: str
    size: int
    storage: str
    key: str


@dataclass(frozen=True, slots=True)
class SeenImage:
    """An image whose bytes are here. frozen: whether its container is, or the tag asked for."""

    id: str
    digest: str
    arch: str | None
    kind: str | None
    description: str
    created_at: datetime
    frozen: bool
    container_id: str
    container: SeenContainer
    blob: SeenBlob


@dataclass(frozen=True, slots=True)
class SeenManifest:
    """A manifest, byte for byte; `size` in bytes."""

    digest: str
    media_type: str
    size: int
    body: bytes
    image_id: str | None
    tells_of: str | None
    container_id: str
    container: SeenContainer


AnyEntity = Entity | SeenEntity
AnyCollection = Collection | SeenCollection
AnyContainer = Container | SeenContainer
AnyImage = Image | SeenImage
AnyManifest = Manifest | SeenManifest
