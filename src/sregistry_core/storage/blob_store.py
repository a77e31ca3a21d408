"""The storages of the ini file as one: written to the first, read from any."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import BinaryIO

from sregistry_core.contracts import DirectStorage, Handoff, Storage, StoredObject, Unfinished
from sregistry_core.digests import Digest
from sregistry_core.errors import NotFound, StorageUnavailable

from .staging import Staged

INCOMING = "incoming"
"""Below this key arrives what clients bring to a storage in one piece, where they may overwrite
it as long as their address lives."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where bytes are: the storage's name in the ini file, and a key in it."""

    storage: str
    key: str


class BlobStore:
    """Keeps blobs in the first storage, and finds them in all."""

    def __init__(self, storages: Mapping[str, Storage]):
        """storages: by name, in the order of the ini file; there is at least one."""
        self._storages = storages

    @property
    def first(self) -> str:
        """The name of the storage that new bytes go to."""
        return next(iter(self._storages))

    @property
    def storages(self) -> Mapping[str, Storage]:
        """All storages by name."""
        return self._storages

    def direct(self, name: str | None = None) -> DirectStorage | None:
        """Give the storage that clients write to themselves: the first, or that of a name.

        None when bytes pass through us on their way there.
        """
        storage = self._storages.get(self.first if name is None else name)
        return storage if isinstance(storage, DirectStorage) else None

    def put(self, staged: Staged, blob: str) -> Place:
        """Move a staged file into the first storage, under a key that is used only once.

        blob    the identifier of the row that will own the bytes
        Raises NotFound when a sweep has taken the file, as its container was deleted meanwhile.
        """
        place = Place(self.first, key_of(staged.digest, blob))
        try:
            self._at(place).adopt(place.key, staged.path)
        except StorageUnavailable as error:
            if isinstance(error.__cause__, FileNotFoundError) and not staged.path.exists():
                raise NotFound("there is no such upload, or it was given up") from error
            raise
        return place

    def open(self, place: Place, *, size: int) -> BinaryIO:
        """Open a blob of `size` bytes for reading at any position; the caller closes it."""
        return io.BufferedReader(_Reader(self._at(place), place.key, size), 1 << 16)

    def stream(self, place: Place, start: int) -> BinaryIO:
        """Open a blob for reading from `start` to its end."""
        return self._at(place).open(place.key, start)

    def handoff(self, place: Place, *, filename: str, lifetime: timedelta) -> Handoff:
        """Say how the bytes get to a client fastest."""
        return self._at(place).handoff(place.key, filename=filename, lifetime=lifetime)

    def delete(self, place: Place) -> None:
        """Remove the bytes."""
        self._at(place).delete(place.key)

    def walk(self) -> Iterator[tuple[Place, StoredObject]]:
        """Give every object that is a blob, was one or was to be one, where there is walking."""
        for name, storage in self._storages.items():
            if storage.can_walk:
                for found in chain(storage.walk("sha256"), storage.walk(INCOMING)):
                    yield Place(name, found.key), found

    def unfinished(self) -> Iterator[tuple[str, Unfinished]]:
        """Give every upload in parts that a storage waits for, with the storage's name."""
        for name, storage in self._storages.items():
            for found in storage.unfinished():
                yield name, found

    def abandon(self, storage: str, unfinished: Unfinished) -> None:
        """Drop an upload in parts."""
        self._at(Place(storage, unfinished.key)).abandon(unfinished.key, unfinished.upload)

    def _at(self, place: Place) -> Storage:
        try:
            return self._storages[place.storage]
        except KeyError as error:
            raise StorageUnavailable(
                f"sregistry.storage does not name {place.storage}, where these bytes are"
            ) from error


def key_of(digest: Digest, blob: str) -> str:
    """The key of a blob: readable by people, unique to the row."""
    return f"sha256/{digest.hex[:2]}/{digest.hex}-{blob}"


class _Reader(io.RawIOBase):
    """Reads an object at any position; a jump opens it anew from there."""

    def __init__(self, storage: Storage, key: str, size: int):
        self._storage, self._key, self._size = storage, key, size
        self._position = 0
        self._source: BinaryIO | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        position = max(0, base + offset)
        if position != self._position:
            self._close_source()
            self._position = position
        return position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._position >= self._size:
            return 0
        if self._source is None:
            self._source = self._storage.open(self._key, self._position)
        chunk = self._source.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self._position += len(chunk)
        return len(chunk)

    def close(self) -> None:
        self._close_source()
        super().close()

    def _close_source(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None
