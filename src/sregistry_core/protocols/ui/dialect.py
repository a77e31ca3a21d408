"""How a refusal looks in a browser, and at an address that belongs to no protocol."""

from http import HTTPStatus
from typing import ClassVar

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.web.dialects import JsonDialect

from .pages import error_page
from .paths import SIGN_IN, local_path, with_next
from .texts import _

_READING = frozenset({"GET", "HEAD"})
_PHRASES = {
    400: _("Bad Request"),
    403: _("Forbidden"),
    404: _("Not Found"),
    405: _("Method Not Allowed"),
    409: _("Conflict"),
    410: _("Gone"),
    413: _("Request Entity Too Large"),
    429: _("Too Many Requests"),
    500: _("Internal Server Error"),
    503: _("Service Unavailable"),
    507: _("Insufficient Storage"),
}
"""What statuses are called, for the heading of their pages."""


class UiDialect(JsonDialect):
    """A page for browsers, JSON for programs; who must sign in is led to where that is done."""

    challenge: ClassVar[str | None] = None

    def response(self, request: Request, status: int, message: str) -> Response:
        """Word a refusal."""
        route = request.matched_route
        if status == HTTPStatus.UNAUTHORIZED and route is not None and route.name.startswith("ui."):
            return HTTPSeeOther(location=_sign_in_address(request))
        if "text/html" in request.headers.get("Accept", ""):
            phrase = _PHRASES.get(status) or HTTPStatus(status).phrase
            return error_page(request, status, phrase, message)
        return super().response(request, status, message)


def _sign_in_address(request: Request) -> str:
    if request.method not in _READING:
        return SIGN_IN
    return with_next(SIGN_IN, local_path(request.path_qs))
