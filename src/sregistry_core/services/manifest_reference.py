"""What an address of a manifest ends in."""

from dataclasses import dataclass
from typing import Self

from sregistry_core.digests import ContentDigest
from sregistry_core.errors import InvalidManifest, Malformed
from sregistry_core.names import parse_tag


@dataclass(frozen=True, slots=True)
class Reference:
    """A tag, or the digest of a manifest."""

    tag: str | None = None
    digest: ContentDigest | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what stands in an address. Raises InvalidDigest, or InvalidManifest for no tag."""
        if ":" in text:
            return cls(digest=ContentDigest.parse(text))
        try:
            return cls(tag=parse_tag(text))
        except Malformed as error:
            raise InvalidManifest(str(error)) from error

    def __str__(self) -> str:
        return str(self.digest or self.tag)
