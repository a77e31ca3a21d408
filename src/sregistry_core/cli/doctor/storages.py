"""Examines a storage: an object goes in, is read, and is removed."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn
from uuid import uuid4

from sregistry_core.contracts import (
    LocalFile,
    ObjectMissing,
    Redirect,
    Storage,
    StorageUnavailable,
)
from sregistry_core.errors import RegistryError

from .fetching import fetch
from .finding import Finding
from .opening import Opened

_SIZE = 256 * 1024
_SKEW = timedelta(seconds=60)
_LIFETIME = timedelta(minutes=5)


def examine_storage(name: str, storage: Storage, opened: Opened) -> Iterator[Finding]:
    """Adopt a probe, look at it, read it, hand it off, and delete it, as pushes and pulls do."""
    key = f"doctor/probe-{uuid4().hex}"
    content = os.urandom(_SIZE)
    begun = time.monotonic()
    try:
        with _file(content, opened) as path:
            device = path.stat().st_dev
            storage.adopt(key, path)
        _read_back(storage, key, content)
        yield from _time(name, storage, key)
        yield from _handed_off(name, storage, key, content, device=device)
        storage.delete(key)
        _require_gone(storage, key)
    except RegistryError as error:
        yield Finding.failure(f"storage {name}: {error}")
        with suppress(Exception):
            storage.delete(key)
        return
    milliseconds = 1000 * (time.monotonic() - begun)
    yield Finding.ok(
        f"storage {name}: kept, gave back and removed {_SIZE} bytes in {milliseconds:.0f} ms"
    )
    if not storage.can_walk:
        yield Finding.warning(
            f"storage {name} cannot be listed ({storage.cannot_walk_because}): "
            "what a crash leaves in it stays"
        )


@contextmanager
def _file(content: bytes, opened: Opened) -> Iterator[Path]:
    # Beside the spool, where the bytes of a push wait for the storage.
    parent = opened.staging.root if opened.staging else None
    with TemporaryDirectory(prefix="doctor-", dir=parent) as directory:
        path = Path(directory, "probe")
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield path


def _read_back(storage: Storage, key: str, content: bytes) -> None:
    found = storage.stat(key)
    if found.size != len(content):
        _wrong(f"says {found.size} bytes of an object of {len(content)}")
    with storage.open(key) as source:
        if _digest(source.read(len(content) + 1)) != _digest(content):
            _wrong("gives back other bytes than it was given")
    middle = len(content) // 2
    with storage.open(key, middle) as source:
        if source.read(1024) != content[middle : middle + 1024]:
            _wrong("gives back other bytes from the middle of an object")


def _time(name: str, storage: Storage, key: str) -> Iterator[Finding]:
    skew = abs(datetime.now(UTC) - storage.stat(key).stored_at)
    if skew > _SKEW:
        yield Finding.failure(
            f"storage {name}: its clock and ours are {skew.total_seconds():.0f} s apart: "
            "the grace time of the garbage collection is wrong by that"
        )


def _handed_off(
    name: str, storage: Storage, key: str, content: bytes, *, device: int
) -> Iterator[Finding]:
    match storage.handoff(key, filename="probe.sif", lifetime=_LIFETIME):
        case LocalFile(path):
            if path.stat().st_size != len(content):
                _wrong(f"names {path}, which is another file")
            if path.stat().st_dev != device:
                yield Finding.warning(
                    f"storage {name} is on another file system than sregistry.staging: "
                    "every image is copied once more"
                )
        case Redirect(url):
            _require_redirect_works(url, content)


def _require_redirect_works(url: str, content: bytes) -> None:
    # The address itself is a permission, and not for the screen.
    try:
        answer = fetch(url)
    except OSError as error:
        _wrong(f"sends clients to an address where nobody answers: {error}")
    if answer.status != 200:
        _wrong(f"sends clients to an address that answers {answer.status}")
    if _digest(answer.body) != _digest(content):
        _wrong("sends clients to an address that answers with other bytes")


def _require_gone(storage: Storage, key: str) -> None:
    try:
        storage.stat(key)
    except ObjectMissing:
        return
    _wrong("still has an object that was deleted")


def _wrong(text: str) -> NoReturn:
    raise StorageUnavailable(text)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
