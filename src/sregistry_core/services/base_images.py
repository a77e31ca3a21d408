"""Images that a definition starts from: as its headers name them, and those that are here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from sregistry_core.contracts import Scope
from sregistry_core.errors import RegistryError
from sregistry_core.formats.deffile import Stage, read_definition
from sregistry_core.names import ImageName

from .access import Access
from .artifacts import Artifacts
from .catalog import Catalog
from .images import Images

if TYPE_CHECKING:
    from . import Facilities

FACT = "base:"
"""Begins the name of the fact that holds the digest of a base image; its address follows."""
_DOCKER = "docker"
_AGENTS = frozenset({_DOCKER, "library", "localimage", "oras", "shub"})
_LONGEST_ADDRESS = 280
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_ASSIGNMENT = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*\Z")
_PINNED = re.compile(r"[@:]sha256[:.]([0-9a-f]{64})\Z")


@dataclass(frozen=True, slots=True)
class Base:
    """An image that a stage starts from.

    address   such as `docker://alpine:3.20`
    digest    as the definition itself demands it; None when it leaves that open
    library   of the header, for the agent `library`; empty for the usual one
    """

    agent: str
    origin: str
    digest: str | None
    library: str = ""

    @property
    def address(self) -> str:
        return f"{self.agent}://{self.origin}"


def bases_of(definition: str, arguments: Mapping[str, str]) -> Sequence[Base]:
    """Give what the stages of a definition start from, each once, in order.

    What a build argument decides that nobody has given is left out.
    """
    stages = read_definition(definition).stages
    found = [_base(stage, arguments) for stage in stages]
    return list(dict.fromkeys(one for one in found if one is not None))


def is_in(base: Base, public_url: str) -> bool:
    """Tell whether a base image is in the registry that is at this address.

    A `library` address without a host is: builders have that lead here.
    """
    if base.agent == "library" and not base.library and not _names_a_host(base.origin):
        return True
    if base.library and base.library.rstrip("/") == public_url.rstrip("/"):
        return True
    return base.origin.partition("/")[0] == urlsplit(public_url).netloc


class BaseImages:
    """Looks up base images that this registry holds itself."""

    def __init__(
        self,
        db: Session,
        access: Access,
        catalog: Catalog,
        images: Images,
        artifacts: Artifacts,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._catalog = catalog
        self._images = images
        self._artifacts = artifacts
        self._facilities = facilities

    def facts(self, definition: str, arguments: Mapping[str, str], arch: str) -> dict[str, str]:
        """Give the digests of those that are here and the caller may read, as facts of a build.

        Of a SIF it is that of the file, of any other image that of its manifest.
        """
        self._access.require_login()
        if not self._access.has(Scope.PULL):
            return {}
        found: dict[str, str] = {}
        for base in bases_of(definition, arguments):
            name = self._local_name(base)
            digest = self._digest(base, name, arch) if name is not None else None
            if digest is not None:
                found[f"{FACT}{base.address}"] = digest
        return found

    def _digest(self, base: Base, name: ImageName, arch: str) -> str | None:
        try:
            if base.agent != _DOCKER:
                return self._images.resolve(name, arch).digest
            container = self._catalog.container(name.container)
            return self._artifacts.of_tag(container, str(name.tag)).digest
        except RegistryError:
            # It is not here, or not for whoever builds: then the build will not find it either.
            return None

    def _local_name(self, base: Base) -> ImageName | None:
        settings = self._facilities.settings
        if not is_in(base, settings.public_url) or base.digest is not None:
            return None
        path = base.origin.lstrip("/")
        if path.partition("/")[0] == urlsplit(settings.public_url).netloc:
            path = path.partition("/")[2]
        try:
            return ImageName.parse(path, home=settings.id)
        except RegistryError:
            return None


def _names_a_host(origin: str) -> bool:
    """Tell it of `host/entity/collection/container`; the other ones have a slash less."""
    return origin.partition(":")[0].lstrip("/").count("/") > 2 or ":" in origin.partition("/")[0]


def _base(stage: Stage, arguments: Mapping[str, str]) -> Base | None:
    agent, origin = (stage.bootstrap or "").lower(), stage.origin or ""
    known = {**_defaults(stage), **arguments}
    origin = _VARIABLE.sub(lambda found: known.get(found[1], found[0]), origin)
    origin = origin.removeprefix(f"{agent}:").removeprefix("//").strip()
    is_known = origin and "{{" not in origin and len(origin) <= _LONGEST_ADDRESS
    if agent not in _AGENTS or not is_known or not origin.isprintable():
        return None
    pinned = _PINNED.search(origin)
    return Base(
        agent,
        origin,
        digest=f"sha256:{pinned[1]}" if pinned else None,
        library=stage.header.get("library", "") if agent == "library" else "",
    )


def _defaults(stage: Stage) -> dict[str, str]:
    """Give the build arguments that the definition itself assigns."""
    lines = [
        line
        for section in stage.sections
        if section.name == "arguments"
        for line in section.text.splitlines()
    ]
    return {found[1]: found[2] for line in lines if (found := _ASSIGNMENT.match(line))}
