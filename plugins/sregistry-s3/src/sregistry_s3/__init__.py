"""Images in an object store that speaks S3."""

from sregistry_core import hookimpl
from sregistry_core.contracts import PluginSettings, Storage

from .direct import DirectObjectStorage
from .settings import read_settings
from .storage import ObjectStorage

__all__ = ["DirectObjectStorage", "ObjectStorage", "sregistry_storage"]


@hookimpl
def sregistry_storage(kind: str, settings: PluginSettings) -> Storage | None:
    """Open a bucket as a storage. Nobody is asked yet: a store that is away stops no start."""
    if kind != "s3":
        return None
    read = read_settings(settings)
    return ObjectStorage(read) if read.relay else DirectObjectStorage(read)
