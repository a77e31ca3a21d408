"""Reads what a search asks for out of an address, and writes it back into one."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from urllib.parse import urlencode

from pyramid.request import Request

from sregistry_core.errors import Malformed
from sregistry_core.names import parse_architecture
from sregistry_core.protocols.ui.texts import _
from sregistry_core.services.finding_wanted import Order, Wanted, Worth

FIELDS = (
    "q",
    "name",
    "label",
    "arch",
    "signed",
    "starred",
    "owner",
    "topic",
    "smallest",
    "largest",
    "since",
    "until",
    "order",
)
SEVERAL = frozenset({"label", "arch"})
"""Fields that may come more than once."""
_LONGEST = 200
_MOST = 10
_SIZE = re.compile(
    r"\s*(\d{1,6})(?:[.,](\d{1,3}))?\s*(b|[kmgtp]i?b?)?\s*", re.ASCII | re.IGNORECASE
)
_UNITS = "bkmgtp"
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Asked:
    """A search: what was typed, what it means, and what cannot be understood of it.

    typed       by field, empty ones left out
    complaints  by field, as a sentence
    """

    typed: Mapping[str, Sequence[str]]
    wanted: Wanted
    complaints: Mapping[str, str] = field(default_factory=dict)

    def said(self, name: str) -> str:
        """Give what was typed into a field, empty when it was nothing."""
        return ", ".join(self.typed.get(name, ()))

    @property
    def is_filtered(self) -> bool:
        """True when anything but the words and the order narrows it down."""
        return any(name not in ("q", "order") for name in self.typed)

    def query(self, **changed: str) -> str:
        """Give the query of its address, the same for the same search; empty values go."""
        parts = [
            (name, value)
            for name in FIELDS
            if name not in changed
            for value in self.typed.get(name, ())
        ]
        return urlencode([*parts, *((name, value) for name, value in changed.items() if value)])

    def without(self, name: str, value: str) -> str:
        """Give the query of the same search without one filter."""
        return urlencode(
            [
                (one, said)
                for one in FIELDS
                for said in self.typed.get(one, ())
                if (one, said) != (name, value)
            ]
        )


def read_asked(request: Request) -> Asked:
    """Read a search. What cannot be understood is complained of, and narrows nothing down."""
    typed = _typed(request)
    complaints: dict[str, str] = {}

    def read(name: str, how: Callable[[str], _Read], complaint: str) -> _Read | None:
        said = typed.get(name)
        if not said:
            return None
        try:
            return how(said[0])
        except (ValueError, Malformed):
            complaints[name] = complaint
            return None

    archs: list[str] = []
    for said in typed.get("arch", ()):
        try:
            archs.append(parse_architecture(said))
        except Malformed:
            complaints["arch"] = _("That is no architecture such as amd64.")
    labels: list[tuple[str, str | None]] = []
    for said in typed.get("label", ()):
        name, sign, value = said.partition("=")
        labels.append((name.strip(), value.strip() if sign else None))
    size, day = _("Write a size such as 500 MiB or 1.5 GiB."), _("Write a day such as 2026-01-31.")
    wanted = Wanted(
        text="".join(typed.get("q", ())),
        name="".join(typed.get("name", ())),
        labels=labels,
        archs=archs,
        worth=read("signed", Worth, _("Choose one of the list.")),
        starred="starred" in typed,
        entity="".join(typed.get("owner", ())),
        topic="".join(typed.get("topic", ())),
        smallest=read("smallest", read_size, size),
        largest=read("largest", read_size, size),
        since=read("since", date.fromisoformat, day),
        until=read("until", date.fromisoformat, day),
        order=read("order", Order, _("Choose one of the list.")),
    )
    return Asked(typed, wanted, complaints)


def read_size(text: str) -> int:
    """Read a size in bytes, with a unit or without. Raises ValueError."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    whole, part, unit = found.groups()
    factor = 1024 ** _UNITS.index((unit or "b")[0].lower())
    return int(float(f"{whole}.{part or 0}") * factor)


def _typed(request: Request) -> Mapping[str, Sequence[str]]:
    try:
        pairs = [(name, value.strip()[:_LONGEST]) for name, value in request.GET.items()]
    except UnicodeDecodeError:
        return {}
    typed: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in FIELDS or not value or "\0" in value:
            continue
        values = typed.setdefault(name, [])
        if value not in values and len(values) < (_MOST if name in SEVERAL else 1):
            values.append(value)
    return typed
