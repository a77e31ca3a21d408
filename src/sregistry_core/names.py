"""Names of entities, collections, containers and tags: parsing and printing, per client's spelling.

One image has one canonical name, `entity/collection/container`, with a tag or a digest. Short names
belong to the home entity. Letters are folded to lower case; a name outside the rule is refused
with the rule in the message, never silently changed.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Self

from sregistry_core.digests import Digest, DigestPrefix
from sregistry_core.errors import Malformed

DEFAULT_TAG = "latest"
USUAL_ARCHITECTURE = "amd64"
"""What a client means that does not say: the oldest ones cannot."""
DEFAULT_COLLECTION = "library"
"""The collection of a name of one part: `rocks` is `<home>/library/rocks`."""

# The shub client sends no more than 39 characters here, and no sign but the dash.
_SHORT = re.compile(r"[a-z0-9]+(?:-+[a-z0-9]+)*\Z")
_SHORT_RULE = "1 to 39 letters and digits, with '-' only inside"
# Path component of the OCI distribution specification, shortened to what shub takes.
_CONTAINER = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*\Z")
_CONTAINER_RULE = "1 to 64 letters and digits, with '.', '_' or '-' only inside"
# OCI distribution specification, tag grammar, after folding.
_TAG = re.compile(r"[a-z0-9_][a-z0-9._-]{0,127}\Z")
_TAG_RULE = "1 to 128 letters, digits and '_', and after the first also '.' and '-'"
_DIGEST_LIKE = re.compile(r"(?:sha256|sha512|sif)\.[0-9a-f-]{32,128}\Z")
_ARCHITECTURE = re.compile(r"[a-z0-9_]{1,20}\Z")

_RESERVED = """
s api v1 v2 pks assets static auth transfer upload version healthz readyz metrics about
account apps audit badges build builds collection collections compare container containers
dashboard docs download explore favicon feeds help home images img index keys labels login
logout me new news notifications oauth oci openapi people policies profile projects public
register registries robots saml search sessions settings share shares sign-in sign-out
sitemap stars status tags team teams terms token tokens tools topics treemap usage user
users webhooks well-known
"""
RESERVED = frozenset(_RESERVED.split())
"""First path parts that the registry needs itself, and which no entity may be called."""


def parse_entity_name(text: str) -> str:
    """Give the canonical name of an entity. Raises Malformed with the rule."""
    return _short_name(text, "entity")


def parse_new_entity_name(text: str) -> str:
    """Give the canonical name of an entity that is to be made.

    Raises Malformed with the rule, or when the registry needs the name itself.
    """
    name = parse_entity_name(text)
    if name in RESERVED:
        raise Malformed(f"the name {name} is reserved by the registry")
    return name


def fold_entity_name(text: str) -> str:
    """Give the nearest name of an entity to what somebody is called elsewhere.

    Accents go, and each run of other signs becomes a dash: `José.María` is `jose-maria`. Of a mail
    address the part before the `@` counts. What is left may be no name all the same, such as none
    at all; several texts may have the same nearest name.
    """
    if _SHORT.match(_folded(text)):
        return _folded(text)
    plain = unicodedata.normalize("NFKD", text.partition("@")[0] or text).casefold()
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")


def parse_collection_name(text: str) -> str:
    """Give the canonical name of a collection. Raises Malformed with the rule."""
    return _short_name(text, "collection")


def parse_robot_name(text: str) -> str:
    """Give the canonical name of a robot, without its owner's. Raises Malformed with the rule."""
    return _short_name(text, "robot")


def parse_container_name(text: str) -> str:
    """Give the canonical name of a container. Raises Malformed with the rule."""
    folded = _folded(text)
    if len(folded) > 64 or not _CONTAINER.match(folded):
        raise Malformed(f"{text[:80]!r} is no name for a container: {_CONTAINER_RULE}")
    return folded


def parse_tag(text: str) -> str:
    """Give the canonical form of a tag. Raises Malformed with the rule.

    A tag that looks like a digest is refused: clients would take it for one.
    """
    folded = _folded(text)
    if not _TAG.match(folded):
        raise Malformed(f"{text[:80]!r} is no tag: {_TAG_RULE}")
    if _DIGEST_LIKE.match(folded):
        raise Malformed(f"{text[:80]!r} is no tag: it reads as a digest")
    return folded


def parse_architecture(text: str) -> str:
    """Give the canonical form of an architecture in Go's spelling, such as `amd64`.

    Raises Malformed with the rule.
    """
    folded = _folded(text)
    if not _ARCHITECTURE.match(folded):
        raise Malformed(f"{text[:80]!r} is no architecture: 1 to 20 letters, digits and '_'")
    return folded


