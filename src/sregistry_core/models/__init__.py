"""The tables. Children know their parents; the other way round is a question to a service."""

from sregistry_core.db.base import Base

from .accounts import (
    Credential,
    Invitation,
    Journey,
    Membership,
    Team,
    Token,
    User,
    WebSession,
)
from .audit import AuditEvent
from .builds import Build, BuildContext, BuildOutputLine, BuildSecret, BuildState
from .content import Blob, BlobState
from .federation import ClientCredential, OtherRegistry
from .git import Forge, GitConnection
from .keys import AllowedSigner, ImageSignature, KeyHandle, KeyName, PublicKey, SignatureState
from .library import (
    Collection,
    CollectionRole,
    Container,
    Entity,
    EntityKind,
    FormerName,
    Grant,
    Image,
    ImageLabel,
    Tag,
    TagMove,
    Topic,
)
from .manifests import BlobUpload, Manifest, ManifestReference, ManifestTag, RepositoryBlob
from .outbox import Outbox, Periodic
from .rebuilds import RebuildSchedule, Verdict
from .robots import Publisher, Robot, SpentStatement
from .search import SearchEntry
from .storages import StorageState
from .transfers import Upload, UploadKind, UploadPart
from .usage import (
    CollectionDownloads,
    CollectionSummary,
    ContainerSummary,
    DailyDownloads,
    DailyStorage,
    EntitySummary,
    MeasuredDay,
    Period,
    SharedBlob,
    ShareLink,
    Star,
)

metadata = Base.metadata

__all__ = [
    "AllowedSigner",
    "AuditEvent",
    "Blob",
    "BlobState",
    "BlobUpload",
    "Build",
    "BuildContext",
    "BuildOutputLine",
    "BuildSecret",
    "BuildState",
    "ClientCredential",
    "Collection",
    "CollectionDownloads",
    "CollectionRole",
    "CollectionSummary",
    "Container",
    "ContainerSummary",
    "Credential",
    "DailyDownloads",
    "DailyStorage",
    "Entity",
    "EntityKind",
    "EntitySummary",
    "Forge",
    "FormerName",
    "GitConnection",
    "Grant",
    "Image",
    "ImageLabel",
    "ImageSignature",
    "Invitation",
    "Journey",
    "KeyHandle",
    "KeyName",
    "Manifest",
    "ManifestReference",
    "ManifestTag",
    "MeasuredDay",
    "Membership",
    "OtherRegistry",
    "Outbox",
    "Period",
    "Periodic",
    "PublicKey",
    "Publisher",
    "RebuildSchedule",
    "RepositoryBlob",
    "Robot",
    "SearchEntry",
    "ShareLink",
    "SharedBlob",
    "SignatureState",
    "SpentStatement",
    "Star",
    "StorageState",
    "Tag",
    "TagMove",
    "Team",
    "Token",
    "Topic",
    "Upload",
    "UploadKind",
    "UploadPart",
    "User",
    "Verdict",
    "WebSession",
    "metadata",
]
