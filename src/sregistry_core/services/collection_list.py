"""All collections of the registry, for administrators."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from sregistry_core.models import Collection, CollectionSummary, Entity

from .access import Access

if TYPE_CHECKING:
    from . import Facilities


@dataclass(frozen=True, slots=True)
class ListedCollection:
    """A collection with what it adds up to; None where nothing has been pushed yet."""

    collection: Collection
    summary: CollectionSummary | None

    @property
    def name(self) -> str:
        """Its full name, after which the next page begins."""
        return f"{self.collection.entity.name}/{self.collection.name}"


class CollectionList:
    """Collections by name, whoever may see them."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def find(
        self, *, text: str = "", after: str = "", limit: int = 100
    ) -> Sequence[ListedCollection]:
        """Give collections by their full names, from the one after `after` on.

        text   a part of the name of the collection, or of whose it is
        """
        self._access.require_admin()
        wanted = (
            select(Collection, CollectionSummary)
            .join(Collection.entity)
            .outerjoin(CollectionSummary, CollectionSummary.collection_id == Collection.id)
            .order_by(Entity.name, Collection.name)
            .limit(limit)
        )
        if after:
            entity, _, name = after.partition("/")
            later = and_(Entity.name == entity, Collection.name > name)
            wanted = wanted.where(or_(Entity.name > entity, later))
        if text:
            part = text.strip().lower()
            if "/" in part:
                entity, _, name = part.partition("/")
                wanted = wanted.where(
                    Entity.name == entity, Collection.name.startswith(name, autoescape=True)
                )
            else:
                wanted = wanted.where(
                    or_(
                        Entity.name.contains(part, autoescape=True),
                        Collection.name.contains(part, autoescape=True),
                    )
                )
        return [ListedCollection(*row) for row in self._db.execute(wanted)]
