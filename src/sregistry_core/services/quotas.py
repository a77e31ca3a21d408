"""Quotas: how many bytes the images of an entity may have, and how many they have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.orm import Session

from sregistry_core.errors import Malformed, NotFound, QuotaExceeded
from sregistry_core.models import Blob, Collection, Container, Entity, EntitySummary, RepositoryBlob

from .access import Access

if TYPE_CHECKING:
    from . import Facilities

LARGEST = 1 << 60
MOST_COUNTED = 2000
"""Blobs that are added up for one page of a list, or just to let an upload begin."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What an entity uses and may use, in bytes; bytes that it has twice are counted once.

    own     what an administrator has set; None when that of the ini file holds
    limit   what holds; 0 for none
    """

    entity: str
    used: int
    own: int | None
    limit: int

    @property
    def is_full(self) -> bool:
        """True when nothing more fits."""
        return 0 < self.limit <= self.used


class Quotas:
    """Shows and sets quotas. Uploads keep to them by `QuotaGuard`."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def of(self, entity_name: str) -> Quota:
        """Give the quota of an entity, to its owners. Raises NotFound to everybody else."""
        entity = self._db.scalar(select(Entity).where(Entity.name == entity_name.lower()))
        if entity is None or self._access.owns(entity) is None:
            raise NotFound(f"the entity {entity_name} does not exist")
        return self._quotas([entity])[0]

    def shown_to_pusher(self, entity: Entity) -> Quota:
        """Give what a client prints after a push: to those who do not own the entity, nothing.

        Of an entity with very many blobs `used` is what was measured last.
        """
        if self._access.owns(entity) is None:
            return Quota(entity.name, used=0, own=None, limit=0)
        return self._as_quotas([entity], self._measured([entity.id]))[0]

    def all(self, *, text: str = "", after: str = "", limit: int = 100) -> Sequence[Quota]:
        """Give the quotas of entities by name, from the one after `after` on.

        text   a part of the name
        Of entities with very many blobs `used` is what was measured last.
        """
        self._access.require_admin()
        wanted = select(Entity).where(Entity.name > after).order_by(Entity.name).limit(limit)
        if text:
            wanted = wanted.where(Entity.name.contains(text.lower(), autoescape=True))
        entities = self._db.scalars(wanted).all()
        return self._as_quotas(entities, self._measured([entity.id for entity in entities]))

    def set(self, entity_name: str, size: int | None) -> Quota:
        """Set the quota of an entity in bytes: 0 for none, None for that of the ini file.

        What is there already stays, also above it.
        """
        self._access.require_admin()
        entity = self._db.scalar(select(Entity).where(Entity.name == entity_name.lower()))
        if entity is None:
            raise NotFound(f"the entity {entity_name} does not exist")
        if size is not None and not 0 <= size <= LARGEST:
            raise Malformed(f"a quota is between 0 and {LARGEST} bytes, not {size}")
        before, entity.quota = entity.quota, size
        self._access.audit.record("quota.set", entity.name, before=before, now=size)
        return self._quotas([entity])[0]

    def _quotas(self, entities: Sequence[Entity]) -> Sequence[Quota]:
        return self._as_quotas(entities, used_by(self._db, [entity.id for entity in entities]))

    def _as_quotas(self, entities: Sequence[Entity], used: Mapping[str, int]) -> Sequence[Quota]:
        usual = self._facilities.settings.quota
        return [
            Quota(
                entity.name,
                used=used.get(entity.id, 0),
                own=entity.quota,
                limit=usual if entity.quota is None else entity.quota,
            )
            for entity in entities
        ]

    def _measured(self, entities: Sequence[str]) -> Mapping[str, int]:
        """Give what entities use: of the small ones now, of the others as it was measured last."""
        kept = {
            row.entity_id: row
            for row in self._db.scalars(
                select(EntitySummary).where(EntitySummary.entity_id.in_(entities))
            )
        }
        counts = sorted((kept[one].blob_count if one in kept else 0, one) for one in entities)
        sums = accumulate(count for count, _ in counts)
        few = [one for (_, one), sum_ in zip(counts, sums, strict=True) if sum_ <= MOST_COUNTED]
        large = {one: row.size for one, row in kept.items() if one not in few}
        return {**large, **used_by(self._db, few)}


