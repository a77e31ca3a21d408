"""Pages for administrators; to everybody else there is nothing at their addresses."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Add the pages."""
    config.include(".routes")
    config.scan("sregistry_core.protocols.ui.admin")
