"""Images that are built anew by themselves: when, and what came of it."""

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.models import RebuildSchedule
from sregistry_core.services.access import name_of
from sregistry_core.services.rebuilds import MOST_DAYS, RebuildWish
from sregistry_core.web.paging import read_page

from .addressed import arch_of, collection_of, container_of, part
from .answers import answer, nothing, page
from .endpoints import endpoint
from .members import read_members
from .wire import time_json


@endpoint("api.rebuilds", "after", "limit")
def list_rebuilds(request: Request) -> Response:
    """Show what of a collection is built anew by itself."""
    asked, collection = read_page(request), collection_of(request)
    found = request.services.rebuilds.of(collection, after=asked.after, limit=asked.limit + 1)
    return page(request, found, asked, key=lambda one: one.id, to_json=rebuild_json)


@endpoint("api.rebuild", "arch")
def show_rebuild(request: Request) -> Response:
    """Show when the image of a tag is built anew, and what came of it."""
    found = request.services.rebuilds.find(
        container_of(request), part(request, "tag"), arch_of(request)
    )
    return answer(rebuild_json(found))


@endpoint("api.set_rebuild")
def set_rebuild(request: Request) -> Response:
    """Build the image of a tag anew from now on."""
    members = read_members(request, "every_days", "when_base_moves", "arch")
    wish = RebuildWish(
        every_days=members.optional_number("every_days", 1, MOST_DAYS),
        when_base_moves=members.optional_boolean("when_base_moves") or False,
    )
    arch = members.optional_text("arch")
    found = request.services.rebuilds.set(
        container_of(request), part(request, "tag"), wish, arch=arch
    )
    return answer(rebuild_json(found))


@endpoint("api.remove_rebuild", "arch")
def remove_rebuild(request: Request) -> Response:
    """Build it anew no more."""
    request.services.rebuilds.remove(container_of(request), part(request, "tag"), arch_of(request))
    return nothing()


@endpoint("api.rebuild_now", "arch")
def rebuild_now(request: Request) -> Response:
    """Build it anew at once."""
    read_members(request)
    found = request.services.rebuilds.now(
        container_of(request), part(request, "tag"), arch_of(request)
    )
    return answer(rebuild_json(found), status=202)


def rebuild_json(row: RebuildSchedule) -> dict[str, Any]:
    """A schedule, and what its last rebuild has shown."""
    return {
        "container": name_of(row.container),
        "tag": row.tag,
        "arch": row.arch,
        "every_days": row.every_days,
        "when_base_moves": row.when_base_moves,
        "acts_for": row.user.name if row.user is not None else None,
        "created_at": time_json(row.created_at),
        "due_at": time_json(row.due_at),
        "bases": list(row.bases),
        "verdict": str(row.verdict) if row.verdict is not None else None,
        "words": row.words,
        "changes": dict(row.changes),
        "judged_at": time_json(row.judged_at),
        "build": row.build_id,
        "is_under_way": row.is_awaited,
        "last_error": row.last_error,
    }
