"""Logins at OpenID providers, GitHub, GitLab, Google and Bitbucket."""

from collections.abc import Callable

from sregistry_core import hookimpl
from sregistry_core.contracts import PluginSettings, RedirectLogin

from . import bitbucket, github, openid

__all__ = ["sregistry_login"]

_KINDS: dict[str, Callable[[PluginSettings], RedirectLogin]] = {
    "openid": openid.open_provider,
    "google": openid.open_google,
    "gitlab": openid.open_gitlab,
    "github": github.open_github,
    "bitbucket": bitbucket.open_bitbucket,
}


@hookimpl
def sregistry_login(kind: str, settings: PluginSettings) -> RedirectLogin | None:
    """Open a login; nothing is asked of the other site yet."""
    return _KINDS[kind](settings) if kind in _KINDS else None
