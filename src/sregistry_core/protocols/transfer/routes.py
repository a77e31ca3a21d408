"""Addresses of transfers: each carries its own permission."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Add the routes."""
    path = "/transfer/{address}"
    config.add_route("transfer.take", path, request_method=("GET", "HEAD"))
    config.add_route("transfer.bring", path, request_method="PUT")
