"""People and groups of an LDAP directory."""

from sregistry_core import hookimpl
from sregistry_core.contracts import PasswordLogin, PluginSettings

from .login import LdapLogin
from .settings import read_settings

__all__ = ["LdapLogin", "sregistry_login"]


@hookimpl
def sregistry_login(kind: str, settings: PluginSettings) -> PasswordLogin | None:
    """Open a directory as a way to log in; no connection is made yet."""
    if kind != "ldap":
        return None
    return LdapLogin(read_settings(settings))
