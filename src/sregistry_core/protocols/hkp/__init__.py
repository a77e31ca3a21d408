"""HKP: the key server that the `key` commands and every signature check of the clients ask."""

from pyramid.config import Configurator

from .dialect import KeyServerDialect


def includeme(config: Configurator) -> None:
    """Add the protocol."""
    config.add_dialect("hkp", KeyServerDialect(), paths=("/pks/",))
    config.include(".routes")
    config.scan(".views")
