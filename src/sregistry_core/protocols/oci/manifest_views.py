"""Manifests: shown, pushed and deleted, by tag or by digest."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Action
from sregistry_core.errors import InvalidDigest, InvalidManifest, ManifestUnknown, TooLarge
from sregistry_core.services.manifest_reference import Reference
from sregistry_core.services.seen import AnyContainer, AnyManifest
from sregistry_core.web.caching import keep_for_a_moment
from sregistry_core.web.forms import body_of

from .wire import (
    LARGEST_MANIFEST,
    manifest_response,
    pushed_response,
    read_accepted,
    read_name,
)


@view_config(route_name="oci.manifest", request_method="GET")
def show_manifest(request: Request) -> Response:
    """Show a manifest; a GET of what is no SIF counts as a pull."""
    manifest, container = _find(request)
    if request.method == "GET":
        request.services.manifest_glimpses.count(manifest)
    response = manifest_response(request, manifest)
    # Answers from a cache would not be counted, and of a tag they depend on what is accepted.
    is_the_same_for_all = manifest.image_id is not None and ":" in request.matchdict["reference"]
    if not is_the_same_for_all:
        return response
    return keep_for_a_moment(request, response, container)


@view_config(route_name="oci.manifest", request_method="PUT")
def push_manifest(request: Request) -> Response:
    """Take in a manifest of at most 4 MiB; `tag` in the query may name further tags."""
    name = read_name(request)
    reference = Reference.parse(request.matchdict["reference"])
    if (request.content_length or 0) > LARGEST_MANIFEST:
        raise TooLarge(f"{request.content_length} bytes: a manifest has {LARGEST_MANIFEST} at most")
    services = request.services
    container = services.repositories.for_push(name)
    body = body_of(request).read(LARGEST_MANIFEST + 1)
    if len(body) > LARGEST_MANIFEST:
        raise TooLarge(f"a manifest has at most {LARGEST_MANIFEST} bytes")
    pushed = services.manifests.put(
        container,
        reference,
        body,
        content_type=request.headers.get("Content-Type"),
        tags=request.GET.getall("tag"),
    )
    return pushed_response(request, pushed)


@view_config(route_name="oci.manifest", request_method="DELETE")
def delete_manifest(request: Request) -> Response:
    """Delete a tag, or a manifest with its tags."""
    services = request.services
    name = read_name(request)
    reference = Reference.parse(request.matchdict["reference"])
    container = services.repositories.find(name, Action.DELETE)
    services.manifests.delete(container, reference)
    return Response(status=202)


def _find(request: Request) -> tuple[AnyManifest, AnyContainer]:
    services = request.services
    name, accepted = read_name(request), read_accepted(request)
    try:
        reference = Reference.parse(request.matchdict["reference"])
    except (InvalidManifest, InvalidDigest) as error:
        services.repositories.find(name)
        if isinstance(error, InvalidDigest):
            raise
        # What can be no tag is not there.
        raise ManifestUnknown(str(error)) from error
    seen = services.manifest_glimpses.find(name, reference, accepted=accepted)
    if seen is not None:
        return seen, seen.container
    container = services.repositories.find(name)
    return services.manifests.find(container, reference, accepted=accepted), container
