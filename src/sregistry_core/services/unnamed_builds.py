"""Builds whose image nobody has named: where it goes, and when it is let go."""

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.errors import Conflict, Malformed
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Build, Entity, Image
from sregistry_core.names import ContainerName, ImageName

from .access import Access
from .catalog import Catalog
from .client_containers import ClientContainers
from .images import Images

if TYPE_CHECKING:
    from . import Facilities

COLLECTION = "remote-builds"
"""The private collection of a user for such images."""


class UnnamedBuilds:
    """Keeps such images for `sregistry.unnamed_build_lifetime` after the end of the build."""

    def __init__(
        self,
        db: Session,
        access: Access,
        catalog: Catalog,
        containers: ClientContainers,
        images: Images,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._catalog = catalog
        self._containers = containers
        self._images = images
        self._facilities = facilities

    def place(self) -> ImageName:
        """Give a name of the caller's that nobody has, in a private collection of theirs.

        Raises Malformed for a robot, which has no place of its own, Conflict when the collection is
        not private.
        """
        self._access.require_login()
        caller = self._access.caller
        mine = select(Entity.name).where(Entity.user_id == caller.user_id)
        entity = self._db.scalar(mine) if caller.workplace is None else None
        if entity is None:
            raise Malformed("say where the image goes: library://ENTITY/COLLECTION/CONTAINER:TAG")
        name = ImageName(ContainerName(entity, COLLECTION, f"rb-{new_identifier()}"))
        if not self._containers.reserve(name, private=True).private:
            raise Conflict(f"{entity}/{COLLECTION} is public: hide it, or say where the image goes")
        return name

    def let_go(self) -> int:
        """Delete the images of such builds that ended long enough ago; how many.

        One that was frozen meanwhile stays.
        """
        self._access.require_system()
        before = self._facilities.clock() - self._facilities.settings.unnamed_build_lifetime
        old = self._db.scalars(
            select(Image)
            .join(Build, Build.image_id == Image.id)
            .where(Build.unnamed, Build.ended_at < before)
            .limit(1000)
        ).all()
        return sum(self._is_gone(image) for image in old)

    def _is_gone(self, image: Image) -> bool:
        container = image.container
        try:
            with self._db.begin_nested():
                self._images.delete(image)
                others = select(Image.id).where(Image.container_id == container.id).limit(1)
                if self._db.scalar(others) is None:
                    self._catalog.delete_container(container)
        except Conflict:
            return False
        return True
