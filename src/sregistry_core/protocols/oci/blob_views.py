"""Blobs: sent, whole or in ranges, and deleted."""

import re

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Action
from sregistry_core.digests import ContentDigest
from sregistry_core.errors import RangeUnsatisfiable
from sregistry_core.web.handoff import respond

from .wire import read_name

_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{1,18})\Z")


@view_config(route_name="oci.blob", request_method="GET")
def send_blob(request: Request) -> Response:
    """Send a blob, or say where it is."""
    name = read_name(request)
    digest = ContentDigest.parse(request.matchdict["digest"])
    services = request.services
    delivery = services.blobs.glimpse(name, digest)
    if delivery is None:
        delivery = services.blobs.open(services.repositories.find(name), digest)
    found = _RANGE.match(request.headers.get("Range", "").strip().lower())
    if found and int(found[2]) < int(found[1]):
        # RFC 9110 lets a server pass over such a range; the conformance program wants it refused.
        raise RangeUnsatisfiable(delivery.size)
    response = respond(request, delivery, redirect=307)
    response.headers["Docker-Content-Digest"] = str(digest)
    return response


@view_config(route_name="oci.blob", request_method="DELETE")
def delete_blob(request: Request) -> Response:
    """Take a blob out of a repository."""
    name = read_name(request)
    digest = ContentDigest.parse(request.matchdict["digest"])
    services = request.services
    services.blobs.delete(services.repositories.find(name, Action.DELETE), digest)
    return Response(status=202)
