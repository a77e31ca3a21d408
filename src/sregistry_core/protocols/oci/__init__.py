"""OCI Distribution 1.1: images and any other artifact, pushed and pulled by every OCI client."""

from pyramid.config import Configurator

from .dialect import OciDialect


def includeme(config: Configurator) -> None:
    """Add the protocol."""
    config.add_dialect("oci", OciDialect(), paths=("/v2",))
    config.include(".routes")
    config.take_large_bodies("oci.uploads", ["POST"])
    config.take_large_bodies("oci.uploads_bare", ["POST"])
    config.take_large_bodies("oci.upload", ["PATCH", "PUT"])
    config.scan(".manifest_views")
    config.scan(".blob_views")
    config.scan(".upload_views")
    config.scan(".listing_views")
    config.scan(".token_views")
