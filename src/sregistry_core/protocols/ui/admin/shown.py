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
from ..texts import _

USUAL_LIMIT = 50
_MOST = 500

_DONE = {
    "user-made": _("The user is made."),
    "user-disabled": _("The account is disabled, and their sessions have ended."),
    "user-enabled": _("The user is let in again."),
    "admin-made": _("The user is an administrator from now on."),
    "admin-unmade": _("The user is an ordinary one from now on."),
    "password-set": _("The password is set, and their sessions have ended."),
    "sessions-ended": _("All their sessions and tokens have ended."),
    "quota-set": _("The quota is set."),
    "job-retried": _("The job is tried again."),
    "jobs-retried": _("Every job that was given up is tried again."),
    "registry-added": _("The registry is added: clients are sent on to it."),
    "registry-removed": _("The registry is removed."),
}
"""What has been done, by the `done` of the address that it has led to."""

_T = TypeVar("_T")


def admin_page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """Give a page of the area; `section` is what the navigation marks."""
    return page(
        request,
        f"admin/{template}",
        status=status,
        section=template,
        done_sentence=_DONE.get(query_field(request, "done")),
        **values,
    )


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
