"""What is answered to a method that an address does not take."""

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPMethodNotAllowed
from pyramid.request import Request
from pyramid.response import Response

from .routes import ROOT, ROUTES

OTHER_METHOD = "api.other_method"


def includeme(config: Configurator) -> None:
    """Add a route for every path; the routes before it have answered the methods it takes."""
    for number, path in enumerate(dict.fromkeys(path for _, _, path in ROUTES)):
        name = f"{OTHER_METHOD}.{number}"
        config.add_route(name, ROOT + path)
        config.add_view(refuse_method, route_name=name)


def refuse_method(_request: Request) -> Response:
    """Say that there is something here, and that it takes other methods."""
    raise HTTPMethodNotAllowed


def allowed_methods(request: Request) -> list[str]:
    """Give the methods that the address of a request takes."""
    asked = request.matched_route.pattern
    found = {method for _, method, path in ROUTES if ROOT + path == asked}
    return sorted(found | ({"HEAD"} if "GET" in found else set()))
