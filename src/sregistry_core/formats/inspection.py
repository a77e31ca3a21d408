"""What is found by looking into an image file, and the bounded notebook it is gathered in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sregistry_core.errors import NotAnImage

from .bounded import MIB
from .text import clean_text, read_json

LARGEST_TEXT = MIB
LARGEST_SUM_OF_TEXTS = 4 * MIB
MOST_ENTRIES = 1000
MOST_NOTES = 50
LONGEST_KEY = 1024
LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class AppInspection:
    """What an image tells about one of its SCIF apps; fields as in `Inspection`."""

    labels: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    runscript: str | None = None
    startscript: str | None = None
    test: str | None = None
    help: str | None = None


@dataclass(frozen=True, slots=True)
class SignatureFound:
    """A signature that is in the file; a claim, nothing of it is verified.

    fingerprint      40 upper-case hex digits, or None when the key has no OpenPGP fingerprint
    covers_group     number of the group it says to cover; None when it names an object instead
    covers_object    id of the object it says to cover; None when it names a group instead
    format           "pgp", "dsse", "legacy" (Singularity before 3.6) or "unknown"
    """

    object_id: int
    fingerprint: str | None
    hash_algorithm: str
    covers_group: int | None
    covers_object: int | None
    format: str


@dataclass(frozen=True, slots=True)
class SbomFound:
    """Where the software bill of materials lies, in bytes of the file; its text is not read."""

    format: str | None
    object_id: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class ObjectFound:
    """One object of a SIF, for a table that people read.

    size                         in bytes
    file_system, partition_type  None when the object is no partition
    """

    id: int
    type: str
    name: str
    size: int
    file_system: str | None = None
    partition_type: str | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What an image file tells about itself. `dataclasses.asdict` and ISO times make it JSON.

    kind          "sif", "squashfs", "ext3" or "gzip"
    arch          as Go spells it ("amd64"); None when the file does not say
    created       UTC; None when the file does not know
    environment   text of each environment script, by its path in the container
    notes         what was left out, and why; small letters, fit to be shown
    """

    kind: str
    arch: str | None = None
    created: datetime | None = None
    definition: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    runscript: str | None = None
    startscript: str | None = None
    test: str | None = None
    help: str | None = None
    apps: dict[str, AppInspection] = field(default_factory=dict)
    signatures: tuple[SignatureFound, ...] = ()
    encrypted: bool = False
    sbom: SbomFound | None = None
    objects: tuple[ObjectFound, ...] = ()
    oci_sif: bool = False
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Findings:
    """The notebook: what was found so far, and how much text may still be kept."""

    arch: str | None = None
    created: datetime | None = None
    definition: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    runscript: str | None = None
    startscript: str | None = None
    test: str | None = None
    help: str | None = None
    apps: dict[str, AppInspection] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    text_left: int = LARGEST_SUM_OF_TEXTS

    def note(self, text: str) -> None:
        """Write down what was left out; each text once, and not endlessly many."""
        cleaned = clean_text(text)[:LONGEST_NOTE]
        if cleaned not in self.notes and len(self.notes) < MOST_NOTES:
            self.notes.append(cleaned)

    def too_large(self, what: str, size: int) -> bool:
        """Say whether a text of `size` bytes is too large to be kept, and write it down if so."""
        if size <= min(LARGEST_TEXT, self.text_left):
            return False
        self.note(f"{what} was left out: {size} bytes are too many")
        return True

    def text(self, what: str, raw: object) -> str | None:
        """Give a text fit to be kept; None when it is no text or too large, which is noted."""
        if isinstance(raw, str):
            # Escapes of JSON may have made lone surrogates, which have no bytes in UTF-8.
            raw = clean_text(raw).encode()
        if not isinstance(raw, bytes):
            if raw is not None:
                self.note(f"{what} was left out: it is no text")
            return None
        if self.too_large(what, len(raw)):
            return None
        cleaned = clean_text(raw)
        # A sign that replaces another may take more bytes than that one did.
        self.text_left -= len(cleaned.encode())
        return cleaned

    def texts(self, what: str, found: object) -> dict[str, str]:
        """Give a mapping of texts, such as labels, in its order; what is no text becomes JSON."""
        if not isinstance(found, Mapping):
            if found is not None:
                self.note(f"{what} was left out: it is no mapping")
            return {}
        kept: dict[str, str] = {}
        for key, value in found.items():
            if len(kept) >= MOST_ENTRIES:
                self.note(f"of {what} only the first {MOST_ENTRIES} were kept")
                break
            name = clean_text(str(key))
            if len(name) > LONGEST_KEY:
                self.note(f"one of {what} was left out: its name is too long")
                continue
            spelled = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            text = self.text(f"{name} of {what}", "" if value is None else spelled)
            if text is not None:
                kept[name] = text
                self.text_left -= len(name)
        return kept

    def json(self, what: str, raw: bytes) -> object:
        """Parse JSON; None when it cannot be, which is noted."""
        try:
            return read_json(raw)
        except NotAnImage as error:
            self.note(f"{what} was left out: {error}")
            return None
