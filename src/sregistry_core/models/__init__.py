"""The tables. Children know their parents; the other way round is a question to a service."""

from sregistry_core.db.base import Base

from .accounts import Credential, Journey, Membership, Team, Token, User, WebSession
from .content import Blob, BlobState
from .federation import ClientCredential, OtherRegistry
from .keys import AllowedSigner, ImageSignature, KeyHandle, KeyName, PublicKey, SignatureState
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
from .manifests import BlobUpload, Manifest, ManifestReference, ManifestTag, RepositoryBlob
from .outbox import Outbox, Periodic
from .robots import Publisher, Robot, SpentStatement
from .transfers import Upload, UploadKind, UploadPart
from .usage import DailyDownloads, ShareLink

metadata = Base.metadata

__all__ = [
    "AllowedSigner",
    "Blob",
    "BlobState",
    "BlobUpload",
    "ClientCredential",
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
    "ImageSignature",
    "Journey",
    "KeyHandle",
    "KeyName",
    "Manifest",
    "ManifestReference",
    "ManifestTag",
    "Membership",
    "OtherRegistry",
    "Outbox",
    "Periodic",
    "PublicKey",
    "Publisher",
    "RepositoryBlob",
    "Robot",
    "ShareLink",
    "SignatureState",
    "SpentStatement",
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
