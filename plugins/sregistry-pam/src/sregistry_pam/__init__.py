"""Lets the people of this machine log in, with what PAM asks of them."""

from sregistry_core import hookimpl
from sregistry_core.contracts import PasswordLogin, PluginSettings

from .login import PamLogin
from .settings import read_settings

__all__ = ["PamLogin", "sregistry_login"]


@hookimpl
def sregistry_login(kind: str, settings: PluginSettings) -> PasswordLogin | None:
    """Open a service of PAM as a way to log in."""
    return PamLogin(read_settings(settings)) if kind == "pam" else None