class QuotaGuard:
    """Keeps an entity within its quota. For services that have guarded themselves."""

    def __init__(self, db: Session, facilities: "Facilities"):
        self._db = db
        self._facilities = facilities

    def require_room(self, container: Container, size: int, digest: str | None = None) -> None:
        """Raise QuotaExceeded when so many bytes more would be too many.

        digest   of the bytes, if it is known: those that the entity has add nothing
        For the time before bytes come. Several uploads at once may each be let through; of them
        `require` publishes as many as fit. So may one in an entity with very many blobs, where it
        had fitted when that was measured last.
        """
        entity = container.collection.entity
        limit = self._limit(entity.quota)
        if not limit or (digest is not None and self._has(entity.id, digest)):
            return
        measured = self._db.get(EntitySummary, entity.id)
        if measured is None or measured.blob_count <= MOST_COUNTED or measured.size + size > limit:
            self._compare(entity, limit, size)

    def require(self, container: Container, blob: Blob) -> None:
        """Raise QuotaExceeded when a blob that is about to be linked would be too much.

        Others who publish in the same entity wait meanwhile, so that all together keep within it.
        """
        entity = container.collection.entity
        if not self._limit(entity.quota):
            return
        wanted = select(Entity.quota).where(Entity.id == entity.id)
        limit = self._limit(self._db.scalar(wanted.with_for_update(key_share=True)))
        if limit and not self._has(entity.id, blob.digest):
            self._compare(entity, limit, blob.size)

    def _limit(self, own: int | None) -> int:
        return self._facilities.settings.quota if own is None else own

    def _has(self, entity_id: str, digest: str) -> bool:
        linked = (
            select(RepositoryBlob.blob_id)
            .join(Blob, Blob.id == RepositoryBlob.blob_id)
            .join(Container, Container.id == RepositoryBlob.container_id)
            .join(Collection, Collection.id == Container.collection_id)
            .where(Collection.entity_id == entity_id, Blob.digest == digest)
            .limit(1)
        )
        return self._db.scalar(linked) is not None

    def _compare(self, entity: Entity, limit: int, size: int) -> None:
        used = used_by(self._db, [entity.id]).get(entity.id, 0)
        if used + size > limit:
            raise QuotaExceeded(
                f"{entity.name} has a quota of {in_units(limit)} and uses {in_units(used)}: "
                f"{in_units(size)} more do not fit"
            )


def used_by(db: Session, entities: Sequence[str]) -> dict[str, int]:
    """Give how many bytes each of some entities uses, by identifier; none when it uses none."""
    if not entities:
        return {}
    held = _held().where(Collection.entity_id.in_(entities)).subquery()
    rows = db.execute(select(held.c.entity_id, func.sum(held.c.size)).group_by(held.c.entity_id))
    # PostgreSQL sums up to a Decimal.
    return {entity_id: int(size) for entity_id, size in rows}


def measure_entities(db: Session) -> None:
    """Write down what every entity uses now, instead of what was written down before."""
    held = _held().subquery()
    db.execute(delete(EntitySummary))
    db.execute(
        insert(EntitySummary).from_select(
            ["entity_id", "blob_count", "size"],
            select(held.c.entity_id, func.count(), func.sum(held.c.size)).group_by(
                held.c.entity_id
            ),
        )
    )


def _held() -> Select[str, str, int]:
    """What each entity has, by digest: claimed and proven bytes are the same bytes."""
    return (
        select(Collection.entity_id, Blob.digest, func.max(Blob.size).label("size"))
        .join(Container, Container.collection_id == Collection.id)
        .join(RepositoryBlob, RepositoryBlob.container_id == Container.id)
        .join(Blob, Blob.id == RepositoryBlob.blob_id)
        .group_by(Collection.entity_id, Blob.digest)
    )


def in_units(size: int) -> str:
    """Write a number of bytes for people."""
    number = float(size)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"
