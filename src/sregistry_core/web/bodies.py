"""How large the body of a request may be: known before a byte of it has come.

The server takes a whole body in before it calls the application. Without a limit from here, anybody
could fill the disk through an address that wants a few letters of JSON.
"""

from collections.abc import Sequence

from pyramid.config import Configurator
from pyramid.interfaces import IRoutesMapper
from pyramid.registry import Registry

LARGEST_SMALL_BODY = 8 * 1024 * 1024
"""More than any form, JSON or manifest that is taken; who reads them has a limit of its own."""


def set_up(config: Configurator) -> None:
    """Let protocols say at which of their routes images arrive."""
    config.registry["large_bodies"] = {}
    config.add_directive("take_large_bodies", _take_large_bodies)


def largest_body(registry: Registry, method: str, path: str) -> int | None:
    """Give how many bytes of a body are wanted at most; None where images arrive.

    path   decoded, without the query
    """
    large = registry["large_bodies"]
    for route in registry.getUtility(IRoutesMapper).get_routes():
        if method in large.get(route.name, ()) and route.match(path) is not None:
            return None
    return LARGEST_SMALL_BODY


def _take_large_bodies(config: Configurator, route: str, methods: Sequence[str]) -> None:
    """Take bodies of any size at a route, with these methods."""
    config.registry["large_bodies"][route] = tuple(methods)
