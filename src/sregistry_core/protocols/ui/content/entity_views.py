"""The page of an entity: whose it is, and what is in it."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.web.paging import Asked, page_of

from ..fields import query_field
from ..pages import page
from .markdown import first_words, rendered
from .named import entity_of, path_of

_PAGE = 50


@view_config(route_name="ui.entity")
def show_entity(request: Request) -> Response:
    """Show an entity and the collections that the caller may see."""
    entity = entity_of(request)
    contents = request.services.contents
    asked = Asked(query_field(request, "after"), _PAGE)
    found = contents.collections_of(entity, after=asked.after, limit=asked.limit + 1)
    shown = page_of(found, asked, lambda one: one.collection.name)
    return page(
        request,
        "content/entity",
        entity=entity,
        path=path_of(entity),
        description=rendered(entity.description) if entity.description else "",
        summary=first_words(entity.description),
        collections=shown.entries,
        topics=contents.topics_of([one.collection for one in shown.entries]),
        first_words=first_words,
        next_after=shown.next_after,
        is_first=not asked.after,
    )
