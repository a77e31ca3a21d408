"""All that the author of a plugin needs to read."""

from sregistry_core.errors import ConfigurationError

from .builder import Builder, BuildFailed, BuildOrder, BuildOutput
from .listener import (
    EVENTS,
    BuildFinished,
    Event,
    ImageDeleted,
    ImagePushed,
    Listener,
    TagMoved,
    UserJoined,
)
from .login import (
    Departure,
    LoginUnavailable,
    PasswordLogin,
    RedirectLogin,
    Subject,
    WrongPassword,
)
from .policy import Action, Caller, PushedImage, PushRefused, Scope, TeamRole
from .settings import PluginSettings, Secret, Sections
from .storage import (
    Handoff,
    LocalFile,
    ObjectMissing,
    Redirect,
    Storage,
    StorageUnavailable,
    StoredObject,
    Stream,
    require_key,
)

__all__ = [
    "EVENTS",
    "Action",
    "BuildFailed",
    "BuildFinished",
    "BuildOrder",
    "BuildOutput",
    "Builder",
    "Caller",
    "ConfigurationError",
    "Departure",
    "Event",
    "Handoff",
    "ImageDeleted",
    "ImagePushed",
    "Listener",
    "LocalFile",
    "LoginUnavailable",
    "ObjectMissing",
    "PasswordLogin",
    "PluginSettings",
    "PushRefused",
    "PushedImage",
    "Redirect",
    "RedirectLogin",
    "Scope",
    "Secret",
    "Sections",
    "Storage",
    "StorageUnavailable",
    "StoredObject",
    "Stream",
    "Subject",
    "TagMoved",
    "TeamRole",
    "UserJoined",
    "WrongPassword",
    "require_key",
]
