"""Addresses of OCI distribution 1.1, and an answer for the methods that an address has not.

The library's addresses below `/v2/` are more exact, and are added before these.
"""

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response

from .dialect import refusal

_NAME = "/v2/{name:.+}"
_ROUTES = {
    "oci.root": ("/v2/", "GET, HEAD"),
    "oci.root_bare": ("/v2", "GET, HEAD"),
    "oci.token": ("/v2/token", "GET, POST"),
    "oci.catalog": ("/v2/_catalog", "GET, HEAD"),
    "oci.tags": (f"{_NAME}/tags/list", "GET, HEAD"),
    "oci.referrers": (f"{_NAME}/referrers/{{digest}}", "GET, HEAD"),
    "oci.manifest": (f"{_NAME}/manifests/{{reference}}", "GET, HEAD, PUT, DELETE"),
    "oci.uploads": (f"{_NAME}/blobs/uploads/", "POST"),
    "oci.uploads_bare": (f"{_NAME}/blobs/uploads", "POST"),
    "oci.upload": (f"{_NAME}/blobs/uploads/{{upload}}", "GET, PATCH, PUT, DELETE"),
    "oci.blob": (f"{_NAME}/blobs/{{digest}}", "GET, HEAD, DELETE"),
}


def includeme(config: Configurator) -> None:
    """Add the routes."""
    for name, (path, _) in _ROUTES.items():
        config.add_route(name, path)
        config.add_view(refuse_method, route_name=name)


def refuse_method(request: Request) -> Response:
    """Say that this address has no such method, and which ones it has."""
    allowed = _ROUTES[request.matched_route.name][1]
    response = refusal(405, "UNSUPPORTED", f"this address has the methods {allowed}")
    response.headers["Allow"] = allowed
    return response
