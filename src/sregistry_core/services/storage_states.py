"""Storages as administrators see them: whether they can be used, what they hold, what is free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from sregistry_core.db.session import mark_changed
from sregistry_core.models import Blob, StorageState

from .access import Access

if TYPE_CHECKING:
    from . import Facilities


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found at a storage: `trouble` is empty when it can be used; `free` in bytes."""

    trouble: str
    free: int | None


@dataclass(frozen=True, slots=True)
class ListedStorage:
    """A storage of the ini file; what was found is None until a job has looked."""

    name: str
    is_first: bool
    is_direct: bool
    state: StorageState | None
    is_stale: bool


class StorageStates:
    """What a job has found, so that no request has to ask a storage."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def all(self, *, stale_before: datetime) -> Sequence[ListedStorage]:
        """Give the storages in the order of the ini file.

        stale_before   what was found before then says nothing any more
        """
        self._access.require_admin()
        states = {state.name: state for state in self._db.scalars(select(StorageState))}
        store = self._facilities.blob_store
        return [
            ListedStorage(
                name,
                is_first=name == store.first,
                is_direct=store.direct(name) is not None,
                state=states.get(name),
                is_stale=name in states and states[name].checked_at < stale_before,
            )
            for name in store.storages
        ]

    def keep(self, found: Mapping[str, Checked]) -> None:
        """Write down what was found at each storage, and forget those that are none any more."""
        self._access.require_system()
        held = {
            name: (int(size), count)
            for name, size, count in self._db.execute(
                select(Blob.storage, func.sum(Blob.size), func.count()).group_by(Blob.storage)
            )
        }
        self._db.execute(delete(StorageState).where(StorageState.name.not_in(list(found))))
        mark_changed(self._db)
        now = self._facilities.clock()
        for name, checked in found.items():
            size, count = held.get(name, (0, 0))
            self._db.merge(
                StorageState(
                    name=name,
                    checked_at=now,
                    trouble=checked.trouble[:2000] or None,
                    free=checked.free,
                    held=size,
                    blob_count=count,
                )
            )
