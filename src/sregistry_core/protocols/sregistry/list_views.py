"""Lists and searches of the sregistry client."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed, NotFound
from sregistry_core.services.listings import Span, Wanted
from sregistry_core.services.search import Query
from sregistry_core.web.dialects import json_response

from .asked import neighbour, short_entity, span, wanted
from .wire import label_json, listed_json, page_json, shelf_json

USUAL_LIMIT = 100
_ONE = Span(limit=1)
_ALL = Span()
_MANY = Span(limit=1000)


@view_config(route_name="sregistry.collections")
def list_collections(request: Request) -> Response:
    """List collections: all of them, unless a part is asked for."""
    asked, part = wanted(request), span(request, usual=None)
    shelves = request.services.listings.shelves(asked, part)
    count = request.services.listings.count_shelves(asked)
    short, url = short_entity(request), _public_url(request)
    return json_response(
        page_json(
            [shelf_json(one, short, url) for one in shelves],
            count,
            next_url=neighbour(request, part, count=count, step=1),
            previous_url=neighbour(request, part, count=count, step=-1),
        )
    )


@view_config(route_name="sregistry.collection_by_id")
def show_collection_by_id(request: Request) -> Response:
    """Show one collection."""
    collection = request.services.catalog.collection_by_id(request.matchdict["id"])
    asked = Wanted(entity=collection.entity.name, collection=collection.name)
    return _collection(request, asked) or _absent()


@view_config(route_name="sregistry.collection")
def show_collection(request: Request) -> Response:
    """Show one collection; sregistry 0.2.39 says "No collections found" for an empty object."""
    try:
        return _collection(request, wanted(request)) or json_response({})
    except Malformed:
        return json_response({})


@view_config(route_name="sregistry.collection_search")
def search_collections(request: Request) -> Response:
    """Find collections by a part of their names or descriptions."""
    found = request.services.search.collections(Query(text=request.matchdict["text"]))
    short, url = short_entity(request), _public_url(request)
    prefixed = bool(request.matchdict["entity"])
    shelves = [
        shelf
        for one in found
        if not prefixed or one.entity.name == short
        for shelf in request.services.listings.shelves(Wanted(one.entity.name, one.name), _ONE)
    ]
    return json_response([shelf_json(one, short, url) for one in shelves])


@view_config(route_name="sregistry.containers")
def list_containers(request: Request) -> Response:
    """List tags, page by page."""
    asked, part = wanted(request), span(request, usual=USUAL_LIMIT)
    listed = request.services.listings.tagged(asked, part)
    count = request.services.listings.count_tagged(asked)
    short = short_entity(request)
    return json_response(
        page_json(
            [listed_json(one, short) for one in listed],
            count,
            next_url=neighbour(request, part, count=count, step=1),
            previous_url=neighbour(request, part, count=count, step=-1),
        )
    )


@view_config(route_name="sregistry.container_by_id")
def show_container_by_id(request: Request) -> Response:
    """Show one image under the first of its tags."""
    image = request.services.images.by_id(request.matchdict["id"])
    container = image.container
    asked = Wanted(container.collection.entity.name, container.collection.name, container.name)
    for one in request.services.listings.tagged(asked, _ALL):
        if one.image.id == image.id:
            return json_response(listed_json(one, short_entity(request)))
    return _absent()


@view_config(route_name="sregistry.search")
@view_config(route_name="sregistry.search_tag")
@view_config(route_name="sregistry.search_in")
@view_config(route_name="sregistry.search_tag_in")
def search_containers(request: Request) -> Response:
    """Find tags by the name of their container; what can be no name finds nothing."""
    try:
        found = request.services.listings.tagged(wanted(request), _MANY)
        short = short_entity(request)
    except Malformed:
        return json_response([])
    return json_response([listed_json(one, short) for one in found])


@view_config(route_name="sregistry.labels")
@view_config(route_name="sregistry.labels_of_key")
@view_config(route_name="sregistry.labels_of_value")
@view_config(route_name="sregistry.labels_of_both")
def search_labels(request: Request) -> Response:
    """Find labels by key and value, with the names of what bears them."""
    said = request.matchdict
    found = request.services.listings.labels(
        wanted(request), name=said.get("key"), value=said.get("value")
    )
    short = short_entity(request)
    return json_response([label_json(one, short) for one in found])


def _collection(request: Request, asked: Wanted) -> Response | None:
    shelves = request.services.listings.shelves(asked, _ONE)
    if not shelves:
        return None
    return json_response(shelf_json(shelves[0], short_entity(request), _public_url(request)))


def _absent() -> Response:
    raise NotFound("Not found.")


def _public_url(request: Request) -> str:
    url: str = request.registry["facilities"].settings.public_url
    return url
