"""Blobs of repositories: opened, mounted from elsewhere, and taken out."""

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.digests import ContentDigest, Digest
from sregistry_core.errors import BlobUnknown
from sregistry_core.models import Blob, Collection, Container, Image, RepositoryBlob
from sregistry_core.names import ContainerName
from sregistry_core.storage.blob_store import Place

from .access import Access, name_of
from .downloads import Delivery
from .freezing import refuse_frozen
from .garbage import Garbage
from .glances import blob_at
from .images import Images
from .keeping import Keeping
from .locking import lock_container
from .quotas import QuotaGuard
from .seen import AnyContainer, SeenBlob

if TYPE_CHECKING:
    from . import Facilities


class Blobs:
    """A blob is seen only through a repository that has it, and that the caller may read."""

    def __init__(
        self,
        db: Session,
        access: Access,
        images: Images,
        garbage: Garbage,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._images = images
        self._garbage = garbage
        self._facilities = facilities
        self._keeping = Keeping(db, facilities)
        self._quota = QuotaGuard(db, facilities)

    def open(self, container: Container, digest: ContentDigest) -> Delivery:
        """Say how the bytes of a blob get to the caller. Raises BlobUnknown."""
        self._access.require(Action.READ, container)
        link = self._find(container, digest)
        image = self._image(container, link.blob_id)
        return self._delivery(container, link.blob, is_image=image is not None)

    def glimpse(self, name: ContainerName, digest: ContentDigest) -> Delivery | None:
        """Give what `open` gives, with one question; None where that one has to be asked instead.

        It has to where there is nothing to be seen, for whatever reason.
        """
        self._access.require_reach(Action.READ, str(name))
        seen = blob_at(self._db, name, str(digest))
        if seen is None or not self._access.may(Action.READ, seen[0]):
            return None
        container, blob, is_image = seen
        self._access.ask_policies(Action.READ, name_of(container))
        return self._delivery(container, blob, is_image=is_image)

    def mount(self, container: Container, digest: ContentDigest, source: Container | None) -> bool:
        """Let a repository have a blob of another one that the caller may read, and say whether.

        source   None looks for it in every repository that the caller may read
        """
        self._access.require(Action.PUSH, container)
        if source is not None and not self._access.may(Action.READ, source):
            return False
        query = (
            select(RepositoryBlob)
            .join(Container, Container.id == RepositoryBlob.container_id)
            .join(Container.collection)
            .join(Collection.entity)
            .where(RepositoryBlob.digest == str(digest), self._access.visible_containers())
            .limit(1)
        )
        if source is not None:
            query = query.where(RepositoryBlob.container_id == source.id)
        link = self._db.scalar(query)
        if link is None:
            return False
        lock_container(self._db, container.id)
        blob = self._keeping.hold(Digest.parse(link.blob.digest))
        if blob is None:
            return False
        self._quota.require(container, blob)
        self._keeping.link(container.id, str(digest), blob)
        return True

    def delete(self, container: Container, digest: ContentDigest) -> None:
        """Take a blob out of a repository, at once.

        An image whose bytes it is goes with it. Raises BlobUnknown, or Conflict when something
        there is frozen.
        """
        self._access.require(Action.DELETE, container)
        lock_container(self._db, container.id)
        link = self._find(container, digest)
        refuse_frozen(container)
        blob_id = link.blob_id
        image = self._image(container, blob_id)
        if image is not None:
            self._images.delete(image)
        found = self._db.get(RepositoryBlob, (container.id, str(digest)), populate_existing=True)
        if found is not None:
            self._db.delete(found)
            self._db.flush()
        self._garbage.release([blob_id])

    def _delivery(
        self, container: AnyContainer, blob: Blob | SeenBlob, *, is_image: bool
    ) -> Delivery:
        filename = f"{container.name}.sif" if is_image else blob.digest.replace(":", "-")
        place = Place(blob.storage, blob.key)
        return Delivery(
            handoff=self._facilities.blob_store.handoff(
                place, filename=filename, lifetime=self._facilities.settings.transfer_lifetime
            ),
            place=place,
            size=blob.size,
            digest=Digest.parse(blob.digest),
            filename=filename,
            container_id=container.id,
            is_public=not container.collection.private,
            is_pull=is_image,
        )

    def _find(self, container: Container, digest: ContentDigest) -> RepositoryBlob:
        link = self._db.get(RepositoryBlob, (container.id, str(digest)))
        if link is None:
            raise BlobUnknown(f"{name_of(container)} has no blob {digest}")
        return link

    def _image(self, container: Container, blob_id: str) -> Image | None:
        return self._db.scalar(
            select(Image).where(Image.container_id == container.id, Image.blob_id == blob_id)
        )
