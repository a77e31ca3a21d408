"""One query over what the caller may see."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session, contains_eager, defer

from sregistry_core.contracts import Action
from sregistry_core.errors import Malformed
from sregistry_core.models import (
    Collection,
    Container,
    Entity,
    Image,
    ImageLabel,
    SearchEntry,
    Tag,
    Topic,
)

from .access import Access, name_of
from .search_words import FEW, at_most, facet, is_much, matches, words_of

MOST = 500
_DIGEST_DIGITS = 8
_AFTER_EVERY_HEX_DIGIT = "g"
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for; every part that is given must hold.

    text     beginnings of words in a name, a description, a tag or the value of a label;
             `key=value` is a label; a digest or the beginning of one (8 digits or more) finds the
             bytes, also without a tag
    archs    any of these
    """

    text: str = ""
    archs: Sequence[str] = ()
    signed: bool | None = None
    limit: int = 100


class Search:
    """Finds images, containers, collections and entities.

    Images and containers are looked for in the index, which a job keeps.
    """

    def __init__(self, db: Session, access: Access):
        self._db = db
        self._access = access

    def images(self, query: Query) -> Sequence[Image]:
        """Give images with a tag that fit, in the order of their full names.

        Before them come those that have the digest.
        """
        self._access.ask_policies(Action.READ, "")
        limit = _limit(query)
        keys = list(self._of_digest(query, limit))
        if len(keys) < limit:
            keys += self._of_words(query, limit)
        # Each once, and whole rows of what is shown alone.
        wanted = [*dict.fromkeys(keys)][:limit]
        if not wanted:
            return []
        found = {image.id: image for image in self._db.scalars(_IMAGES.where(Image.id.in_(wanted)))}
        return [
            found[key] for key in wanted if key in found and self._lets_read(found[key].container)
        ]

    def _lets_read(self, container: Container) -> bool:
        """Tell whether the caller may have what a statement has found for them."""
        if self._access.caller.reach is not None:
            return self._access.lets(Action.READ, container)
        # Who sees the collection was asked of all at once.
        return not self._access.is_kept_from(Action.READ, name_of(container))

    def _of_digest(self, query: Query, limit: int) -> Sequence[str]:
        digits = _hex_of(query.text)
        if len(digits) < _DIGEST_DIGITS or not all(sign in "0123456789abcdef" for sign in digits):
            return []
        start = f"sha256:{digits}"
        statement = (
            select(Image.id)
            .join(Image.container)
            .join(Container.collection)
            .outerjoin(Collection.entity)
            .where(Image.digest >= start, Image.digest < start + _AFTER_EVERY_HEX_DIGIT)
            .where(self._access.visible(), *_conditions(query))
            .order_by(Image.digest, Image.id)
        )
        return self._db.scalars(statement.limit(limit)).all()

    def _of_words(self, query: Query, limit: int) -> Sequence[str]:
        asked = _asked(query)
        if asked is None:
            return []
        # Entries are read in their order until there is enough. By an expression none is looked up,
        # so that SQLite, which knows nothing of how many there are, begins with no other table.
        container_id = func.coalesce(SearchEntry.container_id, "")
        statement = (
            select(Image.id)
            .select_from(SearchEntry)
            .join(Image, Image.container_id == container_id)
            .where(*self._entries(*asked), *_conditions(query))
            # Without a tag it is what a tag has left, or what was refused one.
            .where(exists().where(Tag.image_id == Image.id))
            .order_by(SearchEntry.full_name, Image.pushed_at.desc())
        )
        if query.text:
            statement = statement.where(*_fits(query.text))
        return self._db.scalars(statement.limit(limit)).all()

    def _entries(
        self, words: Sequence[str], facets: Sequence[str] = ()
    ) -> Sequence[ColumnElement[bool]]:
        """Give the conditions of entries that the caller sees and that have all this.

        What few have is looked at one by one. What nothing has is asked for as well: what is hidden
        would cost another statement otherwise.
        """
        seen = (
            select(Collection.id)
            .outerjoin(Collection.entity)
            .where(Collection.id == SearchEntry.collection_id, self._access.visible())
            .exists()
        )
        if not words and not facets:
            return [seen]
        numbers = at_most(self._db, words, facets, most=FEW)
        if numbers is None:
            is_broad = is_much(self._db, words, facets)
            return [seen, matches(self._db, words, facets, is_broad=is_broad)]
        return [seen, SearchEntry.number.in_(numbers)]

    def entities(self, query: Query) -> Sequence[Entity]:
        """Give entities whose name fits and that hold something the caller may see."""
        self._access.ask_policies(Action.READ, "")
        statement = (
            select(Entity)
            .where(
                Entity.id.in_(
                    select(Collection.entity_id)
                    .outerjoin(Collection.entity)
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
        words, limit = words_of(query.text), _limit(query)
        if query.text and not words:
            return []
        statement = select(SearchEntry.container_id).where(
            *self._entries(words),
            *(
                _contains(SearchEntry.full_name, word) | _says(word)
                for word in _words_as_said(query.text)
            ),
        )
        keys = self._db.scalars(statement.order_by(SearchEntry.full_name).limit(limit)).all()
        rows = self._db.scalars(_CONTAINERS.where(Container.id.in_(keys))) if keys else ()
        found = {container.id: container for container in rows}
        return [found[key] for key in keys if key in found]


_CONTAINERS = (
    select(Container)
    .join(Container.collection)
    .outerjoin(Collection.entity)
    .options(contains_eager(Container.collection).contains_eager(Collection.entity))
)
_IMAGES = (
    select(Image)
    .join(Image.container)
    .join(Container.collection)
    .outerjoin(Collection.entity)
    .join(Image.blob)
    .options(
        contains_eager(Image.container)
        .contains_eager(Container.collection)
        .contains_eager(Collection.entity),
        contains_eager(Image.blob),
        # What was read from the file is long, and no list shows it.
        defer(Image.inspection),
    )
)


def _conditions(query: Query) -> Iterator[ColumnElement[bool]]:
    yield Image.blob_id.is_not(None)
    if query.archs:
        yield or_(
            Image.arch.in_(query.archs),
            # An image that does not say has the architecture it was tagged for.
            exists().where(Tag.image_id == Image.id, Tag.arch.in_(query.archs)),
        )
    if query.signed is not None:
        yield Image.signed == query.signed


def _asked(query: Query) -> tuple[Sequence[str], Sequence[str]] | None:
    """Give words and facets that every container has of which something fits; None for nothing."""
    key, sign, value = query.text.partition("=")
    words = words_of(value if sign else query.text)
    if query.text and not words:
        return None
    facets = [facet("label", key.strip())] if sign else []
    if len(query.archs) == 1:
        facets.append(facet("arch", query.archs[0]))
    if query.signed:
        facets.append(facet("signed"))
    return words, facets


def _fits(text: str) -> Sequence[ColumnElement[bool]]:
    """Hold each word against the image itself: the index knows only of all in its container."""
    key, sign, value = text.partition("=")
    if sign:
        return [
            exists().where(
                ImageLabel.image_id == Image.id,
                func.lower(ImageLabel.name) == key.strip().lower(),
                _contains(ImageLabel.value, value.strip()),
            )
        ]
    return [
        or_(
            _contains(SearchEntry.full_name, word),
            _contains(Image.description, word),
            exists().where(Tag.image_id == Image.id, _contains(Tag.name, word)),
            exists().where(ImageLabel.image_id == Image.id, _contains(ImageLabel.value, word)),
            _says(word),
            exists().where(
                Collection.id == SearchEntry.collection_id, _contains(Collection.description, word)
            ),
            exists().where(Topic.collection_id == SearchEntry.collection_id, Topic.name == word),
        )
        for word in _words_as_said(text)
    ]


def _says(word: str) -> ColumnElement[bool]:
    """Hold a word against the description of a container."""
    return exists().where(
        Container.id == SearchEntry.container_id, _contains(Container.description, word)
    )


def _words_as_said(text: str) -> Sequence[str]:
    return _WORD.findall(text.lower())


def _hex_of(text: str) -> str:
    return text.lower().removeprefix("sha256:").removeprefix("sha256.")


def _contains(column: ColumnElement[str] | object, text: str) -> ColumnElement[bool]:
    return func.lower(column).contains(text.lower(), autoescape=True)


def _limit(query: Query) -> int:
    if query.limit < 1:
        raise Malformed("at least one result must be asked for")
    return min(query.limit, MOST)
