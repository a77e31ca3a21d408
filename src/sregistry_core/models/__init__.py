"""The tables. Children know their parents; the other way round is a question to a service."""

from sregistry_core.db.base import Base

from .accounts import Credential, Membership, Team, Token, User, WebSession
from .content import Blob, BlobState
from .library import (
    Collection,
    CollectionRole,
    Container,
    Entity,
    EntityKind,
    Grant,
    Image,
    ImageLabel,
    Tag,
)
from .outbox import Outbox, Periodic
from .transfers import Upload, UploadKind, UploadPart
from .usage import DailyDownloads, ShareLink

metadata = Base.metadata

__all__ = [
    "Blob",
    "BlobState",
    "Collection",
    "CollectionRole",
    "Container",
    "Credential",
    "DailyDownloads",
    "Entity",
    "EntityKind",
    "Grant",
    "Image",
    "ImageLabel",
    "Membership",
    "Outbox",
    "Periodic",
    "ShareLink",
    "Tag",
    "Team",
    "Token",
    "Upload",
    "UploadKind",
    "UploadPart",
    "User",
    "WebSession",
    "metadata",
]
