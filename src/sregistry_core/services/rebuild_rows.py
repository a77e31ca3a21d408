"""Rows of rebuilds, and what belongs to them: for services that guard themselves."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Caller
from sregistry_core.errors import Malformed
from sregistry_core.models import Image, RebuildSchedule, Tag
from sregistry_core.names import ContainerName, ImageName

from .authentication import Authentication
from .rebuild_recipes import Recipe, recipe_of


class RebuildRows:
    """Finds them."""

    def __init__(self, db: Session, authentication: Authentication):
        self._db = db
        self._authentication = authentication

    def caller(self, row: RebuildSchedule) -> Caller:
        """Give whose rights the builds have, as they are now; nobody when the account is gone."""
        if row.acts_for is None:
            return Caller.anonymous()
        return self._authentication.caller_of_user(row.acts_for)

    def of_build(self, build_id: str) -> RebuildSchedule | None:
        """Give what waits for a build, and let nobody else change it meanwhile."""
        return self._db.scalars(
            select(RebuildSchedule)
            .where(RebuildSchedule.build_id == build_id, RebuildSchedule.is_awaited)
            .with_for_update(of=RebuildSchedule)
            .execution_options(populate_existing=True)
        ).first()

    def locked(self, schedule: str) -> RebuildSchedule | None:
        """Give a schedule, and let nobody else change it meanwhile."""
        return self._db.scalars(
            select(RebuildSchedule)
            .where(RebuildSchedule.id == schedule)
            .with_for_update(of=RebuildSchedule)
            .execution_options(populate_existing=True)
        ).one_or_none()

    def recipe(self, row: RebuildSchedule) -> Recipe:
        """Give how it is built anew. Raises Malformed, with the reason, when nobody knows."""
        pointing = self.tag(row)
        if pointing is None:
            raise Malformed(f"{name_of_row(row)} is not there any more")
        return recipe_of(self._db, self._db.get_one(Image, pointing.image_id))

    def tag(self, row: RebuildSchedule) -> Tag | None:
        """Give the tag; None when it is gone."""
        return self._db.get(Tag, (row.container_id, row.tag, row.arch))


def name_of_row(row: RebuildSchedule) -> ImageName:
    """Give the name that is built anew."""
    collection = row.container.collection
    name = ContainerName(collection.entity.name, collection.name, row.container.name)
    return ImageName(name, row.tag)
