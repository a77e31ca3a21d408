"""What there is to be asked for."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Uploads:
    """What one user has under way in one repository."""

    parts_id: str
    blob_upload: str
    bring: str
    cid: str


@dataclass(frozen=True, slots=True)
class Things:
    """What is in one entity."""

    entity: str
    entity_id: str
    collection_id: str
    container_id: str
    image_id: str
    coming_id: str
    manifest: str
    referrer: str
    share_number: str
    share_token: str
    ended_build_id: str
    hook_id: str
    build_id: str = ""
    uploads: dict[str, Uploads] = field(default_factory=dict)
