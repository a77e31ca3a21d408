"""Stars: the collections that a user has marked."""

from collections.abc import Collection as Several
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, contains_eager

from sregistry_core.contracts import Action, Scope
from sregistry_core.db.session import mark_changed
from sregistry_core.db.statements import insert_for
from sregistry_core.errors import NotAllowed
from sregistry_core.models import Collection, CollectionSummary, Entity, Star

from .access import Access, name_of
from .outbox import OutboxService
from .summaries import collection_changed

if TYPE_CHECKING:
    from . import Facilities


class Stars:
    """Gives stars and takes them back. Nobody sees whose they are, only how many there are."""

    def __init__(
        self, db: Session, access: Access, outbox: OutboxService, facilities: "Facilities"
    ):
        self._db = db
        self._access = access
        self._outbox = outbox
        self._facilities = facilities

    def give(self, collection: Collection) -> None:
        """Mark a collection with the caller's star; a second time changes nothing."""
        self._access.require(Action.READ, collection)
        row = insert_for(self._db, Star).values(
            user_id=self._me(f"star {name_of(collection)}"),
            collection_id=collection.id,
            created_at=self._facilities.clock(),
        )
        self._db.execute(row.on_conflict_do_nothing())
        self._count(collection)

    def take(self, collection: Collection) -> None:
        """Take the caller's star from a collection; nothing happens where there is none."""
        self._access.require(Action.READ, collection)
        self._db.execute(
            delete(Star)
            .where(
                Star.user_id == self._me(f"unstar {name_of(collection)}"),
                Star.collection_id == collection.id,
            )
            .execution_options(synchronize_session=False)
        )
        self._count(collection)

    def among(self, collections: Several[Collection]) -> frozenset[str]:
        """Give the identifiers of those of some collections that the caller has starred."""
        user_id = self._access.caller.user_id
        if user_id is None or not collections:
            return frozenset()
        found = select(Star.collection_id).where(
            Star.user_id == user_id, Star.collection_id.in_([one.id for one in collections])
        )
        return frozenset(self._db.scalars(found))

    def mine(self, *, after: str = "", limit: int = 100) -> Sequence[Collection]:
        """Give the collections that the caller has starred and may see, by entity and name.

        after   the full name after which to go on
        """
        self._access.require_login()
        entity, _, collection = after.partition("/")
        query = (
            select(Collection)
            .join(Collection.entity)
            .join(Star, Star.collection_id == Collection.id)
            .options(contains_eager(Collection.entity))
            .where(
                Star.user_id == self._access.caller.user_id,
                self._access.visible(),
                or_(
                    Entity.name > entity,
                    and_(Entity.name == entity, Collection.name > collection),
                ),
            )
            .order_by(Entity.name, Collection.name)
            .limit(limit)
        )
        return self._db.scalars(query).all()

    def _me(self, what: str) -> str:
        caller = self._access.caller
        self._access.require_login()
        if caller.user_id is None:
            raise NotAllowed(f"only users have stars: {caller.name} cannot {what}")
        if not self._access.has(Scope.PUSH):
            raise NotAllowed(f"this token is for {caller.scope} only, not to {what}")
        return caller.user_id

    def _count(self, collection: Collection) -> None:
        """Count anew while nobody else does, so that everybody sees it at once."""
        mark_changed(self._db)
        mine = CollectionSummary.collection_id == collection.id
        # Of two at the same moment the later one waits here, and then counts both.
        if self._db.scalar(select(CollectionSummary.collection_id).where(mine).with_for_update()):
            stars = select(func.count()).where(Star.collection_id == collection.id)
            self._db.execute(
                update(CollectionSummary)
                .where(mine)
                .values(star_count=stars.scalar_subquery())
                .execution_options(synchronize_session=False)
            )
        else:
            collection_changed(self._outbox, collection.id)
