"""Webhooks: forges say that something was pushed to a repository that is built from."""

from pyramid.config import Configurator

from .dialect import WebhookDialect


def includeme(config: Configurator) -> None:
    """Add the protocol."""
    config.add_dialect("webhooks", WebhookDialect(), paths=("/-/hooks/",))
    config.include(".routes")
    config.scan(".views")
