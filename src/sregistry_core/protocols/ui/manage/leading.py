"""Leads readers from a former name of a collection to the page under its present one."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPMovedPermanently
from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.services.access import name_of

_View = Callable[[Any, Request], Response]
_READING = frozenset({"GET", "HEAD"})


def includeme(config: Configurator) -> None:
    """Look at the answer of every page that names a collection."""
    config.add_view_deriver(lead, "lead_to_the_present_name")


def lead(view: _View, info: Any) -> _View:
    """Give a view that answers with a redirect when the name in its address is a former one.

    Only what the view has shown is led to: what it hides looks as it does under any name.
    """

    def answer(context: Any, request: Request) -> Response:
        response = view(context, request)
        if request.method in _READING and _names_a_collection(request):
            followed = request.services.catalog.followed
            if followed is not None:
                return HTTPMovedPermanently(location=_present(request, name_of(followed)))
        return response

    return answer


def _names_a_collection(request: Request) -> bool:
    route = getattr(request, "matched_route", None)
    return (
        route is not None
        and route.name.startswith("ui.")
        and {"entity", "collection"} <= request.matchdict.keys()
        and "services" in request.__dict__
    )


def _present(request: Request, name: str) -> str:
    rest = request.path_info.split("/", 3)[3:]
    path = "/".join([name, *rest])
    query = f"?{request.query_string}" if request.query_string else ""
    return f"/{quote(path, safe='/:@~-._')}{query}"
