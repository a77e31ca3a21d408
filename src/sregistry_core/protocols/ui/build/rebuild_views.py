"""The images of a collection that are built anew by themselves: when, and what came of it."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed
from sregistry_core.models import Collection, Container, Verdict
from sregistry_core.names import DEFAULT_TAG, ContainerName, parse_container_name
from sregistry_core.services.rebuilds import MOST_DAYS, RebuildWish
from sregistry_core.web.paging import Asked, page_of

from ..fields import form_field, query_field
from ..manage.forms import NOTHING_WRONG, Wrong, attempt
from ..manage.things import address_of, managed_collection
from ..pages import page
from ..texts import _

VERDICTS = {
    Verdict.SAME: _("Same as before"),
    Verdict.CHANGED: _("Changed"),
    Verdict.BROKEN: _("Broken"),
}
_SHOWN_AT_ONCE = 30
_MOST_SUGGESTED = 100
_MOST_DIGITS = 3


@view_config(route_name="ui.rebuilds", request_method=("GET", "HEAD"))
def list_rebuilds(request: Request) -> Response:
    """List them, and offer to add one."""
    return _rebuilds_page(request, managed_collection(request), NOTHING_WRONG)


@view_config(route_name="ui.rebuilds", request_method="POST")
def set_rebuild(request: Request) -> Response:
    """Build the image of a tag anew from now on, or change when."""
    collection = managed_collection(request)

    def do() -> str:
        container, (tag, arch) = _container(request, collection), _tag(request)
        wish = RebuildWish(_days(request), form_field(request, "when_base_moves") == "yes")
        request.services.rebuilds.set(container, tag, wish, arch=arch)
        return f"{address_of(collection, 'rebuilds')}?done=rebuild-set"

    return attempt(request, "set", do, lambda wrong: _again(request, wrong))


@view_config(route_name="ui.change_rebuild")
def change_rebuild(request: Request) -> Response:
    """Build an image anew at once, or no more."""
    collection, deed = managed_collection(request), request.matchdict["deed"]

    def do() -> str:
        container, (tag, arch) = _container(request, collection), _tag(request)
        rebuilds = request.services.rebuilds
        if deed == "now":
            rebuilds.now(container, tag, arch)
        else:
            rebuilds.remove(container, tag, arch)
        return f"{address_of(collection, 'rebuilds')}?done=rebuild-{deed}"

    return attempt(request, "change", do, lambda wrong: _again(request, wrong))


def _again(request: Request, wrong: Wrong) -> Response:
    return _rebuilds_page(request, managed_collection(request), wrong)


def _rebuilds_page(request: Request, collection: Collection, wrong: Wrong) -> Response:
    services, asked = request.services, Asked(query_field(request, "after"), _SHOWN_AT_ONCE)
    found = services.rebuilds.of(collection, after=asked.after, limit=asked.limit + 1)
    shown = page_of(found, asked, lambda one: one.id)
    containers = services.catalog.containers(collection, limit=_MOST_SUGGESTED)
    return page(
        request,
        "build/rebuilds",
        status=wrong.status,
        wrong=wrong,
        collection=collection,
        rows=shown.entries,
        next_after=shown.next_after,
        is_first=not asked.after,
        verdicts=VERDICTS,
        suggested=[one.name for one in containers],
        most_days=MOST_DAYS,
        has_builder=bool(request.registry["facilities"].plugins.builders),
        draft={
            "container": query_field(request, "container"),
            "tag": query_field(request, "tag") or DEFAULT_TAG,
            "arch": query_field(request, "arch"),
            "every_days": query_field(request, "every_days"),
            "when_base_moves": query_field(request, "when_base_moves"),
        },
    )


def _container(request: Request, collection: Collection) -> Container:
    name = ContainerName(
        collection.entity.name,
        collection.name,
        parse_container_name(form_field(request, "container").strip()),
    )
    found: Container = request.services.catalog.container(name)
    return found


def _tag(request: Request) -> tuple[str, str | None]:
    tag, arch = form_field(request, "tag").strip(), form_field(request, "arch").strip()
    return tag or DEFAULT_TAG, arch or None


def _days(request: Request) -> int | None:
    text = form_field(request, "every_days").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise Malformed(f"{text[:40]} is no number of days from 1 to {MOST_DAYS}")
    return int(text)
