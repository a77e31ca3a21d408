"""Logins at a SAML identity provider."""

import logging

from sregistry_core import hookimpl
from sregistry_core.contracts import PluginSettings, RedirectLogin

from .login import SamlLogin
from .settings import read_settings

__all__ = ["SamlLogin", "sregistry_login"]

# It tells who has come, and all that is said of them, where others tell what they do.
if logging.getLogger("saml2").level == logging.NOTSET:
    logging.getLogger("saml2").setLevel(logging.WARNING)


@hookimpl
def sregistry_login(kind: str, settings: PluginSettings) -> RedirectLogin | None:
    """Open a login; the identity provider is never asked, only its description is read."""
    return SamlLogin(read_settings(settings)) if kind == "saml" else None
