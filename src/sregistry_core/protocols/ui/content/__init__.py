"""Pages of what the registry holds: entities, collections, containers and images."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Add the pages."""
    config.include(".routes")
    config.include(".words")
    config.scan("sregistry_core.protocols.ui.content")
