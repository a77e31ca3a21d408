"""Makes a response of a template, with what every page shows."""

from typing import Any

from pyramid.renderers import render
from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.contracts import Caller

from .notices import notice_of
from .paths import local_path
from .texts import language_of

PUT_AWAY_COOKIE = "sregistry_put_away"
"""Holds the key of the announcement that this browser has put away."""
_READING = frozenset({"GET", "HEAD"})
_PASSING = frozenset({429, 500, 503, 507})
"""Statuses of what may be over in a while."""
_TEMPLATES = "sregistry_core.protocols.ui:templates"


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """Give a page for whoever is calling."""
    every = {
        "caller": request.caller,
        "notice": notice_of(request),
        "unread": _unread(request),
    }
    return _rendered(request, template, status, {**every, **values})


def _unread(request: Request) -> int:
    """How much has happened that the caller has not seen."""
    user_id = request.caller.user_id
    count: int = request.services.news.count_unread(user_id) if user_id is not None else 0
    return count


def error_page(request: Request, status: int, phrase: str, message: str) -> Response:
    """Give the page of a refusal, with its reason and a way on.

    The transaction is over by now, so that the caller is shown only when found before.
    """
    caller: Caller | None = request.__dict__.get("caller")
    was_asked_to_read = request.method in _READING
    may_pass = was_asked_to_read and status in _PASSING
    values = {
        "status": status,
        "phrase": phrase,
        "message": message,
        "caller": caller,
        "was_asked_to_read": was_asked_to_read,
        "again": local_path(request.path_qs) if may_pass else None,
    }
    return _rendered(request, "error", status, values)


def _rendered(request: Request, template: str, status: int, values: dict[str, Any]) -> Response:
    branding = request.registry["ui_branding"]
    announcement = branding.announcement
    if announcement is not None and request.cookies.get(PUT_AWAY_COOKIE) == announcement.key:
        announcement = None
    shown = {
        "site": request.registry["ui_site"],
        "language": language_of(request),
        "branding": branding,
        "announcement": announcement,
        **values,
    }
    text = render(f"{_TEMPLATES}/{template}.jinja2", shown, request=request)
    return Response(text, status=status, content_type="text/html", charset="utf-8")
