"""One query over what the caller may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from sregistry_core.contracts import Action
from sregistry_core.errors import Malformed
from sregistry_core.models import Collection, Container, Entity, Image, ImageLabel, Tag

from .access import Access

MOST = 500


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for; every part that is given must hold.

    text     part of a name, of a description, of a tag or of a label's value; `key=value` is a
             label; a digest or the beginning of one (8 digits or more) finds the bytes
    archs    any of these
    """

    text: str = ""
    archs: Sequence[str] = ()
    signed: bool | None = None
    limit: int = 100


class Search:
    """Finds images, containers, collections and entities."""

    def __init__(self, db: Session, access: Access):
        self._db = db
        self._access = access

    def images(self, query: Query) -> Sequence[Image]:
        """Give images with a tag that fit, in the order of their full names."""
        self._access.ask_policies(Action.READ, "")
        statement = (
            select(Image)
            .join(Image.container)
            .join(Container.collection)
            .join(Collection.entity)
            .options(
                contains_eager(Image.container)
                .contains_eager(Container.collection)
                .contains_eager(Collection.entity)
            )
            .where(Image.blob_id.is_not(None), self._access.visible())
            .order_by(Entity.name, Collection.name, Container.name, Image.pushed_at.desc())
            .limit(_limit(query))
        )
        if query.text:
            statement = statement.where(_fits(query.text))
        if not _is_digest(query.text):
            # Without a tag it is what a tag has left, or what was refused one.
            statement = statement.where(exists().where(Tag.image_id == Image.id))
        if query.archs:
            statement = statement.where(
                or_(
                    Image.arch.in_(query.archs),
                    # An image that does not say has the architecture it was tagged for.
                    exists().where(Tag.image_id == Image.id, Tag.arch.in_(query.archs)),
                )
            )
        if query.signed is not None:
            statement = statement.where(Image.signed == query.signed)
        found = self._db.scalars(statement).unique().all()
        return [image for image in found if self._access.lets(Action.READ, image.container)]

    def entities(self, query: Query) -> Sequence[Entity]:
        """Give entities whose name fits and that hold something the caller may see."""
        self._access.ask_policies(Action.READ, "")
        statement = (
            select(Entity)
            .where(
                Entity.id.in_(
                    select(Collection.entity_id)
                    .join(Collection.entity)
                    .where(self._access.visible())
                ),
                _contains(Entity.name, query.text),
            )
            .order_by(Entity.name)
            .limit(_limit(query))
        )
        return self._db.scalars(statement).all()

    def collections(self, query: Query) -> Sequence[Collection]:
        """Give collections whose name or description fits."""
        self._access.ask_policies(Action.READ, "")
        statement: Select[Collection] = (
            select(Collection)
            .join(Collection.entity)
            .options(contains_eager(Collection.entity))
            .where(
                self._access.visible(),
                or_(
                    _contains(Entity.name + "/" + Collection.name, query.text),
                    _contains(Collection.description, query.text),
                ),
            )
            .order_by(Entity.name, Collection.name)
            .limit(_limit(query))
        )
        return self._db.scalars(statement).all()

    def containers(self, query: Query) -> Sequence[Container]:
        """Give containers whose name or description fits."""
        self._access.ask_policies(Action.READ, "")
        statement: Select[Container] = (
            select(Container)
            .join(Container.collection)
            .join(Collection.entity)
            .options(contains_eager(Container.collection).contains_eager(Collection.entity))
            .where(
                self._access.visible(),
                or_(
                    _contains(_full_name(), query.text),
                    _contains(Container.description, query.text),
                ),
            )
            .order_by(Entity.name, Collection.name, Container.name)
            .limit(_limit(query))
        )
        return self._db.scalars(statement).all()


def _fits(text: str) -> ColumnElement[bool]:
    key, sign, value = text.partition("=")
    if sign:
        return exists().where(
            ImageLabel.image_id == Image.id,
            func.lower(ImageLabel.name) == key.strip().lower(),
            _contains(ImageLabel.value, value.strip()),
        )
    found = [
        _contains(_full_name(), text),
        _contains(Container.description, text),
        _contains(Image.description, text),
        exists().where(Tag.image_id == Image.id, _contains(Tag.name, text)),
        exists().where(ImageLabel.image_id == Image.id, _contains(ImageLabel.value, text)),
    ]
    if _is_digest(text):
        found.append(Image.digest.startswith(f"sha256:{_hex_of(text)}", autoescape=True))
    return or_(*found)


def _is_digest(text: str) -> bool:
    digits = _hex_of(text)
    return len(digits) >= 8 and all(sign in "0123456789abcdef" for sign in digits)


def _hex_of(text: str) -> str:
    return text.lower().removeprefix("sha256:").removeprefix("sha256.")


def _full_name() -> ColumnElement[str]:
    return Entity.name + "/" + Collection.name + "/" + Container.name


def _contains(column: ColumnElement[str] | object, text: str) -> ColumnElement[bool]:
    return func.lower(column).contains(text.lower(), autoescape=True)


def _limit(query: Query) -> int:
    if query.limit < 1:
        raise Malformed("at least one result must be asked for")
    return min(query.limit, MOST)
