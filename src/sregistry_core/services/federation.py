"""The directory of other registries, to which clients are sent on."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.errors import Conflict, Malformed, NotFound
from sregistry_core.models import Entity, OtherRegistry
from sregistry_core.names import parse_entity_name, parse_new_entity_name

from .access import Access

if TYPE_CHECKING:
    from . import Facilities

LONGEST_URL = 500
# No user, no path, no query: what is asked for is put behind it.
_URL = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?\Z")


class Federation:
    """Other registries under names that no entity here has. Who they are is no secret."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def all(self, *, after: str = "", limit: int | None = None) -> Sequence[OtherRegistry]:
        """Give other registries by name, from the one after `after` on."""
        return self._db.scalars(
            select(OtherRegistry)
            .where(OtherRegistry.name > after)
            .order_by(OtherRegistry.name)
            .limit(limit)
        ).all()

    def find(self, name: str) -> OtherRegistry | None:
        """Give another registry; None for a name that is none's, or that none can have."""
        try:
            return self._db.get(OtherRegistry, parse_entity_name(name))
        except Malformed:
            return None

    def add(self, name: str, url: str) -> OtherRegistry:
        """Add a registry.

        url   scheme, host and perhaps a port
        Raises Conflict when the name is taken, Malformed when name or address are outside the rule.
        """
        self._access.require_admin()
        canonical = parse_new_entity_name(name)
        address = _parsed_url(url)
        if address == self._facilities.settings.public_url.lower():
            raise Malformed(f"{address} is this registry itself")
        if self._db.scalar(select(Entity.id).where(Entity.name == canonical)):
            raise Conflict(f"the name {canonical} is that of an entity here")
        if self._db.get(OtherRegistry, canonical) is not None:
            raise Conflict(f"{canonical} is in the directory already: remove it first")
        other = OtherRegistry(name=canonical, url=address, added_at=self._facilities.clock())
        self._db.add(other)
        self._db.flush()
        self._access.audit.record("directory.add", canonical, url=address)
        return other

    def remove(self, name: str) -> None:
        """Remove a registry; its name may be an entity's then. Raises NotFound."""
        self._access.require_admin()
        other = self.find(name)
        if other is None:
            raise NotFound(f"{name} is not in the directory")
        self._db.delete(other)
        self._access.audit.record("directory.remove", other.name, url=other.url)


def is_of_another_registry(db: Session, name: str) -> bool:
    """True for a canonical name that no entity may have, since a registry of the directory has."""
    return db.get(OtherRegistry, name) is not None


def _parsed_url(text: str) -> str:
    address = text.strip().rstrip("/").lower()
    try:
        in_range = urlsplit(address).port != 0
    except ValueError:
        in_range = False
    if not in_range or len(address) > LONGEST_URL or not _URL.match(address):
        raise Malformed(
            f"{text[:200]!r} is no address of a registry, such as https://registry.example.org"
        )
    return address
