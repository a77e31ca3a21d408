"""What the pages say of the registry itself: read from the settings once, at the start."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from sregistry_core.settings import CoreSettings

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", re.ASCII)
_WEB = re.compile(r"https?://\S+")
_SHUB_HOST = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask; `link` is empty when the text is neither a mail address nor an address."""

    text: str
    link: str


@dataclass(frozen=True, slots=True)
class Address:
    """The public address, taken apart as the clients need it.

    host     without a port
    place    host, and the port unless it is the usual one of the scheme
    """

    url: str
    scheme: str
    host: str
    place: str

    @property
    def is_plain(self) -> bool:
        """True for http, which clients use only when told to."""
        return self.scheme == "http"

    @property
    def port(self) -> str:
        """The port when it is an unusual one: an endpoint and shub:// cannot have that."""
        return self.place.removeprefix(self.host).removeprefix(":")

    @property
    def fits_endpoint(self) -> bool:
        """True when `remote add` can use it: a colon, also of IPv6, it takes for a scheme."""
        return ":" not in self.place

    @property
    def fits_shub(self) -> bool:
        """True when the shub client's check of the whole address lets it pass."""
        return _SHUB_HOST.fullmatch(self.place) is not None


@dataclass(frozen=True, slots=True)
class Site:
    """The registry, as its pages show it."""

    id: str
    name: str
    institution: str
    contact: Contact | None
    address: Address
    protocols: frozenset[str]
    has_terms: bool
    builds: bool
    """Whether images are built here."""


def site_of(settings: CoreSettings) -> Site:
    """Give what the pages show of these settings."""
    return Site(
        id=settings.id,
        name=settings.name,
        institution=settings.institution,
        contact=read_contact(settings.contact),
        address=read_address(settings.public_url),
        protocols=frozenset(settings.protocols),
        has_terms=settings.terms is not None,
        builds=bool(settings.builder),
    )


def read_contact(text: str) -> Contact | None:
    """Read `sregistry.contact`; None when there is none."""
    text = text.strip()
    if not text:
        return None
    if _MAIL.fullmatch(text):
        return Contact(text, f"mailto:{text}")
    if _WEB.fullmatch(text):
        return Contact(text.partition("://")[2].rstrip("/"), text)
    return Contact(text, "")


def read_address(public_url: str) -> Address:
    """Take the public address apart."""
    parts = urlsplit(public_url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    usual = parts.port in (None, _DEFAULT_PORTS[parts.scheme])
    place = host if usual else f"{host}:{parts.port}"
    return Address(f"{parts.scheme}://{place}", parts.scheme, host, place)
