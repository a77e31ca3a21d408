"""Addresses of the registry's own card, and below the names of other registries."""

from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request

from sregistry_core.contracts import Caller
from sregistry_core.names import RESERVED
from sregistry_core.services import Services


def includeme(config: Configurator) -> None:
    """Add the routes.

    The last one is for names of the directory only: no entity has such a name, so that it takes
    nothing away from the protocols after this one.
    """
    config.add_route_predicate("in_directory", InDirectory)
    reading = ("GET", "HEAD")
    config.add_route("directory.card", "/registry.json", request_method=reading)
    config.add_route(
        "directory.identity", "/api/registry/identity{slash:/?}", request_method=reading
    )
    config.add_route(
        "directory.elsewhere",
        "/{registry}{rest:(?:/.*)?}",
        request_method=reading,
        in_directory=True,
    )


class InDirectory:
    """Whether the first part of the path names another registry, which is noted then."""

    def __init__(self, _value: object, _config: Configurator):
        pass

    def text(self) -> str:
        """Name the predicate for Pyramid."""
        return "in_directory"

    phash = text

    def __call__(self, info: dict[str, Any], request: Request) -> bool:
        """Look the name up."""
        name = info["match"]["registry"].lower()
        if name in RESERVED:
            return False
        # Nobody knows yet which route it will be, and so not who is calling. Who is called is
        # public.
        services = Services(request.db, Caller.anonymous(), request.registry["facilities"])
        request.other_registry = services.federation.find(name)
        return request.other_registry is not None
