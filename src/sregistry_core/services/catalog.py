"""Entities, collections and containers: found, made, described, hidden and removed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager

from sregistry_core.contracts import Action
from sregistry_core.errors import Conflict, Malformed, NotAllowed, NotFound
from sregistry_core.models import (
    Collection,
    CollectionRole,
    Container,
    Entity,
    EntityKind,
    Grant,
    User,
)
from sregistry_core.names import (
    CollectionName,
    ContainerName,
    parse_collection_name,
    parse_container_name,
    parse_entity_name,
)

from .access import Access, name_of
from .container_removal import ContainerRemoval
from .freezing import refuse_frozen
from .garbage import Garbage
from .named import find_collection, find_container, forget_former_name
from .outbox import OutboxService
from .summaries import collection_changed, container_changed

if TYPE_CHECKING:
    from . import Facilities

LONGEST_DESCRIPTION = 20_000


class Catalog:
    """What is named, above the images."""

    def __init__(
        self,
        db: Session,
        access: Access,
        garbage: Garbage,
        outbox: OutboxService,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._garbage = garbage
        self._outbox = outbox
        self._facilities = facilities
        self.followed: Collection | None = None
        """The collection that was last asked for by a name it had before, for pages to say so."""

    # Entities

    def entity(self, name: str) -> Entity:
        """Give an entity of which the caller may see something. Raises NotFound."""
        entity = self._db.scalar(select(Entity).where(Entity.name == parse_entity_name(name)))
        if entity is None or not self._sees_something_in(entity):
            raise NotFound(f"the entity {name} does not exist")
        return entity

    def entity_by_id(self, entity_id: str) -> Entity:
        """Give an entity of which the caller may see something. Raises NotFound."""
        entity = self._db.get(Entity, entity_id)
        if entity is None or not self._sees_something_in(entity):
            raise NotFound("there is no such entity")
        return entity

    def create_entity(self, name: str) -> Entity:
        """Give the entity that the caller already has, as the library client asks for it on a push.

        Entities are made with users and teams. Raises NotAllowed for any other name, in the same
        words whether somebody else has it or nobody.
        """
        self._access.require_login()
        canonical = parse_entity_name(name)
        entity = self._db.scalar(select(Entity).where(Entity.name == canonical))
        if entity is None or not self._sees_something_in(entity):
            raise NotAllowed(
                f"{self._access.caller.name} may not push to {canonical}: "
                "it is neither your name nor that of a team of yours"
            )
        return entity

    # Collections

    def collection(self, name: CollectionName) -> Collection:
        """Give a collection that the caller may see. Raises NotFound."""
        collection = find_collection(self._db, name)
        if collection is None:
            raise NotFound(f"{name} does not exist")
        self._access.require(Action.READ, collection, called=str(name))
        self._note(name, collection)
        return collection

    def collection_by_id(self, collection_id: str) -> Collection:
        """Give a collection that the caller may see. Raises NotFound."""
        collection = self._db.get(Collection, collection_id)
        if collection is None:
            raise NotFound("the collection does not exist")
        self._access.require(Action.READ, collection, called="the collection")
        return collection

    def collections(
        self, *, entity: str | None = None, after: str = "", limit: int = 100
    ) -> Sequence[Collection]:
        """Give collections that the caller may see, in the order of entities and names.

        after   the full name after which to go on
        """
        owner, _, name = after.partition("/")
        query = (
            select(Collection)
            .join(Collection.entity)
            .options(contains_eager(Collection.entity))
            .where(self._access.visible())
            .order_by(Entity.name, Collection.name)
        )
        if entity is not None:
            query = query.where(Entity.name == parse_entity_name(entity))
        # What follows in the same entity and in all others: each by a key.
        found: list[Collection] = []
        same = [Entity.name == owner, Collection.name > name]
        for following in [same, [Entity.name > owner]] if after else [[]]:
            if len(found) < limit:
                found += self._db.scalars(query.where(*following).limit(limit - len(found)))
        return found

    def create_collection(
        self,
        entity: Entity,
        name: str,
        *,
        private: bool | None = None,
        description: str = "",
        exist_ok: bool = False,
    ) -> Collection:
        """Make a collection; its maker owns it.

        private    None takes `sregistry.default_private`
        exist_ok   give the one that is there, if the caller may push to it
        Raises Conflict when the name is taken.
        """
        canonical = CollectionName(entity.name, parse_collection_name(name))
        found = find_collection(self._db, canonical)
        if found is not None and exist_ok and self._access.may(Action.PUSH, found):
            return found
        self._access.require_create(entity, canonical.collection)
        if found is not None and CollectionName.parse(name_of(found), home="") == canonical:
            raise Conflict(f"the name {canonical} is taken")
        self._require_one_more()
        settings = self._facilities.settings
        wanted = settings.default_private if private is None else private
        collection = Collection(
            entity_id=entity.id,
            name=canonical.collection,
            private=self._allowed_privacy(wanted or (private is None and settings.private_only)),
            description=_description(description),
            created_by=self._access.caller.user_id,
            created_at=self._facilities.clock(),
        )
        try:
            with self._db.begin_nested():
                self._db.add(collection)
        except IntegrityError:
            # Somebody else was faster by a moment.
            if find_collection(self._db, canonical, lead=False) is None:
                raise
            return self.create_collection(
                entity, name, private=private, description=description, exist_ok=exist_ok
            )
        self._own(collection, entity)
        collection_changed(self._outbox, collection.id)
        collection.entity = entity
        # Whoever was led on from this name is led to the new collection.
        forget_former_name(self._db, entity, collection.name)
        self._access.audit.record("collection.create", name_of(collection), collection=collection)
        self._access.forget()
        return collection

    def change_collection(
        self, collection: Collection, *, private: bool | None = None, description: str | None = None
    ) -> Collection:
        """Describe a collection, or hide or show it; None leaves as it is."""
        self._access.require(Action.MANAGE, collection)
        if private is not None and self._allowed_privacy(private) is not collection.private:
            collection.private = private
            self._record("collection.hide" if private else "collection.show", collection)
        if description is not None and description != collection.description:
            collection.description = _description(description)
            self._record("collection.describe", collection)
        collection_changed(self._outbox, collection.id)
        return collection

    def delete_collection(self, collection: Collection) -> None:
        """Remove a collection that holds no container any more. Raises Conflict otherwise."""
        self._access.require(Action.MANAGE, collection)
        if self._db.scalar(select(exists().where(Container.collection_id == collection.id))):
            raise Conflict(f"{name_of(collection)} still holds containers: delete them first")
        owner = collection.entity.user_id
        about = self._db.get(User, owner) if owner is not None else None
        self._access.audit.record("collection.delete", name_of(collection), about=about)
        self._db.delete(collection)

    # Containers

    def container(self, name: ContainerName) -> Container:
        """Give a container that the caller may see. Raises NotFound."""
        container = find_container(self._db, name)
        if container is None:
            raise NotFound(f"{name} does not exist")
        self._access.require(Action.READ, container, called=str(name))
        self._note(name.of_collection, container.collection)
        return container

    def container_by_id(self, container_id: str) -> Container:
        """Give a container that the caller may see. Raises NotFound."""
        container = self._db.get(Container, container_id)
        if container is None:
            raise NotFound("the container does not exist")
        self._access.require(Action.READ, container, called="the container")
        return container

    def containers(
        self, collection: Collection, *, after: str = "", limit: int = 100
    ) -> Sequence[Container]:
        """Give the containers of a collection in the order of their names."""
        self._access.require(Action.READ, collection)
        return self._db.scalars(
            select(Container)
            .where(Container.collection_id == collection.id, Container.name > after)
            .order_by(Container.name)
            .limit(limit)
        ).all()

    def create_container(
        self, collection: Collection, name: str, *, description: str = "", exist_ok: bool = False
    ) -> Container:
        """Make a container. exist_ok: give the one that is there. Raises Conflict otherwise."""
        canonical = parse_container_name(name)
        self._access.require(Action.PUSH, collection)
        full = ContainerName(collection.entity.name, collection.name, canonical)
        if (found := find_container(self._db, full)) is not None:
            if exist_ok:
                return found
            raise Conflict(f"the name {full} is taken")
        refuse_frozen(collection)
        container = Container(
            collection_id=collection.id,
            name=canonical,
            description=_description(description),
            created_at=self._facilities.clock(),
        )
        try:
            with self._db.begin_nested():
                self._db.add(container)
        except IntegrityError:
            if find_container(self._db, full) is None:
                raise
            return self.create_container(
                collection, name, description=description, exist_ok=exist_ok
            )
        container.collection = collection
        container_changed(self._outbox, container)
        return container

    def change_container(
        self, container: Container, *, description: str | None = None, frozen: bool | None = None
    ) -> Container:
        """Describe a container, or freeze or thaw it; None leaves as it is."""
        if description is not None:
            self._access.require(Action.PUSH, container)
            container.description = _description(description)
            self._record("container.describe", container)
            container_changed(self._outbox, container)
        if frozen is not None:
            self._access.require(Action.MANAGE, container)
            container.frozen_at = self._facilities.clock() if frozen else None
            self._record("container.freeze" if frozen else "container.thaw", container)
        return container

    def delete_container(self, container: Container) -> None:
        """Remove a container with its images; its bytes go when nobody else has them."""
        self._access.require(Action.DELETE, container)
        removal = ContainerRemoval(
            self._db, self._access, self._garbage, self._outbox, self._facilities
        )
        removal.remove(container)

    def ensure_home(self) -> Entity:
        """Give the registry's own entity, made at the first start.

        Raises Conflict when the database belongs to a registry of another name.
        """
        self._access.require_system()
        name = self._facilities.settings.id
        home = self._db.scalar(select(Entity).where(Entity.kind == EntityKind.HOME))
        if home is None:
            if self._db.scalar(select(Entity.id).where(Entity.name == name)):
                raise Conflict(f"sregistry.id = {name}, which is the name of a user or a team")
            home = Entity(name=name, kind=EntityKind.HOME, created_at=self._facilities.clock())
            try:
                with self._db.begin_nested():
                    self._db.add(home)
            except IntegrityError:
                # Another process has started at the same moment.
                home = self._db.scalars(select(Entity).where(Entity.kind == EntityKind.HOME)).one()
        if home.name != name:
            raise Conflict(f"sregistry.id = {name}, but the database is that of {home.name}")
        return home

    def _sees_something_in(self, entity: Entity) -> bool:
        if entity.kind is EntityKind.HOME or self._access.owns(entity) is not None:
            return True
        query = (
            select(Collection.id)
            .join(Collection.entity)
            .where(Collection.entity_id == entity.id, self._access.visible())
            .limit(1)
        )
        return self._db.scalars(query).first() is not None

    def _record(self, what: str, thing: Collection | Container) -> None:
        collection = thing.collection if isinstance(thing, Container) else thing
        self._access.audit.record(what, name_of(thing), collection=collection)

    def _note(self, asked: CollectionName, found: Collection) -> None:
        if (asked.entity, asked.collection) != (found.entity.name, found.name):
            self.followed = found

    def _own(self, collection: Collection, entity: Entity) -> None:
        user_id = self._access.caller.user_id
        if user_id is not None and entity.kind is not EntityKind.USER:
            self._db.add(
                Grant(
                    collection_id=collection.id,
                    user_id=user_id,
                    role=CollectionRole.OWNER,
                    created_at=self._facilities.clock(),
                )
            )
            self._db.flush()

    def _require_one_more(self) -> None:
        limit = self._facilities.settings.collections_per_user
        caller = self._access.caller
        if not limit or caller.is_admin:
            return
        # Two at once would each be the last one that is allowed.
        self._db.execute(select(User.id).where(User.id == caller.user_id).with_for_update())
        made = self._db.scalar(
            select(func.count())
            .select_from(Collection)
            .where(Collection.created_by == caller.user_id)
        )
        if (made or 0) >= limit:
            raise NotAllowed(f"{caller.name} has made {made} collections, and {limit} is the limit")

    def _allowed_privacy(self, private: bool) -> bool:
        if not private and self._facilities.settings.private_only:
            raise NotAllowed("every collection of this registry is private")
        return private


def _description(text: str) -> str:
    if len(text) > LONGEST_DESCRIPTION:
        raise Malformed(f"a description has at most {LONGEST_DESCRIPTION} characters")
    return "" if text.lower() == "no description" else text
