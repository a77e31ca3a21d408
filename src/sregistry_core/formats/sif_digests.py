"""Digests of the parts of a SIF: every object is read once, whatever is asked about it."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

from .bounded import read_exactly

ALGORITHMS: Final = {
    "sha224": 28,
    "sha256": 32,
    "sha384": 48,
    "sha512": 64,
    "sha512_224": 28,
    "sha512_256": 32,
}
"""Those that signatures may use, and how many bytes they give.

Source: the SIF library of the clients, pkg/integrity/digest.go.
"""
_BLOCK = 1 << 20
_SPELLING = re.compile(r"([a-z0-9_]{1,20}):([0-9a-fA-F]{1,128})\Z")


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest by any of the algorithms; `value` in raw bytes."""

    algorithm: str
    value: bytes


class Stretch(Protocol):
    """An object of the file: bytes from `offset` on."""

    @property
    def id(self) -> int:
        """Its number in the file."""

    @property
    def offset(self) -> int:
        """In bytes from the start of the file."""

    @property
    def size(self) -> int:
        """In bytes."""


class Digests:
    """Digests of one file, kept once they are known."""

    def __init__(self, source: BinaryIO):
        """Read from `source`, which is seekable and stays open."""
        self._source = source
        self._needed: dict[int, set[str]] = {}
        self._known: dict[tuple[int, str], Digest] = {}
        self._joined: dict[tuple[tuple[int, ...], str], Digest] = {}

    def need(self, number: int, algorithm: str) -> None:
        """Note that a digest will be asked for, so that it is made with the object's others."""
        self._needed.setdefault(number, set()).add(algorithm)

    def of_bytes(self, raw: bytes, algorithm: str) -> Digest:
        """Give the digest of bytes."""
        return Digest(algorithm, hashlib.new(algorithm, raw).digest())

    def of_object(self, one: Stretch, algorithm: str) -> Digest:
        """Give the digest of an object."""
        if (one.id, algorithm) not in self._known:
            algorithms = self._needed.get(one.id, set()) | {algorithm}
            hashings = {name: hashlib.new(name) for name in algorithms}
            for block in self._blocks(one):
                for hashing in hashings.values():
                    hashing.update(block)
            for name, hashing in hashings.items():
                self._known[one.id, name] = Digest(name, hashing.digest())
        return self._known[one.id, algorithm]

    def of_all(self, objects: Iterable[Stretch], algorithm: str) -> Digest:
        """Give the digest of several objects, one behind the other."""
        objects = tuple(objects)
        key = (tuple(one.id for one in objects), algorithm)
        if key not in self._joined:
            hashing = hashlib.new(algorithm)
            for one in objects:
                for block in self._blocks(one):
                    hashing.update(block)
            self._joined[key] = Digest(algorithm, hashing.digest())
        return self._joined[key]

    def _blocks(self, one: Stretch) -> Iterator[bytes]:
        self._source.seek(one.offset)
        left = one.size
        while left:
            block = read_exactly(self._source, min(_BLOCK, left))
            left -= len(block)
            yield block


def parse_digest(text: object) -> Digest | None:
    """Read `sha256:<hex>`; None for anything else, and for algorithms that are not taken."""
    found = _SPELLING.match(text) if isinstance(text, str) else None
    if found is None or ALGORITHMS.get(found[1]) != len(found[2]) / 2:
        return None
    return Digest(found[1], bytes.fromhex(found[2]))
