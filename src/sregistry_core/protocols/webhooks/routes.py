"""The one address of each webhook."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Add the routes."""
    config.add_route("webhooks.hear", "/-/hooks/{hook:[0-9a-f]{32}}", request_method="POST")
