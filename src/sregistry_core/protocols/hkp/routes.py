"""Addresses of the key server; the clients know no others, and drop a path before them."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Add the routes."""
    config.add_route("hkp.add", "/pks/add", request_method="POST")
    config.add_route("hkp.lookup", "/pks/lookup", request_method=("GET", "HEAD"))
