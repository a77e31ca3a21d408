"""Names, images, pulls, search and delete, as the library client asks for them."""

from collections.abc import Mapping, Sequence

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Redirect
from sregistry_core.digests import Digest
from sregistry_core.models import BlobState, Image
from sregistry_core.names import CollectionName, ContainerName, ImageName
from sregistry_core.services.search import Query
from sregistry_core.web.caching import keep_for_a_moment
from sregistry_core.web.dialects import json_response
from sregistry_core.web.forms import read_json
from sregistry_core.web.handoff import respond

from .wire import (
    collection_json,
    container_json,
    entity_json,
    image_json,
    read_arch,
    search_json,
    search_query,
)


@view_config(route_name="library.entity")
def show_entity(request: Request) -> Response:
    """Show an entity."""
    return json_response({"data": entity_json(request.services.catalog.entity(_name(request)))})


@view_config(route_name="library.entities")
def create_entity(request: Request) -> Response:
    """Give the caller's entity: entities are made with users and teams."""
    name = read_json(request).text("name")
    return json_response({"data": entity_json(request.services.catalog.create_entity(name))})


@view_config(route_name="library.collection")
def show_collection(request: Request) -> Response:
    """Show a collection."""
    name = CollectionName.parse(_name(request), home=_home(request))
    return json_response({"data": collection_json(request.services.catalog.collection(name))})


@view_config(route_name="library.collections")
def create_collection(request: Request) -> Response:
    """Make a collection, or give the one that is there; all clients send `private` as false."""
    form = read_json(request)
    catalog = request.services.catalog
    collection = catalog.create_collection(
        catalog.entity_by_id(form.text("entity")),
        form.text("name"),
        description=form.text("description", ""),
        exist_ok=True,
    )
    return json_response({"data": collection_json(collection)})


@view_config(route_name="library.container")
def show_container(request: Request) -> Response:
    """Show a container."""
    name = ContainerName.parse(_name(request), home=_home(request))
    services = request.services
    container = services.catalog.container(name)
    return json_response({"data": container_json(container, services.tags.of(container))})


@view_config(route_name="library.containers")
def create_container(request: Request) -> Response:
    """Make a container, or give the one that is there."""
    form = read_json(request)
    services = request.services
    container = services.catalog.create_container(
        services.catalog.collection_by_id(form.text("collection")),
        form.text("name"),
        description=form.text("description", ""),
        exist_ok=True,
    )
    return json_response({"data": container_json(container, services.tags.of(container))})


@view_config(route_name="library.image")
def show_image(request: Request) -> Response:
    """Show an image whose bytes are here."""
    services = request.services
    image = services.images.resolve(_image_name(request), read_arch(request.GET))
    tags = services.images.tags_of([image])[image.id]
    said = json_response({"data": image_json(image, tags, _signers(request, image))})
    return keep_for_a_moment(request, said, image.container)


@view_config(route_name="library.images")
def announce_image(request: Request) -> Response:
    """Announce an image. `uploaded` tells the client whether its bytes are still wanted."""
    form = read_json(request)
    services = request.services
    image = services.uploads.announce(
        services.catalog.container_by_id(form.text("container")),
        Digest.parse(form.text("hash")),
        form.text("description", ""),
    )
    said = image_json(image, (), _signers(request, image))
    # What is only claimed to be here is better sent once more.
    said["uploaded"] = image.blob is not None and image.blob.state is BlobState.VERIFIED
    return json_response({"data": said})


@view_config(route_name="library.imagefile")
def download(request: Request) -> Response:
    """Send an image, or say where to fetch it in ranges: 303 is the client's word for that."""
    services = request.services
    image = services.images.pullable(_image_name(request), read_arch(request.GET))
    delivery = services.downloads.open(image)
    above = request.registry["facilities"].settings.parallel_download_above
    in_ranges = not isinstance(delivery.handoff, Redirect) and 0 < above < delivery.size
    if in_ranges and request.method == "GET" and "Range" not in request.headers:
        said = Response(status=303, headers={"Location": services.downloads.address(image)})
        return keep_for_a_moment(request, said, image.container)
    return respond(request, delivery, redirect=303)


@view_config(route_name="library.delete_image")
def delete_image(request: Request) -> Response:
    """Delete the image that a tag or a digest means. The client takes no other status than 200."""
    services = request.services
    services.images.delete(services.images.resolve(_image_name(request), read_arch(request.GET)))
    return json_response({"data": {}})


@view_config(route_name="library.search")
def search(request: Request) -> Response:
    """Search; the oldest clients show collections and containers, the newer ones images."""
    query: Query = search_query(request.GET)
    services = request.services
    found = services.search
    images = found.images(query)
    return json_response(
        {
            "data": search_json(
                found.entities(query),
                found.collections(query),
                found.containers(query),
                images,
                services.images.tags_of(images),
                services.verification.signers_of(images),
            )
        }
    )


def _signers(request: Request, image: Image) -> Sequence[str]:
    signers: Mapping[str, Sequence[str]] = request.services.verification.signers_of([image])
    return signers.get(image.id, ())


def _name(request: Request) -> str:
    name: str = request.matchdict["name"]
    return name


def _home(request: Request) -> str:
    home: str = request.registry["facilities"].settings.id
    return home


def _image_name(request: Request) -> ImageName:
    return ImageName.parse(_name(request), home=_home(request))
