"""Addresses of the pages."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Add the routes. The clients tell their users to visit `/auth/tokens`."""
    add = config.add_route
    add("ui.guide", "/-/guide", request_method=("GET", "HEAD"))
    add("ui.sign_in", "/auth/sign-in")
    add("ui.depart", "/auth/sign-in/{login}", request_method="POST")
    add("ui.come_back", "/auth/sign-in/{login}/callback")
    add("ui.login_metadata", "/auth/sign-in/{login}/metadata", request_method=("GET", "HEAD"))
    add("ui.choose_name", "/auth/sign-in/{login}/name", request_method="POST")
    add("ui.sign_out", "/auth/sign-out", request_method="POST")
    add("ui.signed_out", "/auth/signed-out", request_method=("GET", "HEAD"))
    add("ui.account", "/auth/account", request_method=("GET", "HEAD"))
    add("ui.add_login", "/auth/account/logins/{login}", request_method="POST")
    add("ui.remove_login", "/auth/account/logins/{login}/remove", request_method="POST")
    add("ui.tokens", "/auth/tokens")
    add("ui.token", "/-/token", request_method=("GET", "HEAD"))
    add("ui.client_secret", "/auth/sregistry")
    add("ui.old_token", "/token", request_method=("GET", "HEAD"))
    add("ui.revoke_token", "/auth/tokens/{token:[0-9a-f]{32}}/revoke", request_method="POST")
