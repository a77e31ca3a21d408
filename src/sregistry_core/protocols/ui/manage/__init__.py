"""Pages on which people manage what is theirs."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Add the routes and the views."""
    config.include(".routes")
    config.include(".leading")
    config.scan(".")
