"""Manifests, and images behind share links."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.names import ImageName
from sregistry_core.web.dialects import json_response
from sregistry_core.web.handoff import respond

from .wire import manifest_json


@view_config(route_name="shub.manifest")
@view_config(route_name="shub.manifest_of_entity")
def show_manifest(request: Request) -> Response:
    """Say what an image is called, and where its bytes are."""
    said = request.matchdict
    home = request.registry["facilities"].settings.id
    entity = said.get("entity", home)
    name = ImageName.parse(f"{entity}/{said['collection']}/{said['container']}", home=home)
    image = request.services.images.resolve(name)
    address = request.services.downloads.address(image)
    return json_response(manifest_json(image, name, address))


@view_config(route_name="shub.shared_manifest")
def show_shared_manifest(request: Request) -> Response:
    """Say where the bytes behind a share link are; the link is the permission."""
    said = request.matchdict
    image, address = request.services.downloads.address_of_share(
        said["token"], said["container"], said["collection"]
    )
    name = ImageName.parse(f"{said['collection']}/{said['container']}", home="shared")
    return json_response(manifest_json(image, name, address))


@view_config(route_name="shub.shared_image")
def show_shared_image(request: Request) -> Response:
    """Send the image behind a share link, for a browser or `curl`."""
    said = request.matchdict
    delivery = request.services.downloads.open_share(
        said["token"], said["container"], said["collection"]
    )
    return respond(request, delivery)
