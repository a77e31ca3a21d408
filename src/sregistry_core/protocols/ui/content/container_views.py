"""The page of a container: the address that clients print after a push."""

from collections.abc import Sequence

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Action, Caller
from sregistry_core.models import Container
from sregistry_core.names import DEFAULT_TAG, ContainerName
from sregistry_core.services import Services
from sregistry_core.services.contents import ShownTag
from sregistry_core.web.paging import Asked, page_of

from ..amounts import in_bytes, in_groups
from ..fields import query_field
from ..pages import page
from .badge import badge_svg, snippets
from .charts import first_day, pull_chart
from .client_commands import Subject, ways_for
from .markdown import first_words, rendered
from .named import container_name_of, container_of, is_public, path_of

_PAGE = 50
_MOVES = 50
_BADGE_SECONDS = 300


@view_config(route_name="ui.container")
def show_container(request: Request) -> Response:
    """Show a container that the caller may see, the tags that moved last first."""
    container = container_of(request)
    services, site = request.services, request.registry["ui_site"]
    asked = Asked(query_field(request, "after"), _PAGE)
    found = services.contents.tags_of(container, after=asked.after, limit=asked.limit + 1)
    shown = page_of(found, asked, lambda tag: tag.key)
    path, public = path_of(container), is_public(request, container.collection)
    may_push = services.access.may(Action.PUSH, container)
    today = request.registry["facilities"].clock().date()
    subject = _subject(request, container, shown.entries)
    return page(
        request,
        "content/container",
        container=container,
        collection=container.collection,
        path=path,
        description=rendered(container.description) if container.description else "",
        summary=first_words(container.description or container.collection.description),
        totals=services.contents.summary_of_container(container),
        tags=shown.entries,
        next_after=shown.next_after,
        is_first=not asked.after,
        pulls=pull_chart(services.provenance.pulls_of(container, first_day(today)), today),
        is_public=public,
        may_push=may_push,
        may_manage=services.access.may(Action.MANAGE, container),
        ways=ways_for(site, subject, may_push=may_push, home=site.id),
        badges=_snippets(request, container, path) if public else {},
    )


@view_config(route_name="ui.container_history")
def show_history(request: Request) -> Response:
    """Show what the tags of a container pointed at, or one of them, the newest move first."""
    container = container_of(request)
    tag = query_field(request, "tag")
    asked = Asked(query_field(request, "after"), _MOVES)
    moves = request.services.tag_history.of(
        container, tag or None, after=asked.after, limit=asked.limit + 1
    )
    shown = page_of(moves, asked, lambda move: move.id)
    return page(
        request,
        "content/history",
        container=container,
        collection=container.collection,
        path=path_of(container),
        tag=tag,
        moves=shown.entries,
        next_after=shown.next_after,
    )


@view_config(route_name="ui.badge")
def show_badge(request: Request) -> Response:
    """Give the badge of a container that everybody may see, whoever asks."""
    name: ContainerName = container_name_of(request)
    # Caches keep it for everybody, and other pages show it: what only the caller sees is not in it.
    facilities = request.registry["facilities"]
    services = Services(request.db, Caller.anonymous(), facilities)
    container = services.catalog.container(name)
    newest = services.contents.tags_of(container, limit=1)
    told = f":{newest[0].name}" if newest else ""
    size = f" · {in_bytes(newest[0].size)}" if newest and newest[0].size else ""
    totals = services.contents.summary_of_container(container)
    pulls = f" · {in_groups(totals.pull_count)} pulls" if totals and totals.pull_count else ""
    picture = badge_svg(f"{name.container}{told}", f"{request.registry['ui_site'].id}{size}{pulls}")
    response = Response(picture, content_type="image/svg+xml", charset="utf-8")
    response.headers["Cache-Control"] = f"public, max-age={_BADGE_SECONDS}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _subject(request: Request, container: Container, tags: Sequence[ShownTag]) -> Subject:
    """Give what one pulls: `latest` where there is such a tag, else the tag that moved last."""
    chosen = next((tag for tag in tags if tag.name == DEFAULT_TAG), tags[0] if tags else None)
    collection = container.collection
    return Subject(
        name=ContainerName(collection.entity.name, collection.name, container.name),
        tag=chosen.name if chosen else None,
        digest=None,
        arch=chosen.images[0].arch if chosen and len(chosen.images) == 1 else None,
        is_sif=chosen is None or bool(chosen.images),
        is_public=is_public(request, collection),
    )


def _snippets(request: Request, container: Container, path: str) -> dict[str, str]:
    url = request.registry["ui_site"].address.url
    return snippets(f"{url}{path}", f"{url}{path}/-/badge.svg", container.name)
