"""Tells other sites what happens: each event is posted to them, signed."""

from sregistry_core import hookimpl
from sregistry_core.contracts import Listener, PluginSettings

from .listener import Webhook
from .settings import read_settings

__all__ = ["Webhook", "sregistry_listener"]


@hookimpl
def sregistry_listener(kind: str, settings: PluginSettings) -> Listener | None:
    """Open a webhook as a listener."""
    return Webhook(read_settings(settings)) if kind == "webhook" else None
