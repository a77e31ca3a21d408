"""What was done, and how much may be kept: for administrators."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.errors import Malformed
from sregistry_core.models import AuditEvent
from sregistry_core.names import CollectionName
from sregistry_core.services.audit_log import Sought, key_of
from sregistry_core.services.quotas import Quota
from sregistry_core.web.paging import read_page

from .addressed import part
from .answers import answer, page
from .endpoints import endpoint
from .members import read_members
from .wire import time_json

_FILTERS = ("user", "action", "target", "collection", "since", "until")


@endpoint("api.audit", *_FILTERS, "after", "limit")
def list_events(request: Request) -> Response:
    """Show what was done, the newest first."""
    asked = read_page(request)
    home = request.registry["facilities"].settings.id
    events = request.services.audit_log.find(
        read_sought(request.GET, home=home), after=asked.after, limit=asked.limit + 1
    )
    return page(request, events, asked, key=key_of, to_json=event_json)


@endpoint("api.quotas", "text", "after", "limit")
def list_quotas(request: Request) -> Response:
    """Show how much every entity uses and may use."""
    asked = read_page(request)
    found = request.services.quotas.all(
        text=request.GET.get("text", ""), after=asked.after, limit=asked.limit + 1
    )
    return page(request, found, asked, key=lambda one: one.entity, to_json=quota_json)


@endpoint("api.quota")
def show_quota(request: Request) -> Response:
    """Show how much an entity uses and may use."""
    return answer(quota_json(request.services.quotas.of(part(request, "entity"))))


@endpoint("api.set_quota")
def set_quota(request: Request) -> Response:
    """Set how much an entity may use."""
    size = read_members(request, "bytes").optional_size("bytes")
    return answer(quota_json(request.services.quotas.set(part(request, "entity"), size)))


def read_sought(said: Mapping[str, str], *, home: str) -> Sought:
    """Read which events are sought. Raises Malformed."""
    collection = said.get("collection", "")
    return Sought(
        user=said.get("user", ""),
        action=said.get("action", ""),
        target=said.get("target", ""),
        collection=CollectionName.parse(collection, home=home) if collection else None,
        since=_moment("since", said.get("since", "")),
        until=_moment("until", said.get("until", "")),
    )


def event_json(event: AuditEvent) -> dict[str, Any]:
    """Something that somebody did."""
    return {
        "at": time_json(event.at),
        "user": event.actor,
        "address": event.address,
        "action": event.action,
        "target": event.target,
        "facts": event.facts,
    }


def quota_json(quota: Quota) -> dict[str, Any]:
    """What an entity uses and may use."""
    return {
        "entity": quota.entity,
        "used": quota.used,
        "own_limit": quota.own,
        "limit": quota.limit,
    }


def _moment(name: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        # A day or a time without a zone is one of UTC, as all our times are.
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed(
            f"{name} = {text[:40]!r} is no time such as 2026-01-31T09:00:00Z"
        ) from error
