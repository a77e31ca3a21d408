"""How a refusal looks in a browser, and at an address that belongs to no protocol."""

from http import HTTPStatus
from typing import ClassVar

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.web.dialects import JsonDialect

from .pages import error_page
from .paths import SIGN_IN, local_path, with_next

_READING = frozenset({"GET", "HEAD"})


class UiDialect(JsonDialect):
    """A page for browsers, JSON for programs; who must sign in is led to where that is done."""

    challenge: ClassVar[str | None] = None

    def response(self, request: Request, status: int, message: str) -> Response:
        """Word a refusal."""
        route = request.matched_route
        if status == HTTPStatus.UNAUTHORIZED and route is not None and route.name.startswith("ui."):
            return HTTPSeeOther(location=_sign_in_address(request))
        if "text/html" in request.headers.get("Accept", ""):
            return error_page(request, status, HTTPStatus(status).phrase, message)
        return super().response(request, status, message)


def _sign_in_address(request: Request) -> str:
    if request.method not in _READING:
        return SIGN_IN
    return with_next(SIGN_IN, local_path(request.path_qs))
