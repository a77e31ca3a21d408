"""What an object store answers, in our words."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from sregistry_core.contracts import ObjectMissing, StorageUnavailable
from sregistry_core.errors import Malformed, NotFound, StorageFull

_MISSING = {"NoSuchKey", "404", "NotFound"}
_FULL = {"QuotaExceeded", "InsufficientStorage", "InsufficientCapacity", "XMinioStorageFull"}
_WRONG_PARTS = {"InvalidPart", "InvalidPartOrder", "EntityTooSmall"}


@contextmanager
def refusals(store: str, key: str = "") -> Iterator[None]:
    """Say ObjectMissing for a key that is not there, StorageFull for a quota that is used up.

    store   the name of the storage in the ini file
    Malformed is said for parts that do not fit, NotFound for an upload in parts that is over, and
    StorageUnavailable for all else.
    """
    try:
        yield
    except ClientError as error:
        raise _refusal(store, key, error) from error
    except (BotoCoreError, HTTPError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            # A file of ours: the caller has broken its promise.
            raise
        raise StorageUnavailable(
            f"the object store {store} does not answer: {type(error).__name__}"
        ) from error


def code_of(error: ClientError) -> str:
    """Give the word that the store has for an error, or the status when it says none."""
    return str(error.response.get("Error", {}).get("Code") or _status_of(error))


def _refusal(store: str, key: str, error: ClientError) -> Exception:
    code = code_of(error)
    if code in _MISSING:
        return ObjectMissing(f"{key} is not in the storage")
    if code == "NoSuchUpload":
        return NotFound("there is no such upload, or it was given up")
    if code in _WRONG_PARTS:
        return Malformed(f"a part is not the one that arrived last, or too small ({code})")
    if code in _FULL or _status_of(error) == 507:
        return StorageFull(f"no room in the object store {store}: {code}")
    return StorageUnavailable(f"the object store {store} refuses: {code}")


def _status_of(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
