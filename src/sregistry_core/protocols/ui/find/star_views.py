"""The star of a collection, given and taken back, and the list of one's own."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.models import Collection
from sregistry_core.names import CollectionName, parse_collection_name, parse_entity_name
from sregistry_core.protocols.ui.fields import form_field
from sregistry_core.protocols.ui.paths import local_path


@view_config(route_name="ui.star")
def give_star(request: Request) -> Response:
    """Star a collection."""
    collection = _collection(request)
    request.services.stars.give(collection)
    return _back(request, collection)


@view_config(route_name="ui.unstar")
def take_star(request: Request) -> Response:
    """Take one's star back."""
    collection = _collection(request)
    request.services.stars.take(collection)
    return _back(request, collection)


def _collection(request: Request) -> Collection:
    said = request.matchdict
    name = CollectionName(
        parse_entity_name(said["entity"]), parse_collection_name(said["collection"])
    )
    collection: Collection = request.services.catalog.collection(name)
    return collection


def _back(request: Request, collection: Collection) -> Response:
    back = form_field(request, "back")
    name = f"/{collection.entity.name}/{collection.name}"
    return HTTPSeeOther(location=local_path(back) if back else name)
