"""Schedules by which the images of tags are built anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from sregistry_core.contracts import Action
from sregistry_core.errors import Conflict, Malformed, NotFound
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import (
    BuildContext,
    Collection,
    Container,
    Entity,
    Image,
    RebuildSchedule,
    Tag,
    User,
)
from sregistry_core.names import USUAL_ARCHITECTURE, parse_architecture, parse_tag

from .access import Access, name_of
from .base_images import bases_of
from .base_watches import watch_of
from .outbox import OutboxService
from .rebuild_recipes import Recipe, recipe_of

if TYPE_CHECKING:
    from . import Facilities

ORDER_JOB = "rebuilds.order"
MOST_DAYS = 365


@dataclass(frozen=True, slots=True)
class RebuildWish:
    """When an image is to be built anew.

    every_days        1 to 365; None for not because of time
    when_base_moves   whenever a base image of it is another one
    """

    every_days: int | None = None
    when_base_moves: bool = False


class Rebuilds:
    """Makes, shows and ends them; one for each tag and architecture."""

    def __init__(
        self, db: Session, access: Access, outbox: OutboxService, facilities: "Facilities"
    ):
        self._db = db
        self._access = access
        self._outbox = outbox
        self._facilities = facilities

    def find(self, container: Container, tag: str, arch: str | None = None) -> RebuildSchedule:
        """Give the schedule of a tag. Raises NotFound.

        arch   None takes amd64, or the only one there is
        """
        self._access.require(Action.MANAGE, container)
        name = parse_tag(tag)
        query = select(RebuildSchedule).where(
            RebuildSchedule.container_id == container.id, RebuildSchedule.tag == name
        )
        if arch:
            query = query.where(RebuildSchedule.arch == parse_architecture(arch))
        usual = (RebuildSchedule.arch == USUAL_ARCHITECTURE).desc()
        row = self._db.scalars(query.order_by(usual, RebuildSchedule.arch).limit(1)).first()
        if row is None:
            raise NotFound(f"{name_of(container)}:{name} is not built anew by itself")
        return row

    def of(
        self, collection: Collection, *, after: str = "", limit: int = 100
    ) -> Sequence[RebuildSchedule]:
        """Give the schedules of a collection, by identifier."""
        self._access.require(Action.MANAGE, collection)
        return self._db.scalars(
            select(RebuildSchedule)
            .join(RebuildSchedule.container)
            .options(contains_eager(RebuildSchedule.container))
            .where(Container.collection_id == collection.id, RebuildSchedule.id > after)
            .order_by(RebuildSchedule.id)
            .limit(limit)
        ).all()

    def all(self) -> Sequence[RebuildSchedule]:
        """Give every schedule of the registry, by the name of its container and tag."""
        self._access.require_admin()
        return self._db.scalars(
            select(RebuildSchedule)
            .join(RebuildSchedule.container)
            .join(Container.collection)
            .join(Collection.entity)
            .options(
                contains_eager(RebuildSchedule.container)
                .contains_eager(Container.collection)
                .contains_eager(Collection.entity)
            )
            .order_by(
                Entity.name,
                Collection.name,
                Container.name,
                RebuildSchedule.tag,
                RebuildSchedule.arch,
            )
        ).all()

    def set(
        self,
        container: Container,
        tag: str,
        wish: RebuildWish,
        *,
        arch: str | None = None,
        user: User | None = None,
    ) -> RebuildSchedule:
        """Build the image of a tag anew from now on, or change when.

        user   whose rights the builds have; the caller, when it is not said
        Raises Malformed where nobody knows how it is built.
        """
        self._access.require(Action.MANAGE, container)
        name = parse_tag(tag)
        _require_sense(wish)
        if not self._facilities.plugins.builders:
            raise Malformed("nothing is built here: the ini file names no builder")
        pointing = self._tag(container, name, arch)
        recipe = recipe_of(self._db, self._db.get_one(Image, pointing.image_id))
        now = self._facilities.clock()
        row = self._db.scalar(
            select(RebuildSchedule).where(
                RebuildSchedule.container_id == container.id,
                RebuildSchedule.tag == name,
                RebuildSchedule.arch == pointing.arch,
            )
        )
        is_new = row is None
        if row is None:
            row = RebuildSchedule(
                id=new_identifier(),
                container_id=container.id,
                tag=name,
                arch=pointing.arch,
                created_at=now,
                bases=[],
                is_awaited=False,
                changes={},
            )
            row.container = container
            self._db.add(row)
        if row.every_days != wish.every_days:
            days = wish.every_days
            row.due_at = now + timedelta(days=days) if days is not None else None
        row.every_days, row.when_base_moves = wish.every_days, wish.when_base_moves
        row.acts_for = user.id if user is not None else self._access.caller.user_id
        if row.acts_for is None:
            raise Malformed("say whose rights the builds have")
        self._require_files_of(row.acts_for, recipe)
        self._watch(row, recipe)
        self._db.flush()
        self._db.refresh(row, ["user"])
        self._record("rebuild.schedule" if is_new else "rebuild.change", row)
        return row

    def now(self, container: Container, tag: str, arch: str | None = None) -> RebuildSchedule:
        """Have the image built anew at once. Raises Conflict while that is under way."""
        row = self.find(container, tag, arch)
        if row.is_awaited:
            raise Conflict(f"{name_of(container)}:{row.tag} is being built anew already")
        self._outbox.write(ORDER_JOB, schedule=row.id)
        return row

    def remove(self, container: Container, tag: str, arch: str | None = None) -> None:
        """Build it anew no more. Its images stay, and a build that is under way goes on."""
        row = self.find(container, tag, arch)
        self._record("rebuild.remove", row)
        self._db.delete(row)
        self._db.flush()

    def _tag(self, container: Container, name: str, arch: str | None) -> Tag:
        query = select(Tag).where(Tag.container_id == container.id, Tag.name == name)
        if arch:
            query = query.where(Tag.arch == parse_architecture(arch))
        usual = (Tag.arch == USUAL_ARCHITECTURE).desc()
        found = self._db.scalars(query.order_by(usual, Tag.arch).limit(1)).first()
        if found is None:
            raise NotFound(
                f"{name_of(container)}:{name} does not exist{f' for {arch}' if arch else ''}"
            )
        return found

    def _require_files_of(self, user_id: str, recipe: Recipe) -> None:
        """Raise Malformed when what goes along is somebody else's: a build takes one's own."""
        if recipe.context is None:
            return
        context = self._db.get(BuildContext, recipe.context)
        if context is None or context.user_id != user_id:
            raise Malformed(
                "the files that its definition copies are somebody else's: whoever has sent them "
                "can have it built anew"
            )

    def _watch(self, row: RebuildSchedule, recipe: Recipe) -> None:
        """Note which base images there are; what was seen of them before stays known."""
        if not row.when_base_moves:
            row.bases, row.look_at = [], None
            return
        known = {one["address"]: one["digest"] for one in row.bases}
        bases = []
        for base in bases_of(recipe.definition, recipe.arguments):
            watch = watch_of(base, self._facilities.settings)
            seen = recipe.bases.get(base.address) if watch.is_ours else None
            bases.append(
                {
                    "address": base.address,
                    "digest": known.get(base.address) or seen,
                    "trouble": watch.trouble,
                }
            )
        row.bases = bases
        is_watched = any(one["trouble"] is None for one in bases)
        row.look_at = self._facilities.clock() if is_watched else None
        if not is_watched and row.every_days is None:
            reasons = "; ".join(f"{one['address']}: {one['trouble']}" for one in bases)
            raise Malformed(
                f"base cannot be watched: {reasons or 'its definition names none'}. Say every how "
                "many days it is to be built"
            )

    def _record(self, what: str, row: RebuildSchedule) -> None:
        name = f"{name_of(row.container)}:{row.tag}"
        self._access.audit.record(what, name, collection=row.container.collection, arch=row.arch)


def _require_sense(wish: RebuildWish) -> None:
    if wish.every_days is not None and not 1 <= wish.every_days <= MOST_DAYS:
        raise Malformed(f"an image is built anew every 1 to {MOST_DAYS} days")
    if wish.every_days is None and not wish.when_base_moves:
        raise Malformed("say every how many days, or that it is when a base image has moved")


__all__ = ["MOST_DAYS", "ORDER_JOB", "RebuildWish", "Rebuilds"]
