"""Containers as the sregistry client has them: one for each tag, pushed in two steps or in one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.errors import Conflict, NotAllowed, NotFound
from sregistry_core.models import Collection, Container, Image
from sregistry_core.names import CollectionName, ImageName

from .access import Access
from .catalog import Catalog
from .client_credentials import Spelling
from .freezing import is_frozen_whole
from .images import Images
from .manifest_tags import forget_index, is_named_by_an_index, manifest_tag
from .tags import Tags
from .uploads import Uploads

if TYPE_CHECKING:
    from . import Facilities

PURPOSE = "sregistry-push"


@dataclass(frozen=True, slots=True)
class Begun:
    """A push that was begun: into which container, by whom, as what, and when."""

    container_id: str
    tag: str
    user_id: str | None
    spelling: Spelling
    at: datetime


class ClientContainers:
    """Takes in, and removes, what the old server called a container: an image with one tag."""

    def __init__(
        self,
        db: Session,
        access: Access,
        catalog: Catalog,
        images: Images,
        tags: Tags,
        uploads: Uploads,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._catalog = catalog
        self._images = images
        self._tags = tags
        self._uploads = uploads
        self._facilities = facilities

    def begin(self, name: ImageName, spelling: Spelling) -> str:
        """Make the collection and the container where they are missing, and begin a push.

        spelling   as the client spells it, and will sign it again
        The answer is to be shown with the bytes, within `sregistry.upload_lifetime`.
        """
        container = self.open(name)
        claims: dict[str, str | int | None] = {
            "container": container.id,
            "tag": str(name.tag),
            "user": self._access.caller.user_id,
            "at": int(self._facilities.clock().timestamp()),
            "as_collection": spelling.collection,
            "as_name": spelling.name,
            "as_tag": spelling.tag,
        }
        lifetime = self._facilities.settings.upload_lifetime
        return self._facilities.signer.sign(PURPOSE, claims, lifetime)

    def begun(self, answer: str) -> Begun:
        """Read what `begin` has given. Raises NotFound for anything else, Gone when it is old."""
        claims = self._facilities.signer.read(PURPOSE, answer)
        user = claims["user"]
        return Begun(
            container_id=str(claims["container"]),
            tag=str(claims["tag"]),
            user_id=None if user is None else str(user),
            spelling=Spelling(
                str(claims["as_collection"]), str(claims["as_name"]), str(claims["as_tag"])
            ),
            at=datetime.fromtimestamp(int(claims["at"] or 0), UTC),
        )

    def receive(self, begun: Begun, source: BinaryIO, *, size: int) -> Image:
        """Take in the bytes of a push, publish them, and set its tag.

        size   of all that was sent, in bytes; the image is a little smaller
        """
        self._access.require_login()
        if begun.user_id != self._access.caller.user_id:
            raise NotAllowed("somebody else has begun this push")
        container_of = partial(self._catalog.container_by_id, begun.container_id)
        image = self._uploads.receive_unannounced(container_of, source, size=size)
        self._tags.set(image.container, begun.tag, image)
        return image

    def push(self, name: ImageName, source: BinaryIO, *, size: int) -> Image:
        """Do all of a push in one step. What is refused leaves no names behind.

        size   of all that was sent, in bytes; the image is a little smaller
        """
        container_of = partial(self.open, name)
        image = self._uploads.receive_unannounced(container_of, source, size=size)
        self._tags.set(image.container, str(name.tag), image)
        return image

    def remove(self, name: ImageName) -> None:
        """Remove a tag, and its images when no other tag points at them and no index names them.

        With a digest in place of the tag, the image with all its tags. Raises Conflict when it is
        frozen.
        """
        if name.digest:
            self._images.delete(self._images.resolve(name))
            return
        container = self._catalog.container(name.container)
        self._access.require(Action.DELETE, container)
        tag = str(name.tag)
        images = {row.image_id for row in self._tags.find(container, tag)}
        seen = manifest_tag(self._db, container.id, tag)
        if self._tags.is_frozen(container, tag) or is_frozen_whole(container):
            raise Conflict(f"{name} is frozen, delete not allowed")
        self._tags.remove(container, tag)
        self._db.flush()
        if seen is not None:
            forget_index(self._db, seen.manifest_id)
        for image in [self._images.by_id(one, Action.DELETE) for one in images]:
            is_tagged = bool(self._images.tags_of([image]).get(image.id))
            if not is_tagged and not is_named_by_an_index(self._db, image):
                self._images.delete(image)

    def reserve(self, name: ImageName, *, private: bool | None = None) -> Collection:
        """Give the collection that is to be pushed to, made where it is missing; no container yet.

        private   of one that is made; None takes `sregistry.default_private`
        Raises NotAllowed where the caller may not push, Conflict when the container or the tag is
        frozen.
        """
        self._access.require_login()
        collection = self._collection(name.container.of_collection, private=private)
        self._access.require(Action.PUSH, collection)
        try:
            container = self._catalog.container(name.container)
        except NotFound:
            return collection
        self._require_open(container, name)
        return collection

    def open(self, name: ImageName) -> Container:
        """Give the container to push to, made where it is missing with its collection.

        Raises NotAllowed where the caller may make none, Conflict when it or the tag is frozen.
        """
        self._access.require_login()
        collection = self._collection(name.container.of_collection)
        container = self._catalog.create_container(
            collection, name.container.container, exist_ok=True
        )
        self._require_open(container, name)
        self._db.flush()
        return container

    def _require_open(self, container: Container, name: ImageName) -> None:
        if is_frozen_whole(container) or self._tags.is_frozen(container, str(name.tag)):
            raise Conflict(f"{name} is frozen, push not allowed")

    def _collection(self, name: CollectionName, *, private: bool | None = None) -> Collection:
        try:
            return self._catalog.collection(name)
        except NotFound:
            pass
        try:
            entity = self._catalog.entity(name.entity)
        except NotFound as error:
            # The same words whether somebody else has the name or nobody.
            raise NotAllowed(f"{self._access.caller.name} may not push to {name}") from error
        return self._catalog.create_collection(
            entity, name.collection, private=private, exist_ok=True
        )
