"""`shub://`: the manifest of an image, for clients that have no login."""

from pyramid.config import Configurator

from sregistry_core.web.dialects import JsonDialect


def includeme(config: Configurator) -> None:
    """Add the protocol. A refusal must be a JSON object: old clients fail on anything else."""
    config.add_dialect("shub", JsonDialect(), paths=("/api/container", "/s/"))
    config.include(".routes")
    config.scan(".views")
