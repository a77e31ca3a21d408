"""Reads which packages a software bill of materials lists.

Source: CycloneDX 1.6 JSON (`components`), SPDX 2.3 JSON (`packages`), Syft JSON (`artifacts`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sregistry_core.errors import NotAnImage

from .bounded import MIB
from .text import clean_text, read_json

LARGEST = 8 * MIB
MOST_PACKAGES = 20_000
_LONGEST = 200
_LISTS = {"cyclonedx-json": "components", "spdx-json": "packages", "syft-json": "artifacts"}
_VERSIONS = {"cyclonedx-json": "version", "spdx-json": "versionInfo", "syft-json": "version"}


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """A package that is said to be in an image; `version` is empty where none is told."""

    name: str
    version: str


def can_read(sbom_format: str | None) -> bool:
    """Tell whether packages can be read from a format, in the spelling of `SbomFound`."""
    return sbom_format in _LISTS


def read_packages(raw: bytes, sbom_format: str) -> tuple[Package, ...]:
    """Give the packages that are listed, by name. Raises NotAnImage for what cannot be read."""
    document = read_json(raw)
    if not isinstance(document, Mapping):
        raise NotAnImage("the bill of materials is no JSON object")
    listed = document.get(_LISTS[sbom_format])
    found = set(_packages(listed if isinstance(listed, list) else [], _VERSIONS[sbom_format]))
    return tuple(sorted(found))


def _packages(listed: list[Any], version: str) -> Iterator[Package]:
    for one in listed[:MOST_PACKAGES]:
        if isinstance(one, Mapping) and isinstance(one.get("name"), str) and one["name"]:
            said = one.get(version)
            yield Package(
                clean_text(one["name"])[:_LONGEST],
                clean_text(said)[:_LONGEST] if isinstance(said, str) else "",
            )
