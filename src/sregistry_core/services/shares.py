"""Share links: whoever has one pulls one image, without a login, until it expires."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.errors import Gone, Malformed, NotFound
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Container, FormerName, Image, ShareLink
from sregistry_core.names import ContainerName, ImageName

from .access import Access, name_of
from .authentication import digest_of
from .images import Images

if TYPE_CHECKING:
    from . import Facilities

TOKEN_LENGTH = 22
"""Letters and digits: the shub client takes no other sign, and 64 for host and path together."""
PURPOSE = "share"
_ABSENT = "this link does not exist, has expired or was revoked"


@dataclass(frozen=True, slots=True)
class Share:
    """A share link as its owner sees it."""

    link: ShareLink
    web_url: str
    shub_uri: str

    def is_alive(self, now: datetime) -> bool:
        """True while it works."""
        return _alive(self.link, now)


class Shares:
    """Makes, lists, revokes and redeems share links."""

    def __init__(self, db: Session, access: Access, images: Images, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._images = images
        self._facilities = facilities

    def create(self, name: ImageName, lifetime: timedelta | None = None) -> Share:
        """Share an image, by its tag (whatever that points at by then) or by its digest.

        lifetime   None for a link that works until it is revoked
        """
        image = self._images.resolve(name)
        self._access.require(Action.MANAGE, image.container)
        if lifetime is not None and lifetime <= timedelta(0):
            raise Malformed("the lifetime of a share link must be longer than nothing")
        now = self._facilities.clock()
        identifier = new_identifier()
        link = ShareLink(
            id=identifier,
            digest=digest_of(self._token(identifier)),
            container_id=image.container_id,
            reference=image.digest if name.digest else str(name.tag),
            created_by=self._access.caller.user_id,
            created_at=now,
            expires_at=now + lifetime if lifetime else None,
        )
        self._db.add(link)
        self._db.flush()
        link.container = image.container
        self._record("share.create", link)
        return self._share(link)

    def of_container(
        self, container: Container, *, before: int | None = None, limit: int | None = None
    ) -> Sequence[Share]:
        """Give the share links of a container, the newest first, or those older than `before`."""
        self._access.require(Action.MANAGE, container)
        query = select(ShareLink).where(ShareLink.container_id == container.id)
        if before is not None:
            query = query.where(ShareLink.number < before)
        links = self._db.scalars(query.order_by(ShareLink.number.desc()).limit(limit))
        return [self._share(link) for link in links]

    def all(self, *, before: int | None = None, limit: int = 1000) -> Sequence[Share]:
        """Give the newest share links of the whole registry, or those older than `before`."""
        self._access.require_admin()
        query = select(ShareLink).order_by(ShareLink.number.desc()).limit(limit)
        if before is not None:
            query = query.where(ShareLink.number < before)
        return [self._share(link) for link in self._db.scalars(query)]

    def find(self, number: int) -> Share:
        """Give a share link. Raises NotFound for one that the caller may not manage."""
        return self._share(self._find(number))

    def revoke(self, number: int) -> Share:
        """End a share link at once. Raises NotFound for one that the caller may not see."""
        link = self._find(number)
        if link.revoked_at is None:
            link.revoked_at = self._facilities.clock()
            self._record("share.revoke", link)
        return self._share(link)

    def redeem(self, token: str, *, collection: str, container: str) -> tuple[ShareLink, Image]:
        """Give the image that a link leads to.

        collection, container   what else the address says; it must be what is shared
        Raises NotFound for a wrong, expired or revoked link, and when the image is gone.
        """
        link = self._db.scalar(select(ShareLink).where(ShareLink.digest == digest_of(token)))
        if link is None or not _alive(link, self._facilities.clock()):
            raise NotFound(_ABSENT)
        shared = ImageName.of(_full_name(link.container), link.reference)
        if self._was_called(link.container, collection):
            collection = shared.container.collection
        asked = ImageName.parse(
            f"{link.container.collection.entity.name}/{collection}/{container}",
            home=self._facilities.settings.id,
        )
        if asked.container != shared.container or not _covers(shared, asked):
            raise NotFound(_ABSENT)
        # The link is the permission: what it leads to is looked up with the registry's own eyes.
        image = self._images.unguarded(shared)
        if image is None:
            raise NotFound(_ABSENT)
        return link, image

    def require_alive(self, number: int) -> None:
        """Raise Gone unless a link still works."""
        link = self._db.get(ShareLink, number)
        if link is None or not _alive(link, self._facilities.clock()):
            raise Gone(_ABSENT)

    def _find(self, number: int) -> ShareLink:
        link = self._db.get(ShareLink, number)
        if link is None or not self._access.may(Action.MANAGE, link.container.collection):
            raise NotFound(f"the share link {number} does not exist")
        self._access.require(Action.MANAGE, link.container)
        return link

    def _share(self, link: ShareLink) -> Share:
        token = self._token(link.id)
        public_url = self._facilities.settings.public_url
        host = public_url.partition("://")[2]
        collection, container = link.container.collection.name, link.container.name
        if link.reference.startswith("sha256:"):
            digest = link.reference.removeprefix("sha256:")
            reference, shub_reference = f"@sha256:{digest}", f"@{digest[:40]}"
        else:
            reference = shub_reference = f":{link.reference}"
        path = f"s/{token}/{collection}/{container}"
        return Share(
            link=link,
            web_url=f"{public_url}/{path}{reference}",
            shub_uri=f"shub://{host}/{path}{shub_reference}",
        )

    def _record(self, what: str, link: ShareLink) -> None:
        collection = link.container.collection
        name = f"{name_of(link.container)}:{link.reference}"
        self._access.audit.record(what, name, collection=collection, number=link.number)

    def _was_called(self, container: Container, collection: str) -> bool:
        """Tell whether a link was made while the collection had this name."""
        return bool(
            self._db.scalar(
                select(
                    exists().where(
                        FormerName.collection_id == container.collection_id,
                        FormerName.name == collection.lower(),
                    )
                )
            )
        )

    def _token(self, identifier: str) -> str:
        return self._facilities.signer.derive(PURPOSE, identifier, TOKEN_LENGTH)


def _alive(link: ShareLink, now: datetime) -> bool:
    return link.revoked_at is None and (link.expires_at is None or now < link.expires_at)


def _covers(shared: ImageName, asked: ImageName) -> bool:
    if asked.digest and shared.digest:
        return shared.digest.hex.startswith(asked.digest.hex)
    return shared.reference == asked.reference


def _full_name(container: Container) -> ContainerName:
    return ContainerName.parse(name_of(container), home="")
