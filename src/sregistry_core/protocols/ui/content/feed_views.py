"""Feeds of new images: of the registry, of an entity and of a collection."""

from datetime import datetime

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.services.access import name_of
from sregistry_core.services.newest import NewImage

from .feeds import atom_feed
from .named import collection_of, entity_of, path_of


@view_config(route_name="ui.feed")
def show_feed(request: Request) -> Response:
    """Tell of the newest images of the registry that the caller may see."""
    site = request.registry["ui_site"]
    since = request.registry["facilities"].clock()
    return _feed(request, request.services.newest.images(), "/", site.name, since)


@view_config(route_name="ui.entity_feed")
def show_entity_feed(request: Request) -> Response:
    """Tell of the newest images of an entity."""
    entity = entity_of(request)
    images = request.services.newest.images(entity=entity)
    return _feed(request, images, path_of(entity), entity.name, entity.created_at)


@view_config(route_name="ui.collection_feed")
def show_collection_feed(request: Request) -> Response:
    """Tell of the newest images of a collection."""
    collection = collection_of(request)
    images = request.services.newest.images(collection=collection)
    return _feed(request, images, path_of(collection), name_of(collection), collection.created_at)


def _feed(
    request: Request, images: list[NewImage], path: str, title: str, since: datetime
) -> Response:
    url = request.registry["ui_site"].address.url
    body = atom_feed(images, url=url, path=path, title=title, since=since)
    return Response(body, content_type="application/atom+xml", charset="utf-8")
