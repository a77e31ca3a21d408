"""Addresses that the clients' `remote` commands ask."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Add the routes."""
    add = config.add_route
    add("discovery.services", "/assets/config/config.prod.json", request_method=("GET", "HEAD"))
    add("discovery.version", "/version", request_method="GET")
    add("discovery.token_status", "/v1/token-status", request_method="GET")
    add("discovery.current_user", "/v1/rbac/users/current", request_method="GET")
