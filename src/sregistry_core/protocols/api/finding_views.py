"""Containers found by words and filters, in several orders, page by page."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.errors import Malformed
from sregistry_core.models import SearchEntry
from sregistry_core.names import parse_architecture
from sregistry_core.services.finding_wanted import Order, Wanted, Worth
from sregistry_core.web.paging import read_page

from .answers import answer
from .endpoints import endpoint
from .wire import container_json, time_json

_Choice = TypeVar("_Choice", bound=StrEnum)
_MOST_DIGITS = 18
_PARAMETERS = (
    "text",
    "name",
    "label",
    "arch",
    "verification",
    "starred",
    "entity",
    "topic",
    "smallest",
    "largest",
    "since",
    "until",
    "order",
)


@endpoint("api.find", *_PARAMETERS, "after", "limit")
def find_containers(request: Request) -> Response:
    """Show the containers that fit, and how many there are."""
    asked, wanted = read_page(request), _wanted(request.GET)
    finding = request.services.finding
    found, count = (
        finding.containers(wanted, after=asked.after, limit=asked.limit),
        finding.count(wanted),
    )
    response = answer(
        {
            "items": [_entry_json(one) for one in found.found],
            "next_after": found.next_after,
            "count": count.number,
            "count_is_exact": count.is_exact,
        }
    )
    if found.next_after is not None:
        query = urlencode({**request.GET, "after": found.next_after, "limit": asked.limit})
        public_url = request.registry["facilities"].settings.public_url
        response.headers["Link"] = f'<{public_url}{request.path}?{query}>; rel="next"'
    return response


def _wanted(said: Mapping[str, str]) -> Wanted:
    label, archs = said.get("label"), said.get("arch")
    name, sign, value = (label or "").partition("=")
    return Wanted(
        text=said.get("text", ""),
        name=said.get("name", ""),
        labels=[(name.strip(), value.strip() if sign else None)] if label else (),
        archs=() if archs is None else [parse_architecture(arch) for arch in archs.split(",")],
        worth=_choice(said, "verification", Worth),
        starred=_yes_or_no(said, "starred"),
        entity=said.get("entity", ""),
        topic=said.get("topic", ""),
        smallest=_number(said, "smallest"),
        largest=_number(said, "largest"),
        since=_day(said, "since"),
        until=_day(said, "until"),
        order=_choice(said, "order", Order),
    )


def _entry_json(entry: SearchEntry) -> dict[str, object]:
    return {
        **container_json(entry.container),
        "archs": list(entry.archs),
        "latest_tag": entry.latest_tag,
        "images": entry.image_count,
        "tags": entry.tag_count,
        "size": entry.size,
        "pulls": entry.pull_count,
        "verified": entry.signed,
        "pushed_at": time_json(entry.pushed_at),
    }


def _choice(said: Mapping[str, str], name: str, kind: type[_Choice]) -> _Choice | None:
    text = said.get(name)
    if text is None:
        return None
    if text not in [*kind]:
        raise Malformed(f"{name} must be one of {', '.join(kind)}, and is {text[:40]!r}")
    return kind(text)


def _yes_or_no(said: Mapping[str, str], name: str) -> bool:
    text = said.get(name, "false")
    if text not in ("true", "false"):
        raise Malformed(f"{name} must be true or false, and is {text[:40]!r}")
    return text == "true"


def _number(said: Mapping[str, str], name: str) -> int | None:
    text = said.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS:
        raise Malformed(f"{name} must be a number of bytes, and is {text[:40]!r}")
    return int(text)


def _day(said: Mapping[str, str], name: str) -> date | None:
    text = said.get(name)
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"{name} must be a day such as 2026-01-31, and is {text!r:.40}") from error
