"""Manifests, and images behind share links."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed, NotAllowed, NotFound
from sregistry_core.names import DEFAULT_TAG, ImageName
from sregistry_core.services import Services
from sregistry_core.services.client_credentials import Spelling
from sregistry_core.services.freezing import is_frozen_whole
from sregistry_core.services.seen import AnyImage, SeenImage
from sregistry_core.web.caching import keep_for_a_moment
from sregistry_core.web.dialects import json_response
from sregistry_core.web.handoff import respond
from sregistry_core.web.signed_header import is_sregistry_client, services_of

from .wire import manifest_json


@view_config(route_name="shub.manifest")
@view_config(route_name="shub.manifest_of_entity")
@view_config(route_name="shub.manifest_in_full")
def show_manifest(request: Request) -> Response:
    """Say what an image is called, and where its bytes are."""
    asked = request.matchdict
    home = request.registry["facilities"].settings.id
    services = services_of(request, "pull", _spellings(request))
    try:
        path = f"{asked.get('entity', home)}/{asked['collection']}/{asked['container']}"
        name = ImageName.parse(path, home=home)
        image = services.images.pullable(name)
    except (Malformed, NotFound) as error:
        raise _refusal(request, error) from error
    address = services.downloads.address(image)
    said = manifest_json(image, name, address, frozen=_is_frozen(services, image, name))
    return keep_for_a_moment(request, json_response(said), image.container)


@view_config(route_name="shub.shared_manifest")
def show_shared_manifest(request: Request) -> Response:
    """Say where the bytes behind a share link are; the link is the permission."""
    said = request.matchdict
    image, address = request.services.downloads.address_of_share(
        said["token"], said["container"], said["collection"]
    )
    name = ImageName.parse(f"{said['collection']}/{said['container']}", home="shared")
    frozen = is_frozen_whole(image.container)
    return json_response(manifest_json(image, name, address, frozen=frozen))


@view_config(route_name="shub.shared_image")
def show_shared_image(request: Request) -> Response:
    """Send the image behind a share link, for a browser or `curl`."""
    said = request.matchdict
    delivery = request.services.downloads.open_share(
        said["token"], said["container"], said["collection"]
    )
    return respond(request, delivery)


def _refusal(request: Request, error: Malformed | NotFound) -> Exception:
    """Give the refusal that the client can do something with.

    sregistry 0.2.39 signs its request only after a 403. So without a header it gets one for
    whatever is not there or hidden from it, always in the same words.
    """
    if not is_sregistry_client(request):
        return error
    if "Authorization" not in request.headers:
        return NotAllowed("Authentication Required")
    # It would take a 400 for an answer, and end without a word.
    return NotFound(str(error))


def _spellings(request: Request) -> list[Spelling]:
    """Give what the sregistry client may have signed: it knows names of two parts, folded."""
    said = request.matchdict
    name, _, tag = said["container"].partition("@")[0].partition(":")
    tag = tag or DEFAULT_TAG
    collections = (
        {said["collection"], f"{said['entity']}/{said['collection']}"}
        if ("entity" in said)
        else {said["collection"]}
    )
    exact = [Spelling(one, name, tag) for one in collections]
    return [*exact, *(Spelling(one.lower(), name.lower(), tag.lower()) for one in collections)]


def _is_frozen(services: Services, image: AnyImage, name: ImageName) -> bool:
    if isinstance(image, SeenImage):
        return image.frozen
    if is_frozen_whole(image.container) or name.tag is None:
        return is_frozen_whole(image.container)
    return services.tags.is_frozen(image.container, name.tag)
