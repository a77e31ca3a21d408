"""Removes bytes that nobody owns: what deletions, expired uploads and crashes have left."""

import logging
from collections.abc import Collection, Iterator
from datetime import timedelta
from itertools import islice

from sregistry_core.services import Facilities
from sregistry_core.services.garbage import Swept
from sregistry_core.storage.blob_store import Place

from .unit import Unit

_BATCH = 500
_LONGEST_PUBLISHING = timedelta(minutes=15)
"""Bytes are in place for a moment before their row is committed: nothing younger is an orphan."""
_LONGEST_ADOPTION = timedelta(days=1)
"""How long we may be at sending one file to a storage in parts."""

log = logging.getLogger(__name__)


def sweep(
    unit: Unit, facilities: Facilities, *, grace: timedelta, dry_run: bool = False
) -> Iterator[Swept]:
    """Remove what nobody has owned for `grace`, and give each thing once it is gone.

    dry_run   only say what would go
    A row goes before its bytes, and the key of a row is never used again: whatever is pushed in
    the meantime is safe, and a crash leaves bytes for the next sweep. A second run is harmless.
    """
    yield from _expired_uploads(unit, dry_run)
    yield from _leftovers(unit, facilities, grace, dry_run)
    yield from _loose_blobs(unit, facilities, grace, dry_run)
    yield from _unowned_blobs(unit, facilities, grace, dry_run)
    yield from _orphans(unit, facilities, grace, dry_run)
    yield from _unfinished(unit, facilities, grace, dry_run)


def _expired_uploads(unit: Unit, dry_run: bool) -> Iterator[Swept]:
    if dry_run:
        return
    with unit() as services:
        expired = services.garbage.expire_uploads()
    if expired:
        yield Swept("uploads given up", str(expired), 0)


def _loose_blobs(
    unit: Unit, facilities: Facilities, grace: timedelta, dry_run: bool
) -> Iterator[Swept]:
    if dry_run:
        return
    with unit() as services:
        loose = services.garbage.forget_loose_blobs(facilities.clock() - grace)
    if loose:
        yield Swept("blobs that no manifest names", str(loose), 0)


def _leftovers(
    unit: Unit, facilities: Facilities, grace: timedelta, dry_run: bool
) -> Iterator[Swept]:
    def alive(uploads: Collection[str]) -> Collection[str]:
        with unit() as services:
            return services.garbage.alive_uploads(uploads)

    before = facilities.clock() - grace
    for path in facilities.staging.leftovers(alive, before=before):
        try:
            size = path.stat().st_size
            if not dry_run:
                path.unlink()
        except FileNotFoundError:
            continue
        yield Swept("file in the waiting room", path.name, size)


def _unowned_blobs(
    unit: Unit, facilities: Facilities, grace: timedelta, dry_run: bool
) -> Iterator[Swept]:
    before = facilities.clock() - grace
    with unit() as services:
        found = [
            (blob.id, blob.digest, blob.size) for blob in services.garbage.unowned_blobs(before)
        ]
    for blob_id, digest, size in found:
        if not dry_run:
            with unit() as services:
                place = services.garbage.strike(blob_id, before)
            if place is None:
                continue
            facilities.blob_store.delete(place)
        yield Swept("blob", digest, size)


def _orphans(
    unit: Unit, facilities: Facilities, grace: timedelta, dry_run: bool
) -> Iterator[Swept]:
    before = facilities.clock() - max(grace, _LONGEST_PUBLISHING)
    old = (
        (place, found.size)
        for place, found in facilities.blob_store.walk()
        if found.stored_at < before
    )
    for batch in _batched(old, _BATCH):
        sizes: dict[Place, int] = dict(batch)
        with unit() as services:
            orphans = services.garbage.without_row(sizes)
        for place in sorted(orphans, key=lambda place: place.key):
            if not dry_run:
                facilities.blob_store.delete(place)
            yield Swept("object without a row", place.key, sizes[place])


def _unfinished(
    unit: Unit, facilities: Facilities, grace: timedelta, dry_run: bool
) -> Iterator[Swept]:
    before = facilities.clock() - max(grace, _LONGEST_ADOPTION)
    found = ((name, one) for name, one in facilities.blob_store.unfinished())
    old = [(name, one) for name, one in found if one.begun_at < before]
    for batch in (old[start : start + _BATCH] for start in range(0, len(old), _BATCH)):
        with unit() as services:
            dropped = services.garbage.without_upload([one.upload for _, one in batch])
        for name, one in batch:
            if one.upload in dropped:
                if not dry_run:
                    facilities.blob_store.abandon(name, one)
                yield Swept("unfinished upload in a storage", one.key, 0)


def _batched(things: Iterator[tuple[Place, int]], size: int) -> Iterator[list[tuple[Place, int]]]:
    while batch := list(islice(things, size)):
        yield batch
