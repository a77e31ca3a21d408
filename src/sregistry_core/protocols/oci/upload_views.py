"""Blobs on their way in: at once, by a mount, or in chunks that can be resumed."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Action
from sregistry_core.digests import ContentDigest
from sregistry_core.errors import InvalidDigest, InvalidName
from sregistry_core.models import Container
from sregistry_core.web.forms import body_of

from .wire import (
    OciResponse,
    blob_created,
    chunk_headers,
    parse_name,
    read_chunk,
    read_digest,
    read_name,
    upload_path,
)

_ALGORITHMS = ("sha256", "sha512")


@view_config(route_name="oci.uploads", request_method="POST")
@view_config(route_name="oci.uploads_bare", request_method="POST")
def begin_upload(request: Request) -> Response:
    """Mount a blob, take it in at once, or begin an upload.

    What cannot be mounted is to be sent: whether somebody else has it is not told.
    """
    name = read_name(request)
    services = request.services
    algorithm = request.GET.get("digest-algorithm", "sha256")
    if algorithm not in _ALGORITHMS:
        raise InvalidDigest(f"digests of the algorithm {algorithm[:40]!r} are not computed here")
    if "mount" in request.GET:
        digest = ContentDigest.parse(request.GET["mount"])
        if _mount(request, services.repositories.for_push(name), digest):
            return blob_created(request, digest)
    elif "digest" in request.GET:
        digest = read_digest(request)
        services.blob_uploads.receive(
            lambda: services.repositories.for_push(name), digest, body_of(request)
        )
        return blob_created(request, digest)
    upload = services.blob_uploads.begin(services.repositories.for_push(name))
    return OciResponse(status=202, headers=chunk_headers(upload_path(request, upload.id), 0))


@view_config(route_name="oci.upload", request_method="GET")
def show_upload(request: Request) -> Response:
    """Say how much of an upload is here."""
    upload = request.services.blob_uploads.find(_container(request), request.matchdict["upload"])
    headers = chunk_headers(upload_path(request), upload.received_size)
    return OciResponse(status=204, headers=headers)


@view_config(route_name="oci.upload", request_method="PATCH")
def receive_chunk(request: Request) -> Response:
    """Take in a chunk; without Content-Range it is what follows, and may be all of the blob."""
    chunk = read_chunk(request)
    size = request.services.blob_uploads.append(
        _container(request), request.matchdict["upload"], body_of(request), chunk=chunk
    )
    return OciResponse(status=202, headers=chunk_headers(upload_path(request), size))


@view_config(route_name="oci.upload", request_method="PUT")
def finish_upload(request: Request) -> Response:
    """Take in the last chunk, or the whole blob, and let the repository have it."""
    digest, chunk = read_digest(request), read_chunk(request)
    request.services.blob_uploads.finish(
        _container(request), request.matchdict["upload"], digest, body_of(request), chunk=chunk
    )
    return blob_created(request, digest)


@view_config(route_name="oci.upload", request_method="DELETE")
def cancel_upload(request: Request) -> Response:
    """Drop an upload."""
    request.services.blob_uploads.cancel(_container(request), request.matchdict["upload"])
    return Response(status=204)


def _container(request: Request) -> Container:
    container: Container = request.services.repositories.find(read_name(request), Action.PUSH)
    return container


def _mount(request: Request, container: Container, digest: ContentDigest) -> bool:
    services = request.services
    source = None
    if text := request.GET.get("from"):
        try:
            source = services.repositories.readable(parse_name(request, text))
        except InvalidName:
            return False
        if source is None:
            return False
    mounted: bool = services.blobs.mount(container, digest, source)
    return mounted
