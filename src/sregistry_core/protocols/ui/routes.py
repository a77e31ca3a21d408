"""Addresses of the pages."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Add the routes. The clients tell their users to visit `/auth/tokens`."""
    add = config.add_route
    add("ui.first", "/", request_method=("GET", "HEAD"))
    add("ui.sign_in", "/auth/sign-in")
    add("ui.sign_out", "/auth/sign-out", request_method="POST")
    add("ui.tokens", "/auth/tokens")
    add("ui.client_secret", "/auth/sregistry")
    add("ui.old_token", "/token", request_method=("GET", "HEAD"))
    add("ui.revoke_token", "/auth/tokens/{token:[0-9a-f]{32}}/revoke", request_method="POST")
