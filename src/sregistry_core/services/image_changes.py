"""What is other in an image than in the one before it, as far as it counts."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.db.session import pause
from sregistry_core.errors import NotAnImage
from sregistry_core.formats import sif
from sregistry_core.formats.sbom import Package
from sregistry_core.formats.sif_descriptors import PartitionExtra, PartitionKind
from sregistry_core.models import Image
from sregistry_core.storage.blob_store import Place

from .access import Access
from .software import Software

if TYPE_CHECKING:
    from . import Facilities

OF_THE_BUILD = frozenset(
    {
        "build-date",
        "org.label-schema.build-date",
        "org.opencontainers.image.created",
    }
)
"""Labels that say when it was built: they are other each time, and count for nothing."""
MOST_NAMED = 200
"""Of labels, or of packages, that are named; of more only the number is known."""
LONGEST_NAMED = 300
"""Signs of a label's value that are kept."""
_TEXTS = ("definition", "runscript", "startscript", "test", "help")
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference of two images.

    counts   something that counts is other
    words    it in a sentence
    facts    it as JSON: `size_before` and `size`, `texts`, `environment`, `labels`, `packages`,
             `file_system`; only what is known
    """

    counts: bool
    words: str
    facts: dict[str, Any]


class ImageChanges:
    """Compares images that were looked into."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities
        self._software = Software(db, access, facilities)

    def between(self, before: Image, after: Image) -> Changes:
        """Compare two images. Nothing of the database is held while files are read.

        Equal bytes are the same, and so is what is told alike and has the same file system. Where
        that is other, the packages decide, and where no image lists any, it counts.
        """
        for image in (before, after):
            self._access.require(Action.READ, image.container)
        places = [self._place(image) for image in (before, after)]
        told = [dict(image.inspection or {}) for image in (before, after)]
        sizes = [size for _, size in places]
        facts: dict[str, Any] = {"size_before": sizes[0], "size": sizes[1]}
        if before.digest == after.digest:
            return Changes(counts=False, words="the same bytes", facts=facts)
        after_id = after.id
        packages = [self._software.of(before), None]
        packages[1] = self._software.of(self._db.get_one(Image, after_id))
        pause(self._db)
        facts |= _texts(*told)
        if labels := _mappings(_labels(told[0]), _labels(told[1])):
            facts["labels"] = labels
        known = packages[0] is not None and packages[1] is not None
        if known and (changed := _mappings(_by_name(packages[0]), _by_name(packages[1]))):
            facts["packages"] = _as_upgrades(changed)
        kinds = [name for name in _KINDS if name in facts]
        same_system = self._same_file_system(places)
        if not same_system:
            facts["file_system"] = "other"
        counts = bool(kinds) or (not same_system and not known)
        return Changes(counts, _words(facts, kinds, known=known), facts)

    def _place(self, image: Image) -> tuple[Place | None, int]:
        if image.blob is None:
            return None, 0
        return Place(image.blob.storage, image.blob.key), image.blob.size

    def _same_file_system(self, places: list[tuple[Place | None, int]]) -> bool:
        """Tell whether both are known to hold the same; they are read only when as large."""
        digests = set()
        found = [(place, size, self._file_system(place, size)) for place, size in places]
        if len({system[1] if system is not None else None for _, _, system in found}) > 1:
            return False
        for place, size, system in found:
            if place is None or system is None:
                return False
            digests.add(self._digest(place, size, *system))
        return len(digests) == 1

    def _file_system(self, place: Place | None, size: int) -> tuple[int, int] | None:
        """Give offset and size of the root file system; None where the file does not tell."""
        if place is None:
            return None
        with self._facilities.blob_store.open(place, size=size) as source:
            try:
                header = sif.read_header(source)
                descriptors = sif.read_descriptors(source, header, size)
            except NotAnImage:
                return None
        return next(
            (
                (one.offset, one.size)
                for one in descriptors
                if isinstance(one.extra, PartitionExtra)
                and one.extra.purpose is PartitionKind.PRIMARY
            ),
            None,
        )

    def _digest(self, place: Place, size: int, offset: int, length: int) -> str:
        with self._facilities.blob_store.open(place, size=size) as source:
            return _hash(source, offset, length)


_KINDS = ("texts", "environment", "labels", "packages")


def _hash(source: BinaryIO, offset: int, length: int) -> str:
    source.seek(offset)
    digest, left = hashlib.sha256(), length
    while left > 0 and (block := source.read(min(_BLOCK, left))):
        digest.update(block)
        left -= len(block)
    return digest.hexdigest()


def _texts(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    texts = [name for name in _TEXTS if (before.get(name) or "") != (after.get(name) or "")]
    if texts:
        found["texts"] = texts
    if environment := _mappings(_mapping(before, "environment"), _mapping(after, "environment")):
        # Their texts are long; the names say where to look.
        kinds = ("added", "removed", "changed")
        found["environment"] = {kind: sorted(environment[kind]) for kind in kinds}
    return found


def _mapping(told: Mapping[str, Any], name: str) -> dict[str, str]:
    found = told.get(name)
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _labels(told: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value for name, value in _mapping(told, "labels").items() if name not in OF_THE_BUILD
    }


def _by_name(packages: tuple[Package, ...] | None) -> dict[str, str]:
    versions: dict[str, list[str]] = {}
    for package in packages or ():
        versions.setdefault(package.name, []).append(package.version)
    return {name: ", ".join(sorted(set(found))) for name, found in versions.items()}


def _mappings(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, Any]:
    """Give what was added, removed and changed, each by name; nothing when all is the same."""
    most = LONGEST_NAMED
    found: dict[str, Any] = {
        "added": {name: after[name][:most] for name in sorted(after.keys() - before.keys())},
        "removed": {name: before[name][:most] for name in sorted(before.keys() - after.keys())},
        "changed": {
            name: [before[name][:most], after[name][:most]]
            for name in sorted(before.keys() & after.keys())
            if before[name] != after[name]
        },
    }
    count = sum(len(one) for one in found.values())
    if not count:
        return {}
    return {
        **{kind: dict(list(one.items())[:MOST_NAMED]) for kind, one in found.items()},
        "count": count,
    }


def _as_upgrades(found: dict[str, Any]) -> dict[str, Any]:
    return {("upgraded" if kind == "changed" else kind): one for kind, one in found.items()}


def _words(facts: Mapping[str, Any], kinds: list[str], *, known: bool) -> str:
    said = []
    for kind in kinds:
        if kind == "texts":
            said.append(" and ".join(f"the {name}" for name in facts["texts"]))
        elif kind == "environment":
            said.append("the environment")
        else:
            count = facts[kind]["count"]
            noun = kind.removesuffix("s") if count == 1 else kind
            said.append(f"{count} {noun}")
    if not said and "file_system" in facts and not known:
        said.append("the file system")
    if not said:
        return "other bytes, and nothing that counts is other"
    grown = facts["size"] - facts["size_before"]
    if grown:
        said.append(f"{grown:+,} bytes")
    return "other: " + ", ".join(said)
