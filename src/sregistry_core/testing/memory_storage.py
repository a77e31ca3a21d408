"""A storage in memory: for tests, and for the road of bytes that are neither file nor address."""

import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from sregistry_core import hookimpl
from sregistry_core.contracts import (
    ObjectMissing,
    PluginSettings,
    Storage,
    StoredObject,
    require_key,
)


class MemoryStorage(Storage):
    """Keeps every object as bytes; its handoff is `Stream`."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[bytes, datetime]] = {}
        self._lock = threading.Lock()

    def stat(self, key: str) -> StoredObject:
        """Tell size and age of an object."""
        content, stored_at = self._find(key)
        return StoredObject(key, len(content), stored_at)

    def open(self, key: str, start: int = 0) -> BinaryIO:
        """Open an object for reading from `start` on."""
        source = io.BytesIO(self._find(key)[0])
        source.seek(start)
        return source

    def adopt(self, key: str, path: Path) -> None:
        """Read the file; it is left where it is."""
        require_key(key)
        content = path.read_bytes()
        with self._lock:
            self._objects[key] = content, datetime.now(UTC)

    def delete(self, key: str) -> None:
        """Forget an object."""
        with self._lock:
            self._objects.pop(require_key(key), None)

    def walk(self, prefix: str = "") -> Iterator[StoredObject]:
        """Give every object at or below `prefix`."""
        if prefix:
            require_key(prefix)
        with self._lock:
            found = sorted(self._objects.items())
        for key, (content, stored_at) in found:
            if not prefix or key == prefix or key.startswith(f"{prefix}/"):
                yield StoredObject(key, len(content), stored_at)

    def _find(self, key: str) -> tuple[bytes, datetime]:
        try:
            return self._objects[require_key(key)]
        except KeyError as error:
            raise ObjectMissing(f"{key} is not in the storage") from error


@hookimpl
def sregistry_storage(kind: str, settings: PluginSettings) -> Storage | None:
    """Open a storage in memory, for `sregistry.plugin_modules = ...testing.memory_storage`."""
    return MemoryStorage() if kind == "memory" else None
