"""Where the clients' `remote` commands find the services, and whether a token works."""

from pyramid.config import Configurator

from .dialect import DiscoveryDialect


def includeme(config: Configurator) -> None:
    """Add the protocol."""
    config.add_dialect("discovery", DiscoveryDialect(), paths=("/assets/config", "/version"))
    config.include(".routes")
    config.scan(".views")
