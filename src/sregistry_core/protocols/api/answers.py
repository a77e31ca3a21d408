"""The shapes of an answer: a thing, a list by pages, something new, and nothing."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.web.dialects import json_response
from sregistry_core.web.paging import Asked, page_of

_T = TypeVar("_T")


def answer(body: object, *, status: int = 200) -> Response:
    """Give a response with a JSON body."""
    return keep_to_the_asker(json_response(body, status=status))


def nothing() -> Response:
    """Say that it is done, and that there is nothing to show."""
    return keep_to_the_asker(Response(status=204, content_type=None))


def created(request: Request, body: object, route_name: str, **parts: str | int) -> Response:
    """Show what was made, and say where it is from now on."""
    response = answer(body, status=201)
    response.headers["Location"] = _public(request, request.route_path(route_name, **parts))
    return response


def whole_list(entries: Sequence[_T], to_json: Callable[[_T], Any]) -> Response:
    """Show a list that comes in one page."""
    return answer({"items": [to_json(entry) for entry in entries], "next_after": None})


def page(
    request: Request,
    entries: Sequence[_T],
    asked: Asked,
    *,
    key: Callable[[_T], str],
    to_json: Callable[[_T], Any],
) -> Response:
    """Show a page of what was found with one entry more than asked for.

    The next page is named twice: for programs in the body, for crawlers in the Link header.
    """
    shown = page_of(entries, asked, key)
    response = answer(
        {"items": [to_json(entry) for entry in shown.entries], "next_after": shown.next_after}
    )
    if shown.next_after is not None:
        query = urlencode({**request.GET, "after": shown.next_after, "limit": asked.limit})
        response.headers["Link"] = f'<{_public(request, request.path)}?{query}>; rel="next"'
    return response


def keep_to_the_asker(response: Response) -> Response:
    """Let no cache keep what one caller was shown, and no browser guess what it is."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _public(request: Request, path: str) -> str:
    """Behind a proxy only the ini file knows how clients reach us."""
    return f"{request.registry['facilities'].settings.public_url}{path}"
