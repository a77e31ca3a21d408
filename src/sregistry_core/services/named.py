"""Finds collections and containers by name; a name that a collection had before leads to it."""

from sqlalchemy import ColumnElement, CompoundSelect, and_, delete, select, union_all
from sqlalchemy.orm import Session, contains_eager

from sregistry_core.db.session import mark_changed
from sregistry_core.models import Collection, Container, Entity, FormerName
from sregistry_core.names import CollectionName, ContainerName


def find_collection(db: Session, name: CollectionName, *, lead: bool = True) -> Collection | None:
    """Give the collection that has a name, or had it before; for services that guard themselves.

    lead   also look among the names of before, which nobody else has taken since
    """
    is_exact = _is_called(name)
    query = select(Collection).join(Collection.entity).options(contains_eager(Collection.entity))
    if not lead:
        return db.scalar(query.where(is_exact))
    return db.scalars(
        query.where(Collection.id.in_(_called(name))).order_by(is_exact.desc()).limit(1)
    ).first()


def find_container(db: Session, name: ContainerName) -> Container | None:
    """Give the container that has a name, or had it when its collection was called otherwise."""
    return db.scalars(
        select(Container)
        .join(Container.collection)
        .join(Collection.entity)
        .options(contains_eager(Container.collection).contains_eager(Collection.entity))
        .where(
            Container.collection_id.in_(_called(name.of_collection)),
            Container.name == name.container,
        )
        .order_by(_is_called(name.of_collection).desc())
        .limit(1)
    ).first()


def name_of_today(db: Session, name: CollectionName) -> CollectionName | None:
    """Give what a collection is called now that had a name before; None for any other name."""
    former = former_name(db, name)
    if former is None:
        return None
    if find_collection(db, name, lead=False) is not None:
        # Somebody has taken the name since.
        return None
    collection = db.get_one(Collection, former.collection_id)
    return CollectionName(collection.entity.name, collection.name)


def former_name(db: Session, name: CollectionName) -> FormerName | None:
    """Give the row of a name that a collection had before."""
    return db.scalar(
        select(FormerName)
        .join(Entity, Entity.id == FormerName.entity_id)
        .where(Entity.name == name.entity, FormerName.name == name.collection)
    )


def forget_former_name(db: Session, entity: Entity, name: str) -> None:
    """Lead nobody on from a name any more: a collection has it now."""
    db.execute(delete(FormerName).where(FormerName.entity_id == entity.id, FormerName.name == name))
    mark_changed(db)


def _is_called(name: CollectionName) -> ColumnElement[bool]:
    return and_(Entity.name == name.entity, Collection.name == name.collection)


def _called(name: CollectionName) -> CompoundSelect[str]:
    """Identify what has a name or had it: in one statement, so that nothing tells which it is."""
    of_now = select(Collection.id).join(Collection.entity).where(_is_called(name))
    of_before = (
        select(FormerName.collection_id)
        .join(Entity, Entity.id == FormerName.entity_id)
        .where(Entity.name == name.entity, FormerName.name == name.collection)
    )
    return union_all(of_now, of_before)
