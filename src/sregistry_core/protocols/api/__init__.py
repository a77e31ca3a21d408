"""The registry's own JSON API, for scripts and for tools of other people."""

from pyramid.config import Configurator

from .dialect import ApiDialect
from .document import read_document


def includeme(config: Configurator) -> None:
    """Add the protocol. Its document is read once: it differs by the public address alone."""
    config.add_dialect("api", ApiDialect(), paths=("/api/v1/",))
    public_url = config.registry["facilities"].settings.public_url
    config.registry["api.document"] = read_document(public_url)
    config.include(".routes")
    config.include(".methods")
    config.scan()
