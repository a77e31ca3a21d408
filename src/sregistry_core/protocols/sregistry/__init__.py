"""The API of the old server, as `sregistry` of PyPI speaks it: push, search, labels, delete.

Its pulls are those of `shub://`, with a signature where that is needed.
"""

from pyramid.config import Configurator

from .dialect import SregistryDialect

_PATHS = (
    "/api/collection",
    "/api/container",
    "/api/labels",
    "/api/push",
    "/api/upload",
    "/google_build",
    "/upload",
)


def includeme(config: Configurator) -> None:
    """Add the protocol."""
    config.add_dialect("sregistry", SregistryDialect(), paths=_PATHS)
    config.include(".routes")
    config.take_large_bodies("sregistry.push", ["POST"])
    config.take_large_bodies("sregistry.push_at_once", ["POST"])
    config.scan(".list_views")
    config.scan(".push_views")
