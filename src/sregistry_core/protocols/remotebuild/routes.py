"""Addresses of the remote builder, as the clients call them."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Add the routes. `/v1/build-ws/{build}` is answered by another process."""
    add = config.add_route
    add("remotebuild.convert", "/v1/convert-def-file", request_method="POST")
    add("remotebuild.announce", "/v1/build-context", request_method="POST")
    add("remotebuild.upload", "/v1/build-context/{address}", request_method="PUT")
    add("remotebuild.forget", "/v1/build-context/{digest}", request_method="DELETE")
    add("remotebuild.submit", "/v1/build", request_method="POST")
    add("remotebuild.status", "/v1/build/{build}", request_method="GET")
    add("remotebuild.cancel", "/v1/build/{build}/_cancel", request_method="PUT")
