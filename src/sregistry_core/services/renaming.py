"""Collections under another name, or in the hands of another entity; the old name leads on."""

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.db.session import mark_changed
from sregistry_core.errors import Conflict
from sregistry_core.models import (
    Collection,
    CollectionRole,
    Entity,
    EntityKind,
    FormerName,
    Grant,
    Robot,
    User,
)
from sregistry_core.names import CollectionName, parse_collection_name

from .access import Access, name_of
from .catalog import Catalog
from .freezing import refuse_frozen
from .named import find_collection, forget_former_name
from .outbox import OutboxService
from .summaries import collection_changed

if TYPE_CHECKING:
    from . import Facilities


class Renaming:
    """Renames and transfers collections.

    Whoever asks for the old name, in any protocol, gets the collection, until another one takes
    that name. Grants, share links, robots and their tokens stay; the robots are called after the
    new name, and may log in under the old one while it leads on.
    """

    def __init__(
        self,
        db: Session,
        access: Access,
        catalog: Catalog,
        outbox: OutboxService,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._catalog = catalog
        self._outbox = outbox
        self._facilities = facilities

    def rename(self, collection: Collection, name: str) -> Collection:
        """Give a collection another name. Raises Conflict when it is taken, or one is frozen."""
        self._access.require(Action.MANAGE, collection)
        return self._move(collection, collection.entity, parse_collection_name(name))

    def transfer(self, collection: Collection, entity_name: str) -> Collection:
        """Give a collection to another entity, in which the caller may make collections.

        The caller owns it there, as if they had made it; roles that were granted stay, and those
        that came with the old entity end. Raises NotFound or NotAllowed for an entity that is not
        the caller's, Conflict when that has a collection of this name.
        """
        self._access.require(Action.MANAGE, collection)
        entity = self._catalog.create_entity(entity_name)
        self._access.require_create(entity, collection.name)
        return self._move(collection, entity, collection.name)

    def entities(self) -> list[Entity]:
        """Give the entities in which the caller may make collections, one's own first."""
        self._access.require_login()
        caller = self._access.caller
        mine = select(Entity).where(
            (Entity.user_id == caller.user_id)
            | Entity.team_id.in_([team for team, _ in caller.teams])
            | (Entity.kind == EntityKind.HOME)
        )
        found = self._db.scalars(mine.order_by(Entity.name)).all()
        allowed = [one for one in found if self._access.may_create_in(one)]
        order = [EntityKind.USER, EntityKind.TEAM, EntityKind.HOME]
        return sorted(allowed, key=lambda one: (order.index(one.kind), one.name))

    def former_names(self, collection: Collection) -> list[str]:
        """Give the full names that still lead to a collection, in order."""
        self._access.require(Action.MANAGE, collection)
        rows = self._db.execute(
            select(Entity.name, FormerName.name)
            .join(Entity, Entity.id == FormerName.entity_id)
            .where(FormerName.collection_id == collection.id)
        )
        return sorted(f"{entity}/{name}" for entity, name in rows)

    def forget(self, collection: Collection, name: CollectionName) -> None:
        """Lead nobody from a former name to a collection any more; an unknown one is fine."""
        self._access.require(Action.MANAGE, collection)
        entity = self._db.scalar(select(Entity).where(Entity.name == name.entity))
        if entity is None:
            return
        self._db.execute(
            delete(FormerName).where(
                FormerName.entity_id == entity.id,
                FormerName.name == name.collection,
                FormerName.collection_id == collection.id,
            )
        )
        mark_changed(self._db)
        self._access.audit.record(
            "collection.forget_name", name_of(collection), collection=collection, former=str(name)
        )

    def _move(self, collection: Collection, entity: Entity, name: str) -> Collection:
        wanted = CollectionName(entity.name, name)
        before, was_in, was_called = name_of(collection), collection.entity, collection.name
        if str(wanted) == before:
            raise Conflict(f"the collection is called {before} already")
        refuse_frozen(collection)
        if find_collection(self._db, wanted, lead=False) is not None:
            raise Conflict(f"the name {wanted} is taken")
        now = self._facilities.clock()
        forget_former_name(self._db, entity, name)
        try:
            with self._db.begin_nested():
                collection.entity_id, collection.name = entity.id, name
                self._db.flush()
        except IntegrityError as error:
            raise Conflict(f"the name {wanted} is taken") from error
        collection.entity = entity
        forget_former_name(self._db, was_in, was_called)
        self._db.add(
            FormerName(entity_id=was_in.id, name=was_called, collection_id=collection.id, since=now)
        )
        self._call_robots(collection, str(wanted))
        if was_in.id != entity.id:
            self._keep_owner(collection)
        self._db.flush()
        self._access.forget()
        what = "collection.rename" if was_in.id == entity.id else "collection.transfer"
        self._access.audit.record(what, str(wanted), collection=collection, former=before)
        collection_changed(self._outbox, collection.id)
        return collection

    def _call_robots(self, collection: Collection, name: str) -> None:
        robots = self._db.execute(
            select(User, Robot.name)
            .join(Robot, Robot.id == User.robot_id)
            .where(Robot.collection_id == collection.id)
        ).all()
        for user, robot in robots:
            user.name = f"{name}+{robot}"

    def _keep_owner(self, collection: Collection) -> None:
        """Let the caller own the collection also where the entity does not make them its owner."""
        caller = self._access.caller
        self._access.forget()
        if caller.user_id is None or self._access.role_in(collection) is CollectionRole.OWNER:
            return
        granted = exists().where(
            Grant.collection_id == collection.id, Grant.user_id == caller.user_id
        )
        if self._db.scalar(select(granted)):
            self._db.execute(
                update(Grant)
                .where(Grant.collection_id == collection.id, Grant.user_id == caller.user_id)
                .values(role=CollectionRole.OWNER)
            )
            mark_changed(self._db)
            return
        self._db.add(
            Grant(
                collection_id=collection.id,
                user_id=caller.user_id,
                role=CollectionRole.OWNER,
                created_at=self._facilities.clock(),
            )
        )
