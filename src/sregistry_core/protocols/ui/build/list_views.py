"""The builds that wait, run and have ended."""

from urllib.parse import urlencode

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed
from sregistry_core.models import BuildState, Collection
from sregistry_core.names import CollectionName, parse_container_name
from sregistry_core.services.access import name_of
from sregistry_core.services.build_limits import UNDER_WAY
from sregistry_core.services.builds import ENDS
from sregistry_core.web.paging import Asked, page_of

from ..fields import query_field
from ..pages import page
from .words import STATES

_SHOWN_AT_ONCE = 50
_UNDER_WAY = "under-way"
_ENDED = "ended"
_MOST_SUGGESTED = 100


@view_config(route_name="ui.builds")
def list_builds(request: Request) -> Response:
    """List builds of the caller and of where they may push, the newest first."""
    services = request.services
    services.access.require_login()
    asked = Asked(query_field(request, "after"), _SHOWN_AT_ONCE)
    within, state = query_field(request, "in").strip().strip("/"), query_field(request, "state")
    mine = query_field(request, "whose") == "mine"
    collection, container = _place(request, within)
    found = services.builds.of(
        collection,
        container=container,
        mine=mine,
        states=_states(state),
        before=services.builds.find(asked.after) if asked.after else None,
        limit=asked.limit + 1,
    )
    shown = page_of(found, asked, lambda build: build.id)
    kept = {"in": within, "state": state, "whose": "mine" if mine else ""}
    suggested = services.catalog.collections(entity=services.caller.name, limit=_MOST_SUGGESTED)
    return page(
        request,
        "build/builds",
        builds=[(one, f"{name_of(one.collection)}/{one.container}") for one in shown.entries],
        next_after=shown.next_after,
        is_first=not asked.after,
        within=within,
        state=state,
        mine=mine,
        states=STATES,
        query=urlencode({name: value for name, value in kept.items() if value}),
        of_caller=services.build_limits.of_caller(),
        of_collection=services.build_limits.of_collection(collection) if collection else None,
        suggested=[name_of(one) for one in suggested],
        may_order=request.registry["ui_site"].builds,
    )


def _place(request: Request, text: str) -> tuple[Collection | None, str | None]:
    """Find the collection that is named, or that of a container. Raises NotFound."""
    if not text:
        return None, None
    entity, _, rest = text.partition("/")
    name, _, container = rest.partition("/")
    collection = request.services.catalog.collection(
        CollectionName.parse(f"{entity}/{name}", home="")
    )
    return collection, parse_container_name(container) if container else None


def _states(text: str) -> list[BuildState]:
    if text == _UNDER_WAY:
        return list(UNDER_WAY)
    if text == _ENDED:
        return sorted(ENDS)
    try:
        return [BuildState(text)] if text else []
    except ValueError as error:
        raise Malformed(f"{text[:40]} is no state of a build") from error
