"""Who this registry is, and the way to the other registries of its directory."""

from pyramid.config import Configurator

from sregistry_core.web.dialects import JsonDialect


def includeme(config: Configurator) -> None:
    """Add the protocol."""
    config.add_dialect("directory", JsonDialect(), paths=("/registry.json", "/api/registry"))
    config.include(".routes")
    config.scan(".views")
