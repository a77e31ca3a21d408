"""How many builds are under way, and how many may be."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.models import Build, BuildState, Collection

from .access import Access

if TYPE_CHECKING:
    from . import Facilities

UNDER_WAY = (BuildState.QUEUED, BuildState.RUNNING)


@dataclass(frozen=True, slots=True)
class Underway:
    """Builds that wait or run; `limit` is 0 where there is none."""

    count: int
    limit: int


class BuildLimits:
    """Counts, for those whom the limits concern."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def of_caller(self) -> Underway:
        """Give those that the caller has ordered."""
        self._access.require_login()
        count = self._count(Build.ordered_by == self._access.caller.user_id)
        limit = self._facilities.settings.builds_per_user
        return Underway(count, 0 if self._access.caller.is_admin else limit)

    def of_collection(self, collection: Collection) -> Underway:
        """Give those of a collection."""
        self._access.require(Action.PUSH, collection)
        count = self._count(Build.collection_id == collection.id)
        return Underway(count, self._facilities.settings.builds_per_collection)

    def _count(self, condition: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(Build).where(condition, Build.state.in_(UNDER_WAY))
        return self._db.scalar(query) or 0
