"""Images in a directory of this machine."""

from sregistry_core import hookimpl
from sregistry_core.contracts import (
    ConfigurationError,
    PluginSettings,
    Storage,
    StorageUnavailable,
)
from sregistry_core.errors import StorageFull

from .directory import DirectoryStorage

__all__ = ["DirectoryStorage", "sregistry_storage"]


@hookimpl
def sregistry_storage(kind: str, settings: PluginSettings) -> Storage | None:
    """Open a directory as a storage."""
    if kind != "filesystem":
        return None
    root = settings.path("root")
    try:
        return DirectoryStorage(root)
    except (OSError, StorageUnavailable, StorageFull) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(
            f"{settings.name}.root = {root} cannot be used as a storage: {reason}"
        ) from error
