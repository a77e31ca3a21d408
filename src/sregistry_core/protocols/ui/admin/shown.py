"""What the pages for administrators have in common."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.web.paging import Asked, page_of, parse_limit

from ..fields import query_field
from ..pages import page

USUAL_LIMIT = 50
_MOST = 500

_T = TypeVar("_T")


def admin_page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """Give a page of the area; `section` is what the navigation marks."""
    return page(request, f"admin/{template}", status=status, section=template, **values)


def read_page(request: Request) -> Asked:
    """Read which page of a list is asked for. Raises Malformed for a limit out of range."""
    limit = query_field(request, "limit")
    return Asked(
        query_field(request, "after"), parse_limit(limit, most=_MOST) if limit else USUAL_LIMIT
    )


def one_page(
    request: Request, entries: Sequence[_T], asked: Asked, key: Callable[[_T], str]
) -> dict[str, Any]:
    """Give the entries of a page and the address of the next one, empty at the end."""
    found = page_of(entries, asked, key)
    onward = ""
    if found.next_after is not None:
        said = {name: query_field(request, name) for name in request.GET if name != "done"}
        onward = f"{request.path}?{urlencode({**said, 'after': found.next_after})}"
    return {"entries": found.entries, "onward": onward, "is_first": not asked.after}


def done(path: str, key: str) -> Response:
    """Lead to a page that says what has been done."""
    return HTTPSeeOther(location=f"{path}?{urlencode({'done': key})}")


def sentence(error: Exception) -> str:
    """Write a refusal as a sentence."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
