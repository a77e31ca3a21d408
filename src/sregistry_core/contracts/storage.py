"""What a storage is: it keeps bytes under keys, and knows nothing else."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from sregistry_core.errors import NotFound, StorageUnavailable

_KEY = re.compile(r"[a-z0-9_-][a-z0-9._-]*(?:/[a-z0-9_-][a-z0-9._-]*)*\Z")


class ObjectMissing(NotFound):
    """A key that is not there."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of a storage; `size` in bytes, `stored_at` in UTC: when it was adopted."""

    key: str
    size: int
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class LocalFile:
    """The bytes are this file of this machine."""

    path: Path


@dataclass(frozen=True, slots=True)
class Redirect:
    """The bytes are behind this address, which carries its own permission."""

    url: str


@dataclass(frozen=True, slots=True)
class Stream:
    """The bytes are to be read through `Storage.open`."""


Handoff = LocalFile | Redirect | Stream


def require_key(key: str) -> str:
    """Give `key` back when it is within the rule of `Storage`; raise ValueError otherwise."""
    if len(key) > 200 or not _KEY.match(key) or ".." in key:
        raise ValueError(f"{key[:200]!r} is no key of a storage")
    return key


class Storage(ABC):
    """Keeps bytes under keys.

    A key is `/`-separated, 1 to 200 ASCII characters of [a-z0-9._/-]; no part of it is empty or
    begins with `.`, it never holds `..`, and no key lies below another one. Sizes are in bytes.
    All methods are safe to call from many threads. A key outside the rule raises ValueError, one
    that is not there ObjectMissing; a storage that cannot answer raises StorageUnavailable, and
    the caller may try again; one without room raises StorageFull.
    """

    can_walk: bool = True
    """False, with a reason in `cannot_walk_because`, when `walk` is beyond this storage."""
    cannot_walk_because: str = ""

    @abstractmethod
    def stat(self, key: str) -> StoredObject:
        """Tell size and age of an object."""

    @abstractmethod
    def open(self, key: str, start: int = 0) -> BinaryIO:
        """Open an object for reading in chunks, from the byte `start` on; the caller closes it."""

    @abstractmethod
    def adopt(self, key: str, path: Path) -> None:
        """Take over the file at `path` under `key`, all or nothing.

        The file is complete and synced to disk. It may be moved away or left; what is left the
        caller removes. When this returns, the bytes survive a power cut. An object that has the
        key already is replaced.
        """

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove an object; one that is gone already is fine."""

    @abstractmethod
    def walk(self, prefix: str = "") -> Iterator[StoredObject]:
        """Give every object whose key is `prefix` or lies below it (`a` is not `ab`)."""

    def handoff(self, key: str, *, filename: str, lifetime: timedelta) -> Handoff:
        """Say how the bytes get to a client fastest.

        filename  what a browser should call it
        lifetime  how long a `Redirect` has to work
        """
        return Stream()

    def check(self) -> None:  # noqa: B027 - a storage may have nothing to check
        """Raise StorageUnavailable, saying what is wrong, when this storage cannot work now."""

    def free_space(self) -> int | None:
        """Bytes that still fit, or None when there is no telling."""
        return None


__all__ = [
    "Handoff",
    "LocalFile",
    "ObjectMissing",
    "Redirect",
    "Storage",
    "StorageUnavailable",
    "StoredObject",
    "Stream",
    "require_key",
]
