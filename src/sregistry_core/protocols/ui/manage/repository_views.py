"""The repository of Git that a collection is built from."""

from collections.abc import Callable
from datetime import timedelta

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed, NotFound
from sregistry_core.models import Collection, Forge
from sregistry_core.services.git_connections import Connected, Wanted

from ..fields import form_field, form_text
from ..pages import page
from .forms import NOTHING_WRONG, Wrong, attempt
from .things import address_of, managed_collection

_PAUSES = {"": None, "5m": 5, "1h": 60, "1d": 24 * 60}
"""How often it is looked at, in minutes."""


@view_config(route_name="ui.repository", request_method=("GET", "HEAD"))
def show_repository(request: Request) -> Response:
    """Show how it is connected, and offer to change that."""
    return _repository_page(request, NOTHING_WRONG)


@view_config(route_name="ui.repository", request_method="POST")
def connect(request: Request) -> Response:
    """Connect it, or change how it is connected; a new secret is shown at once and never again."""
    collection = managed_collection(request)
    connections = request.services.git_connections
    return _shown_once(request, "connect", lambda: connections.set(collection, _wanted(request)))


@view_config(route_name="ui.change_repository")
def change(request: Request) -> Response:
    """Look at it now, renew a secret or the key, or end the connection."""
    collection = managed_collection(request)
    connections = request.services.git_connections
    deed = request.matchdict["deed"]
    if deed == "secret":
        return _shown_once(request, "change", lambda: connections.renew_secret(collection))

    def do() -> str:
        if deed == "key":
            connections.renew_key(collection)
        elif deed == "disconnect":
            connections.remove(collection)
        else:
            connections.look(collection, everything=form_field(request, "everything") == "yes")
        return f"{address_of(collection, 'repository')}?done=repository-{deed}"

    return attempt(request, "change", do, lambda wrong: _repository_page(request, wrong))


def _wanted(request: Request) -> Wanted:
    try:
        forge = Forge(text) if (text := form_field(request, "forge")) else None
        pause = _PAUSES[form_field(request, "poll")]
    except (ValueError, KeyError) as error:
        raise Malformed("choose one of those that are offered") from error
    return Wanted(
        url=form_field(request, "url").strip(),
        forge=forge,
        branches=tuple(form_text(request, "branches").split()),
        patterns=tuple(form_text(request, "paths").split("\n")),
        container=form_field(request, "container"),
        poll=timedelta(minutes=pause) if pause is not None else None,
        token=_token(request, "token"),
        status_token=_token(request, "status_token"),
    )


def _token(request: Request, name: str) -> str | None:
    """Give a token; an empty field leaves the one that is there, unless it is to be forgotten."""
    if form_field(request, f"forget_{name}") == "yes":
        return ""
    return form_field(request, name).strip() or None


def _shown_once(request: Request, form: str, make: Callable[[], Connected]) -> Response:
    collection = managed_collection(request)
    made: list[Connected] = []

    def deed() -> str:
        made.append(make())
        return f"{address_of(collection, 'repository')}?done=repository-changed"

    response = attempt(request, form, deed, lambda wrong: _repository_page(request, wrong))
    if not made or made[0].secret is None:
        return response
    return _shown(request, collection, made[0], NOTHING_WRONG)


def _repository_page(request: Request, wrong: Wrong) -> Response:
    collection = managed_collection(request)
    connections = request.services.git_connections
    try:
        found = connections.find(collection)
    except NotFound:
        found = None
    return _shown(request, collection, found, wrong)


def _shown(
    request: Request, collection: Collection, found: Connected | None, wrong: Wrong
) -> Response:
    row = found.connection if found is not None else None
    minutes = (row.poll_seconds or 0) // 60 if row is not None else 0
    pause = next((name for name, one in _PAUSES.items() if one and one >= minutes), "1d")
    return page(
        request,
        "manage/repository",
        status=wrong.status,
        wrong=wrong,
        collection=collection,
        found=found,
        row=row,
        pause=pause if minutes else "",
        forges=[str(one) for one in Forge],
        has_builder=bool(request.registry["facilities"].plugins.builders),
    )
