"""Between our words and the JSON of the `remote` commands."""

from typing import Any

from sregistry_core.models import User

LIBRARY_API_VERSION = "2.0.0-alpha.2"
"""From here on clients push in parts and tag by architecture. Strict semver, without a `v`."""


def services_json(public_url: str, *, builds: bool) -> dict[str, Any]:
    """Every value is an object: older clients break on anything else.

    A key server must be named even by a registry that holds no keys: without one, clients stop
    before their first call to the library.

    builds   whether remote builds can be ordered
    """
    service = {"uri": public_url}
    services = {
        "libraryAPI": service,
        "keystoreAPI": service,
        "tokenAPI": service,
        "consentAPI": service,
    }
    return {**services, "builderAPI": service} if builds else services


def version_json(version: str) -> dict[str, Any]:
    """The same answer for every service: `remote status` asks each."""
    return {"data": {"version": version, "apiVersion": LIBRARY_API_VERSION}}


def user_json(user: User, secret: str) -> dict[str, Any]:
    """Not enveloped, unlike the rest."""
    return {
        "username": user.name,
        "email": user.email or "",
        "realname": user.name,
        "oidc_user_meta": {"secret": secret},
    }
