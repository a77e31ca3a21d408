"""What a storage is: it keeps bytes under keys, and knows nothing else."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
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


@dataclass(frozen=True, slots=True)
class Part:
    """A part that a client has sent: its number, from 1, and the ETag it was answered with.

    The ETag has no quotes, and is empty when the client does not know it.
    """

    number: int
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An upload in parts that was neither finished nor abandoned; `begun_at` in UTC."""

    key: str
    upload: str
    begun_at: datetime


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

    def unfinished(self) -> Iterator[Unfinished]:
        """Give the uploads in parts that take up room, those of broken-off adoptions too."""
        return iter(())

    def abandon(self, key: str, upload: str) -> None:  # noqa: B027 - there may be nothing to drop
        """Drop an upload in parts and what has come of it; one that is over is fine."""


class DirectStorage(Storage):
    """A storage that clients write to themselves, at addresses that carry their own permission.

    An address takes one PUT of exactly `size` bytes, and may be used again until it expires. With
    `sha256` (64 hex digits) it takes those bytes only, and the client shows the digits in the
    header `X-Amz-Content-Sha256`, as library clients do. Making an address asks nobody, so it
    never fails. An object, or an upload in parts, is there for all or not at all.
    """

    largest_put: int = 5 << 30
    """In bytes: what fits into one PUT; 0 when objects come in parts only."""
    smallest_part: int = 5 << 20
    """In bytes: what a part has at least, unless it is the last one."""
    most_parts: int = 10_000

    @abstractmethod
    def put_url(self, key: str, *, size: int, sha256: str | None, lifetime: timedelta) -> str:
        """Give the address that takes an object in one piece."""

    @abstractmethod
    def begin(self, key: str) -> str:
        """Begin an upload in parts, and give its name: at most 1000 characters."""

    @abstractmethod
    def part_url(
        self,
        key: str,
        upload: str,
        number: int,
        *,
        size: int,
        sha256: str | None,
        lifetime: timedelta,
    ) -> str:
        """Give the address that takes a part, from 1; the last one sent under a number counts."""

    @abstractmethod
    def finish(self, key: str, upload: str, parts: Sequence[Part]) -> StoredObject:
        """Join the parts to an object; from then on the addresses of the upload take nothing.

        parts   all of them, by number
        A second call finds the object. Raises Malformed when a part is not there or another one,
        NotFound when the upload was abandoned.
        """

    @abstractmethod
    def abandon(self, key: str, upload: str) -> None:
        """Drop an upload in parts and what has come of it; one that is over is fine."""

    @abstractmethod
    def copy(self, source: str, target: str) -> StoredObject:
        """Copy an object within the storage, all or nothing, to a key that no address leads to."""


__all__ = [
    "DirectStorage",
    "Handoff",
    "LocalFile",
    "ObjectMissing",
    "Part",
    "Redirect",
    "Storage",
    "StorageUnavailable",
    "StoredObject",
    "Stream",
    "Unfinished",
    "require_key",
]
