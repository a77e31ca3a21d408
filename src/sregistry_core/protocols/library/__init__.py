"""The Sylabs library API: push, pull, search and delete of `library://` images."""

from pyramid.config import Configurator

from .dialect import LibraryDialect


def includeme(config: Configurator) -> None:
    """Add the protocol."""
    config.add_dialect("library", LibraryDialect(), paths=("/v1/", "/v2/imagefile", "/v2/tags"))
    config.include(".routes")
    config.take_large_bodies("library.upload_v1", ["POST"])
    config.scan(".views")
    config.scan(".upload_views")
    config.scan(".tag_views")
