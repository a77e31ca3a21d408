"""Where an image comes from and where else it is: who pushed it, and who has the same bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager

from sregistry_core.contracts import Action
from sregistry_core.models import (
    Collection,
    Container,
    DailyDownloads,
    Image,
    Manifest,
    Tag,
    User,
)

from .access import Access, name_of

if TYPE_CHECKING:
    from . import Facilities

MOST_PLACES = 50


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A tag of the same bytes at another place."""

    container: str
    tag: str


class Provenance:
    """What is known of an image beside what it says of itself."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def pusher_of(self, thing: Image | Manifest, container: Container) -> str | None:
        """Give the name of who has pushed it; None for users that are gone."""
        self._access.require(Action.READ, container)
        if thing.pushed_by is None:
            return None
        return self._db.scalar(select(User.name).where(User.id == thing.pushed_by))

    def tags_of(self, image: Image, *, limit: int | None = None) -> Sequence[str]:
        """Give the tags of its container that point at an image, by name."""
        self._access.require(Action.READ, image.container)
        query = select(Tag.name).where(Tag.image_id == image.id).distinct().order_by(Tag.name)
        return self._db.scalars(query.limit(limit)).all()

    def tag_count(self, image: Image) -> int:
        """Give how many tags point at an image."""
        self._access.require(Action.READ, image.container)
        query = select(func.count(Tag.name.distinct())).where(Tag.image_id == image.id)
        return self._db.scalar(query) or 0

    def elsewhere(self, image: Image) -> Sequence[Elsewhere]:
        """Give tags of other containers that mean the same bytes, as far as the caller sees them.

        At most MOST_PLACES, by name.
        """
        self._access.require(Action.READ, image.container)
        rows = self._db.execute(
            select(Container, Tag.name)
            .join(Container.collection)
            .join(Collection.entity)
            .join(Image, Image.container_id == Container.id)
            .join(Tag, Tag.image_id == Image.id)
            .options(contains_eager(Container.collection).contains_eager(Collection.entity))
            .where(
                Image.digest == image.digest,
                Image.blob_id.is_not(None),
                Container.id != image.container_id,
                self._access.visible_containers(),
            )
            .order_by(Container.name, Tag.name)
            .limit(MOST_PLACES)
        )
        found = {
            (name_of(container), tag)
            for container, tag in rows
            if self._access.lets(Action.READ, container)
        }
        return [Elsewhere(*one) for one in sorted(found)]

    def pulls_of(self, container: Container, since: date) -> Mapping[date, int]:
        """Give how often a container was pulled on each day from `since` on; days of none lack."""
        self._access.require(Action.READ, container)
        rows = self._db.execute(
            select(DailyDownloads.day, DailyDownloads.count.label("pulls"))
            .where(DailyDownloads.container_id == container.id, DailyDownloads.day >= since)
            .order_by(DailyDownloads.day)
        )
        return {row.day: row.pulls for row in rows}

    def pull_count(self, container: Container) -> int:
        """Give how often a container was ever pulled, as far as it is written down."""
        self._access.require(Action.READ, container)
        total = self._db.scalar(
            select(func.sum(DailyDownloads.count)).where(
                DailyDownloads.container_id == container.id
            )
        )
        return int(total or 0)
