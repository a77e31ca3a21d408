"""The page of a collection: what it is for, and its containers with their tags."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Action
from sregistry_core.names import ContainerName
from sregistry_core.web.paging import Asked, page_of

from ..fields import query_field
from ..pages import page
from .client_commands import Subject, ways_for
from .markdown import first_words, rendered
from .named import collection_of, is_public, path_of

_PAGE = 50
_TAGS = 12
NEW_CONTAINER = "my-image"


@view_config(route_name="ui.collection")
def show_collection(request: Request) -> Response:
    """Show a collection that the caller may see."""
    collection = collection_of(request)
    services = request.services
    asked = Asked(query_field(request, "after"), _PAGE)
    found = services.contents.containers_of(
        collection, after=asked.after, limit=asked.limit + 1, tags=_TAGS
    )
    shown = page_of(found, asked, lambda one: one.container.name)
    may_push = services.access.may(Action.PUSH, collection)
    site = request.registry["ui_site"]
    first = shown.entries[0] if shown.entries else None
    subject = Subject(
        name=ContainerName(
            collection.entity.name,
            collection.name,
            first.container.name if first else NEW_CONTAINER,
        ),
        tag=first.tags[0] if first and first.tags else None,
        digest=None,
        arch=None,
        is_sif=True,
        is_public=is_public(request, collection),
    )
    return page(
        request,
        "content/collection",
        collection=collection,
        path=path_of(collection),
        description=rendered(collection.description) if collection.description else "",
        summary=first_words(collection.description),
        totals=services.contents.summary_of(collection),
        topics=services.contents.topics_of([collection]).get(collection.id, ()),
        containers=shown.entries,
        next_after=shown.next_after,
        is_first=not asked.after,
        first_words=first_words,
        starred=collection.id in services.stars.among([collection]),
        is_public=is_public(request, collection),
        may_manage=services.access.may(Action.MANAGE, collection),
        may_push=may_push,
        ways=ways_for(site, subject, may_push=may_push, home=site.id),
        first=first,
    )
