"""From an image to its bytes, and the addresses that lead there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy.orm import Session

from sregistry_core.contracts import Action, Caller, Handoff
from sregistry_core.digests import Digest
from sregistry_core.errors import NotFound
from sregistry_core.models import Image
from sregistry_core.storage.blob_store import Place

from . import glances
from .access import Access
from .authentication import Authentication
from .seen import AnyImage, SeenImage
from .shares import Shares

if TYPE_CHECKING:
    from . import Facilities

PURPOSE = "download"
_EXTENSIONS = {"squashfs": "simg", "ext3": "img", "gzip": "img.gz"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """Bytes that the caller may have, and how they get there; `size` in bytes.

    is_public   whether they are in a public collection
    """

    handoff: Handoff
    place: Place
    size: int
    digest: Digest
    filename: str
    container_id: str
    is_public: bool
    is_pull: bool = True
    """False for bytes that are only a part of what is pulled."""


class Downloads:
    """Opens images, and gives signed addresses to clients that cannot prove who they are twice."""

    def __init__(
        self,
        db: Session,
        access: Access,
        authentication: Authentication,
        shares: Shares,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._authentication = authentication
        self._shares = shares
        self._facilities = facilities

    def open(self, image: AnyImage) -> Delivery:
        """Say how the bytes of an image get to the caller."""
        self._access.require(Action.READ, image.container)
        return self._delivery(image)

    def address(self, image: AnyImage) -> str:
        """Give an address that leads to the bytes, and works while the caller may read them.

        It lives for `sregistry.transfer_lifetime` at most, and needs no header.
        """
        self._access.require(Action.READ, image.container)
        return self._address(image, {"user": self._access.caller.user_id})

    def address_of_share(self, token: str, name: str, collection: str) -> tuple[Image, str]:
        """Give what a share link leads to, and an address for it that ends with the link."""
        link, image = self._shares.redeem(token, collection=collection, container=name)
        return image, self._address(image, {"share": link.number})

    def open_share(self, token: str, name: str, collection: str) -> Delivery:
        """Say how the bytes behind a share link get to whoever has it."""
        _, image = self._shares.redeem(token, collection=collection, container=name)
        return self._delivery(image)

    def redeem(self, address: str) -> Delivery:
        """Open what a signed address stands for; who it was given to must still be allowed to read.

        address   the last part of what `address` gave
        Raises NotFound, or Gone when it has expired.
        """
        claims = self._facilities.signer.read(PURPOSE, address)
        image = glances.image_numbered(self._db, str(claims["image"]))
        if image is None:
            raise NotFound("this address does not exist")
        if (number := claims.get("share")) is not None:
            self._shares.require_alive(int(number))
        else:
            self._require_reader(image, claims.get("user"))
        return self._delivery(image)

    def read(self, delivery: Delivery, start: int) -> BinaryIO:
        """Open the bytes from `start` on; the caller closes them."""
        return self._facilities.blob_store.stream(delivery.place, start)

    def count(self, delivery: Delivery) -> None:
        """Count one pull."""
        if not delivery.is_pull:
            return
        self._facilities.tally.count_pull(delivery.container_id, self._facilities.clock())

    def _require_reader(self, image: SeenImage, user_id: str | int | None) -> None:
        reader = self._access_of(Caller.anonymous())
        if user_id and not reader.may(Action.READ, image.container):
            reader = self._access_of(self._authentication.caller_of_user(str(user_id)))
        reader.require(Action.READ, image.container, called="this address")

    def _access_of(self, caller: Caller) -> Access:
        return Access(self._db, caller, self._facilities, self._access.audit)

    def _address(self, image: AnyImage, claims: dict[str, str | int | None]) -> str:
        settings = self._facilities.settings
        signed = self._facilities.signer.sign(
            PURPOSE, {"image": image.id, **claims}, settings.transfer_lifetime
        )
        return f"{settings.public_url}/transfer/{signed}"

    def _delivery(self, image: AnyImage) -> Delivery:
        if image.blob is None:
            raise NotFound(f"the bytes of {image.digest} are not here")
        place = Place(image.blob.storage, image.blob.key)
        filename = f"{image.container.name}.{_EXTENSIONS.get(image.kind or 'sif', 'sif')}"
        lifetime = self._facilities.settings.transfer_lifetime
        return Delivery(
            handoff=self._facilities.blob_store.handoff(
                place, filename=filename, lifetime=lifetime
            ),
            place=place,
            size=image.blob.size,
            digest=Digest.parse(image.digest),
            filename=filename,
            container_id=image.container_id,
            is_public=not image.container.collection.private,
        )
