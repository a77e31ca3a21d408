"""Our own signed addresses: PUT brings bytes, GET takes them, and no header is needed."""

from pyramid.config import Configurator

from sregistry_core.web.dialects import Dialect


def includeme(config: Configurator) -> None:
    """Add the protocol; refusals are plain text."""
    config.add_dialect("transfer", Dialect(), paths=("/transfer",))
    config.include(".routes")
    config.take_large_bodies("transfer.bring", ["PUT"])
    config.scan(".views")