@dataclass(frozen=True, slots=True, order=True)
class CollectionName:
    """`entity/collection`."""

    entity: str
    collection: str

    @classmethod
    def parse(cls, text: str, *, home: str) -> Self:
        """Read `entity/collection`, or `collection` of the home entity."""
        parts = _parts(text)
        if len(parts) > 2:
            raise Malformed(f"{text[:200]!r} is no name of a collection: ENTITY/COLLECTION")
        entity = parts[0] if len(parts) == 2 else home
        return cls(parse_entity_name(entity), parse_collection_name(parts[-1]))

    def __str__(self) -> str:
        return f"{self.entity}/{self.collection}"


@dataclass(frozen=True, slots=True, order=True)
class RobotName:
    """`entity/collection+robot` for one of a collection, `team+robot` for one of a team.

    `+` is in no other name, and stands in a Basic login, where a colon cannot.
    """

    owner: CollectionName | str
    """The collection, or the name of the team."""
    robot: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the full name of a robot."""
        place, plus, robot = text.rpartition("+")
        if not plus:
            raise Malformed(
                f"{text[:200]!r} is no name of a robot: ENTITY/COLLECTION+ROBOT, or TEAM+ROBOT"
            )
        return cls(parse_robot_owner(place), parse_robot_name(robot))

    def __str__(self) -> str:
        return f"{self.owner}+{self.robot}"


def parse_robot_owner(text: str) -> CollectionName | str:
    """Read `entity/collection`, or the name of a team."""
    entity, slash, collection = text.partition("/")
    if not slash:
        return parse_entity_name(entity)
    return CollectionName(parse_entity_name(entity), parse_collection_name(collection))


@dataclass(frozen=True, slots=True, order=True)
class ContainerName:
    """`entity/collection/container`."""

    entity: str
    collection: str
    container: str

    @classmethod
    def parse(cls, text: str, *, home: str) -> Self:
        """Read a name of one to three parts; short names belong to the entity `home`."""
        parts = _parts(text)
        if len(parts) > 3:
            raise Malformed(
                f"{text[:200]!r} has more than three parts: ENTITY/COLLECTION/CONTAINER"
            )
        *rest, container = parts
        entity = rest[0] if len(rest) == 2 else home
        collection = rest[-1] if rest else DEFAULT_COLLECTION
        return cls(
            parse_entity_name(entity),
            parse_collection_name(collection),
            parse_container_name(container),
        )

    @property
    def of_collection(self) -> CollectionName:
        """The name of the collection that holds it."""
        return CollectionName(self.entity, self.collection)

    def __str__(self) -> str:
        return f"{self.entity}/{self.collection}/{self.container}"


@dataclass(frozen=True, slots=True)
class ImageName:
    """A container with a tag, or with a digest, which then decides alone."""

    container: ContainerName
    tag: str | None = DEFAULT_TAG
    digest: DigestPrefix | None = None

    @classmethod
    def parse(cls, text: str, *, home: str) -> Self:
        """Read what any client types: `a/b/c`, `a/b/c:tag`, `c@sha256:<hex>`, `a/b/c:sha256.<hex>`.

        Of a list of tags (`a/b/c:one,two`) the first counts, as the library client has it.
        """
        path, at, digest = text.partition("@")
        path, _, tags = path.partition(":")
        container = ContainerName.parse(path, home=home)
        if at:
            return cls(container, tag=None, digest=DigestPrefix.parse(digest))
        return cls.of(container, tags.split(",")[0])

    @classmethod
    def of(cls, container: ContainerName, reference: str) -> Self:
        """Name an image of a container by a tag or a digest; empty means `latest`."""
        if not reference:
            return cls(container)
        if reference.lower().startswith(("sha256.", "sha256:")):
            return cls(container, tag=None, digest=DigestPrefix(Digest.parse(reference).hex))
        return cls(container, tag=parse_tag(reference))

    @property
    def reference(self) -> str:
        """The digest or the tag."""
        return str(self.digest) if self.digest else str(self.tag)

    def __str__(self) -> str:
        sign = "@" if self.digest else ":"
        return f"{self.container}{sign}{self.reference}"


def _folded(text: str) -> str:
    # The Kelvin sign, for one, has an ASCII letter for its lower case.
    return text.lower() if text.isascii() else text


def _short_name(text: str, what: str) -> str:
    folded = _folded(text)
    if len(folded) > 39 or not _SHORT.match(folded):
        raise Malformed(f"{text[:80]!r} is no name for {_article(what)} {what}: {_SHORT_RULE}")
    return folded


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


def _parts(text: str) -> list[str]:
    return text.strip("/").split("/")
