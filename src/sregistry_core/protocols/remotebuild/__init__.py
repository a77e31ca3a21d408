"""Remote builds, as the SingularityCE build client orders them.

What a build says is sent by a process of its own: see `buildlog`.
"""

from pyramid.config import Configurator

from .dialect import RemoteBuildDialect


def includeme(config: Configurator) -> None:
    """Add the protocol."""
    config.add_dialect(
        "remotebuild", RemoteBuildDialect(), paths=("/v1/build", "/v1/convert-def-file")
    )
    config.include(".routes")
    config.take_large_bodies("remotebuild.upload", ["PUT"])
    config.scan(".views")
