"""The page of one build: what became of it, what it said, and what can be done."""

from bisect import bisect_left
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Conflict, Malformed, NotAllowed
from sregistry_core.models import Build, BuildState
from sregistry_core.services.access import name_of
from sregistry_core.services.builds import ENDS
from sregistry_core.web.dialects import status_of

from ..built import bases_of
from ..content import highlighting
from ..fields import query_field
from ..pages import page
from .log_views import Window, window
from .words import SENTENCES, STATES, source_links

_LONGEST_SEARCH = 200
_LONGEST_SHOWN = 8000
"""Characters of a definition that the page shows."""
_TOLD = (Conflict, Malformed, NotAllowed)


@dataclass(frozen=True, slots=True)
class Search:
    """A text that is looked for in a log.

    count      how many lines hold it
    place      which of them is shown, from 1; 0 for none
    earlier    queries that lead to the line before, and to the one after that
    """

    text: str
    count: int
    place: int
    now: int | None
    hits: frozenset[int]
    earlier: str | None
    later: str | None


@view_config(route_name="ui.build")
def show_build(request: Request) -> Response:
    """Show a build that the caller may see."""
    return _build_page(request, _build(request))


@view_config(route_name="ui.cancel_build")
def cancel_build(request: Request) -> Response:
    """End a build."""
    build = _build(request)
    try:
        request.services.builds.cancel(build)
    except _TOLD as refusal:
        request.tm.doom()
        return _build_page(request, build, status=status_of(refusal), complaint=str(refusal))
    return HTTPSeeOther(location=f"/-/builds/{build.id}?done=build-cancelled")


@view_config(route_name="ui.retry_build")
def retry_build(request: Request) -> Response:
    """Order the same again."""
    build = _build(request)
    try:
        again = request.services.builds.retry(build)
    except _TOLD as refusal:
        request.tm.doom()
        return _build_page(request, build, status=status_of(refusal), complaint=str(refusal))
    return HTTPSeeOther(location=f"/-/builds/{again.id}?done=build-ordered")


def _build(request: Request) -> Build:
    build: Build = request.services.builds.find(request.matchdict["build"])
    return build


def _build_page(
    request: Request, build: Build, *, status: int = 200, complaint: str = ""
) -> Response:
    services = request.services
    text = query_field(request, "find")[:_LONGEST_SEARCH]
    search, shown = _looked_at(request, build, text)
    return page(
        request,
        "build/build",
        status=status,
        complaint=complaint,
        build=build,
        container=f"{name_of(build.collection)}/{build.container}",
        state=STATES[build.state],
        sentence=SENTENCES[build.state],
        has_ended=build.state in ENDS,
        is_ending=build.cancel_asked_at is not None and build.state is BuildState.RUNNING,
        may_order=bool(request.registry["ui_site"].builds),
        window=shown,
        search=search,
        kept_until=services.build_logs.kept_until(build),
        links=source_links(build.source),
        dependencies=bases_of(build),
        definition=highlighting.definition(build.definition[:_LONGEST_SHOWN]),
        is_cut=len(build.definition) > _LONGEST_SHOWN,
    )


def _looked_at(request: Request, build: Build, text: str) -> tuple[Search | None, Window]:
    """Give what is looked for and the lines around it; without a search what is asked for."""
    if not text:
        return None, window(request, build)
    found = request.services.build_logs.find(build, text)
    numbers = found.numbers
    shown = window(request, build, at=numbers[0] if numbers and not _says_where(request) else None)
    if not numbers:
        return Search(text, 0, 0, None, frozenset(), None, None), shown
    wanted = query_field(request, "at")
    place = bisect_left(numbers, int(wanted)) if wanted else 0
    place = min(place, len(numbers) - 1)
    return Search(
        text,
        found.count,
        place + 1,
        numbers[place],
        frozenset(numbers),
        _leading_to(text, numbers[place - 1]) if place else None,
        _leading_to(text, numbers[place + 1]) if place + 1 < len(numbers) else None,
    ), shown


def _says_where(request: Request) -> bool:
    return any(query_field(request, name) for name in ("at", "after", "before"))


def _leading_to(text: str, number: int) -> str:
    return f"?{urlencode({'find': text, 'at': number}, quote_via=quote)}#L{number}"
