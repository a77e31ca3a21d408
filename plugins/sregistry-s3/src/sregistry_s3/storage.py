"""A bucket as a storage, whose bytes all pass through the registry."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, cast

from botocore.exceptions import ClientError

from sregistry_core.contracts import (
    ObjectMissing,
    Storage,
    StorageUnavailable,
    StoredObject,
    Unfinished,
    require_key,
)

from .connection import Connection
from .reading import ObjectReader
from .refusals import code_of, refusals
from .sending import send, uploads_of
from .settings import ObjectStoreSettings

PARTS = "parts/"
"""Where Swift joins what clients bring in parts; the sweep removes what stays there."""


class ObjectStorage(Storage):
    """Keeps each object as one object of a bucket, below a prefix."""

    def __init__(self, settings: ObjectStoreSettings):
        """Prepare the connections; nobody is asked."""
        self._settings = settings
        self._connection = Connection(settings)

    def stat(self, key: str) -> StoredObject:
        """Tell size and age of an object."""
        where = self._where(key)
        with self._refusals(key):
            found = self._connection.questions.head_object(**where)
            if not {"ContentLength", "LastModified", "ETag"} <= found.keys():
                raise OSError("the headers of the answer are not whole")
        return _stored(key, found["ContentLength"], found["LastModified"])

    def open(self, key: str, start: int = 0) -> BinaryIO:
        """Open an object for reading from `start` on."""
        where = self._where(key)
        try:
            reader = ObjectReader(
                self._connection.bytes, where, start=start, store=self._settings.name, key=key
            )
        except StorageUnavailable as error:
            cause = error.__cause__
            is_behind = isinstance(cause, ClientError) and code_of(cause) in _BEHIND_THE_END
            if is_behind and (start or not self.stat(key).size):
                return BytesIO()
            raise
        return cast(BinaryIO, reader)

    def adopt(self, key: str, path: Path) -> None:
        """Send the file; it is left where it is."""
        where = self._where(key)
        with self._refusals(key):
            send(self._connection.bytes, self._settings, where, path)

    def delete(self, key: str) -> None:
        """Remove an object."""
        where = self._where(key)
        with suppress(ObjectMissing), self._refusals(key):
            self._connection.bytes.delete_object(**where)

    def walk(self, prefix: str = "") -> Iterator[StoredObject]:
        """Give every object at or below `prefix`; what does not keep to the rule is left out."""
        if prefix:
            with suppress(ObjectMissing):
                yield self.stat(prefix)
        below = f"{self._settings.prefix}{prefix}/" if prefix else self._settings.prefix
        pages = self._connection.bytes.get_paginator("list_objects_v2").paginate(
            Bucket=self._settings.bucket, Prefix=below
        )
        yield from self._each(iter(pages))

    def unfinished(self) -> Iterator[Unfinished]:
        """Give the uploads in parts that take up room."""
        where = {"Bucket": self._settings.bucket, "Key": self._settings.prefix}
        with self._refusals():
            found = list(uploads_of(self._connection.bytes, where))
        for one in found:
            with suppress(ValueError):
                below = one["Key"].removeprefix(self._settings.prefix)
                key = require_key(below.removeprefix(PARTS) if self._settings.is_swift else below)
                yield Unfinished(key, one["UploadId"], one["Initiated"].astimezone(UTC))

    def abandon(self, key: str, upload: str) -> None:
        """Drop an upload in parts."""
        self._abort(key, self._where(key), upload)

    def check(self) -> None:
        """Ask for the bucket."""
        bucket, name = self._settings.bucket, self._settings.name
        try:
            with self._refusals():
                self._connection.questions.head_bucket(Bucket=bucket)
        except ObjectMissing as error:
            raise StorageUnavailable(f"the object store {name} has no bucket {bucket}") from error

    def _abort(self, key: str, where: dict[str, str], upload: str) -> None:
        try:
            with self._refusals(key):
                self._connection.bytes.abort_multipart_upload(**where, UploadId=upload)
        except StorageUnavailable:
            raise
        except Exception as error:
            # Over already, however the store says it.
            if not isinstance(error.__cause__, ClientError):
                raise

    def _each(self, pages: Iterator[Any]) -> Iterator[StoredObject]:
        while True:
            with self._refusals():
                page = next(pages, None)
            if page is None:
                return
            for found in page.get("Contents", ()):
                key = found["Key"].removeprefix(self._settings.prefix)
                with suppress(ValueError):
                    yield _stored(require_key(key), found["Size"], found["LastModified"])

    def _where(self, key: str) -> dict[str, str]:
        return {
            "Bucket": self._settings.bucket,
            "Key": self._settings.prefix + require_key(key),
        }

    def _refusals(self, key: str = "") -> Any:
        return refusals(self._settings.name, key)


_BEHIND_THE_END = {"InvalidRange", "416"}


def _stored(key: str, size: int, changed_at: datetime) -> StoredObject:
    # A list tells parts of a second, the headers of one object do not.
    return StoredObject(key, int(size), changed_at.astimezone(UTC).replace(microsecond=0))
