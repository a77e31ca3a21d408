"""Addresses of the pages for administrators."""

from collections.abc import Mapping
from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request

ROOT = "/-/admin"
_READ = ("GET", "HEAD")
_USER = f"{ROOT}/users/{{user}}"

_ROUTES: tuple[tuple[str, str | tuple[str, ...], str], ...] = (
    ("overview", _READ, ROOT),
    ("users", _READ, f"{ROOT}/users"),
    ("create_user", "POST", f"{ROOT}/users"),
    ("user", _READ, _USER),
    ("disable_user", "POST", f"{_USER}/disable"),
    ("enable_user", "POST", f"{_USER}/enable"),
    ("make_admin", "POST", f"{_USER}/make-administrator"),
    ("unmake_admin", "POST", f"{_USER}/make-ordinary"),
    ("set_password", "POST", f"{_USER}/password"),
    ("end_sessions", "POST", f"{_USER}/end"),
    ("quotas", _READ, f"{ROOT}/quotas"),
    ("set_quota", "POST", f"{ROOT}/quotas"),
    ("collections", _READ, f"{ROOT}/collections"),
    ("jobs", _READ, f"{ROOT}/jobs"),
    ("retry_job", "POST", f"{ROOT}/jobs/{{job:[0-9a-f]{{32}}}}/retry"),
    ("retry_failed", "POST", f"{ROOT}/jobs/retry"),
    ("storages", _READ, f"{ROOT}/storages"),
    ("audit", _READ, f"{ROOT}/audit"),
    ("audit_csv", _READ, f"{ROOT}/audit.csv"),
    ("registries", _READ, f"{ROOT}/registries"),
    ("add_registry", "POST", f"{ROOT}/registries"),
    ("remove_registry", "POST", f"{ROOT}/registries/{{registry}}/remove"),
    ("settings", _READ, f"{ROOT}/settings"),
)


def includeme(config: Configurator) -> None:
    """Add the routes, each of which is there for administrators alone."""
    config.add_route_predicate("for_administrators", ForAdministrators)
    for name, methods, path in _ROUTES:
        config.add_route(f"ui.admin_{name}", path, request_method=methods, for_administrators=True)


class ForAdministrators:
    """Lets a route be found by an administrator; to others its address is one of nothing."""

    def __init__(self, _value: bool, _config: Configurator):
        """Take what Pyramid gives a predicate."""

    def text(self) -> str:
        """Say what is asked, for Pyramid's lists."""
        return "for administrators"

    phash = text

    def __call__(self, info: Mapping[str, Any], request: Request) -> bool:
        """Say whether an administrator asks.

        Who is calling is asked as for a page, and forgotten for whoever is none: what then answers
        is what answers at any absent address.
        """
        request.matched_route = info["route"]
        if request.caller.is_admin:
            return True
        request.matched_route = None
        del request.caller
        return False
