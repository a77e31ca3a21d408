"""One SHA-256, spelled as each client wants it, and a running hash for bytes that pass by."""

import hashlib
import re
from dataclasses import dataclass
from typing import BinaryIO, Self

from sregistry_core.errors import InvalidDigest, Malformed

_HEX = re.compile(r"[0-9a-f]{64}\Z")
_PREFIX = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})\Z")
_CONTENT = re.compile(r"(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})\Z")

SHUB_COMMIT_LENGTH = 40
"""Hex digits that the shub client takes as a version: it refuses the whole 64."""


@dataclass(frozen=True, slots=True)
class Digest:
    """The SHA-256 of some bytes, as 64 lower-case hex digits."""

    hex: str

    def __post_init__(self) -> None:
        if not _HEX.match(self.hex):
            raise Malformed(f"{self.hex[:80]!r} is not a SHA-256 of 64 lower-case hex digits")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `sha256:<hex>` (OCI), `sha256.<hex>` (library) or the bare 64 hex digits.

        Raises Malformed when it is none of them.
        """
        folded = text.strip().lower()
        for prefix in ("sha256:", "sha256."):
            if folded.startswith(prefix):
                folded = folded.removeprefix(prefix)
                break
        return cls(folded)

    @property
    def oci(self) -> str:
        """`sha256:<hex>`, which is also how the database keeps it."""
        return f"sha256:{self.hex}"

    @property
    def library(self) -> str:
        """`sha256.<hex>`, as the library client wants it."""
        return f"sha256.{self.hex}"

    @property
    def commit(self) -> str:
        """The first 40 hex digits: what the shub client calls the commit."""
        return self.hex[:SHUB_COMMIT_LENGTH]

    def __str__(self) -> str:
        return self.oci


@dataclass(frozen=True, slots=True)
class DigestPrefix:
    """The first 32, 40 or all 64 hex digits of a SHA-256: what a client may pull by."""

    hex: str

    def __post_init__(self) -> None:
        if not _PREFIX.match(self.hex):
            raise Malformed(f"{self.hex[:80]!r} is not a digest of 32, 40 or 64 hex digits")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a digest in any client's spelling, or its first 32 or 40 digits."""
        folded = text.strip().lower()
        for prefix in ("sha256:", "sha256."):
            if folded.startswith(prefix):
                return cls(Digest.parse(folded).hex)
        return cls(folded)

    def __str__(self) -> str:
        return f"sha256:{self.hex}"


@dataclass(frozen=True, slots=True)
class ContentDigest:
    """A digest by which an OCI client names content: a SHA-256 or a SHA-512."""

    algorithm: str
    hex: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `sha256:<64 hex digits>` or `sha512:<128 hex digits>`, in lower case.

        Raises InvalidDigest for all else, and for algorithms that are not computed here.
        Source: OCI image 1.1, descriptor.md, digests.
        """
        found = _CONTENT.match(text)
        if not found:
            raise InvalidDigest(f"{text[:140]!r} is no digest: sha256:HEX or sha512:HEX")
        algorithm, _, digits = text.partition(":")
        return cls(algorithm, digits)

    @classmethod
    def of(cls, content: bytes, algorithm: str = "sha256") -> Self:
        """Compute the digest of some bytes."""
        return cls(algorithm, hashlib.new(algorithm, content).hexdigest())

    @classmethod
    def of_file(cls, source: BinaryIO, algorithm: str) -> Self:
        """Compute the digest of a whole file."""
        running = hashlib.new(algorithm)
        while chunk := source.read(1 << 20):
            running.update(chunk)
        return cls(algorithm, running.hexdigest())

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"


class RunningDigest:
    """Hashes bytes as they pass; `size` counts them."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size = 0

    def update(self, chunk: bytes | bytearray | memoryview) -> None:
        """Take in the next bytes."""
        self._hash.update(chunk)
        self.size += len(chunk)

    def copy(self) -> "RunningDigest":
        """Give one that goes on from here by itself."""
        twin = RunningDigest()
        twin._hash = self._hash.copy()
        twin.size = self.size
        return twin

    @property
    def value(self) -> Digest:
        """The digest of all that has passed so far."""
        return Digest(self._hash.hexdigest())
