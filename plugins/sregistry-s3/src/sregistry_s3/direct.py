"""A bucket as a storage that clients read and write themselves, at signed addresses."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from boto3.s3.transfer import TransferConfig

from sregistry_core.contracts import (
    DirectStorage,
    Handoff,
    ObjectMissing,
    Part,
    Redirect,
    StorageUnavailable,
    StoredObject,
)
from sregistry_core.errors import Malformed, NotFound

from .sending import parts_of
from .settings import GIB, MIB, MOST_PARTS, SMALLEST_PART, ObjectStoreSettings
from .signing import address_to_get, address_to_put
from .storage import PARTS, ObjectStorage

_COPYING = TransferConfig(multipart_threshold=GIB, multipart_chunksize=256 * MIB)
_MEDIA_TYPE = "application/octet-stream"


class DirectObjectStorage(ObjectStorage, DirectStorage):
    """Sends clients to the bucket itself."""

    smallest_part = SMALLEST_PART
    most_parts = MOST_PARTS

    def __init__(self, settings: ObjectStoreSettings):
        """Prepare the connections; nobody is asked."""
        super().__init__(settings)
        # The header that asks for encryption is one that clients do not send: what comes in one
        # piece has to pass through the registry. Parts are encrypted as their beginning says.
        self.largest_put = 0 if settings.encrypting else 5 * GIB

    def handoff(self, key: str, *, filename: str, lifetime: timedelta) -> Handoff:
        """The address of the object; the store is asked whether it has it."""
        self.stat(key)
        asked = {
            **self._where(key),
            "ResponseContentDisposition": f'attachment; filename="{filename}"',
            "ResponseContentType": _MEDIA_TYPE,
        }
        return Redirect(address_to_get(self._connection, asked, lifetime))

    def put_url(self, key: str, *, size: int, sha256: str | None, lifetime: timedelta) -> str:
        """Give the address that takes an object in one piece."""
        return address_to_put(
            self._connection,
            "put_object",
            dict(self._where(key)),
            size=size,
            sha256=self._signable(sha256),
            lifetime=lifetime,
        )

    def begin(self, key: str) -> str:
        """Begin an upload in parts."""
        where = self._where_joined(key)
        with self._refusals(key):
            begun = self._connection.bytes.create_multipart_upload(
                **where, **self._settings.encrypting
            )
        return str(begun["UploadId"])

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
        """Give the address that takes a part."""
        return address_to_put(
            self._connection,
            "upload_part",
            {**self._where_joined(key), "UploadId": upload, "PartNumber": number},
            size=size,
            sha256=self._signable(sha256),
            lifetime=lifetime,
        )

    def finish(self, key: str, upload: str, parts: Sequence[Part]) -> StoredObject:
        """Join the parts to an object."""
        where = self._where_joined(key)
        try:
            self._join(key, where, upload, parts)
        except (NotFound, StorageUnavailable) as refused:
            # Ceph 16 answers InternalError for an upload that is over.
            if isinstance(refused, NotFound) or self._is_over(key, where, upload):
                return self._joined_before(key, refused)
            raise
        return self._settled(key)

    def abandon(self, key: str, upload: str) -> None:
        """Drop an upload in parts, whether a client has begun it or we have."""
        for where in (self._where(key), self._where_joined(key))[: 2 if self._is_swift else 1]:
            self._abort(key, where, upload)

    def copy(self, source: str, target: str) -> StoredObject:
        """Copy an object; one of more than 5 GiB in parts."""
        there, here = self._where(source), self._where(target)
        with self._refusals(source):
            self._connection.bytes.copy(
                there,
                here["Bucket"],
                here["Key"],
                ExtraArgs=self._settings.encrypting,
                Config=_COPYING,
            )
        return self.stat(target)

    @property
    def _is_swift(self) -> bool:
        return self._settings.is_swift

    def _signable(self, sha256: str | None) -> str | None:
        """Give what an address may say of a body: Swift takes no digest there."""
        return None if self._is_swift else sha256

    def _where_joined(self, key: str) -> dict[str, str]:
        """Give where parts are joined. On Swift their addresses go on taking bytes until they
        expire, and what was joined would change: it is copied to where it belongs."""
        return self._where(PARTS + key if self._is_swift else key)

    def _settled(self, key: str) -> StoredObject:
        if not self._is_swift:
            return self.stat(key)
        made = self.copy(PARTS + key, key)
        self.delete(PARTS + key)
        return made

    def _join(self, key: str, where: dict[str, str], upload: str, parts: Sequence[Part]) -> None:
        with self._refusals(key):
            joined = [
                {"PartNumber": part.number, "ETag": part.etag}
                for part in self._with_etags(where, upload, parts)
            ]
            self._connection.bytes.complete_multipart_upload(
                **where, UploadId=upload, MultipartUpload={"Parts": joined}
            )

    def _is_over(self, key: str, where: dict[str, str], upload: str) -> bool:
        try:
            with self._refusals(key):
                self._connection.questions.list_parts(**where, UploadId=upload, MaxParts=1)
        except NotFound:
            return True
        return False

    def _joined_before(self, key: str, refused: Exception) -> StoredObject:
        if self._is_swift:
            with suppress(ObjectMissing):
                return self._settled(key)
        try:
            return self.stat(key)
        except ObjectMissing:
            raise NotFound("there is no such upload, or it was given up") from refused

    def _with_etags(
        self, where: dict[str, str], upload: str, parts: Sequence[Part]
    ) -> Sequence[Part]:
        if all(part.etag for part in parts):
            return parts
        there = {
            int(one["PartNumber"]): str(one["ETag"]).strip('"')
            for one in parts_of(self._connection.bytes, where, upload)
        }
        missing = [part.number for part in parts if part.number not in there]
        if missing:
            raise Malformed(f"part {missing[0]} has not arrived")
        return [Part(part.number, part.etag or there[part.number]) for part in parts]
