"""Share links of a container: made, listed and revoked."""

from datetime import UTC, datetime

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Action
from sregistry_core.errors import Malformed, NotFound
from sregistry_core.models import Container
from sregistry_core.names import ContainerName, ImageName
from sregistry_core.web.paging import Asked, page_of

from ..fields import form_field, query_field
from ..pages import page
from .forms import NOTHING_WRONG, Wrong, attempt
from .things import address_of, container_for

SHOWN_AT_ONCE = 50
_OFFERED = 200
"""Tags that are offered to be shared."""
_MOST_DIGITS = 9


@view_config(route_name="ui.shares", request_method=("GET", "HEAD"))
def show_shares(request: Request) -> Response:
    """List the links, and offer to make one."""
    return _shares_page(request, NOTHING_WRONG)


@view_config(route_name="ui.shares", request_method="POST")
def share(request: Request) -> Response:
    """Make a link."""
    container = container_for(request, Action.MANAGE)

    def deed() -> str:
        now = request.registry["facilities"].clock()
        expires = read_expiry(form_field(request, "expires"), now)
        name = ImageName.of(_name(container), form_field(request, "reference").strip())
        made = request.services.shares.create(name, expires - now if expires else None)
        return f"{address_of(container, 'shares')}?new={made.link.number}"

    return attempt(request, "share", deed, lambda wrong: _shares_page(request, wrong))


@view_config(route_name="ui.revoke_share")
def revoke(request: Request) -> Response:
    """End a link at once."""
    container = container_for(request, Action.MANAGE)

    def deed() -> str:
        number = request.matchdict["number"]
        if len(number) > _MOST_DIGITS:
            raise NotFound(f"the share link {number[:40]} does not exist")
        found = request.services.shares.find(int(number))
        if found.link.container_id != container.id:
            raise NotFound(f"the share link {number} does not exist")
        request.services.shares.revoke(int(number))
        return f"{address_of(container, 'shares')}?done=share-revoked"

    return attempt(request, "revoke", deed, lambda wrong: _shares_page(request, wrong))


def read_expiry(text: str, now: datetime) -> datetime | None:
    """Read the moment in a form, in UTC; None for an empty one, which is never.

    Raises Malformed for what is no moment, or over.
    """
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed("say until when, as a day and a time") from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if moment <= now:
        raise Malformed(f"{text} UTC is over: choose a later moment")
    return moment


def _name(container: Container) -> ContainerName:
    collection = container.collection
    return ContainerName(collection.entity.name, collection.name, container.name)


def _shares_page(request: Request, wrong: Wrong) -> Response:
    container = container_for(request, Action.MANAGE)
    services = request.services
    now = request.registry["facilities"].clock()
    asked = Asked(query_field(request, "after"), SHOWN_AT_ONCE)
    number = int(asked.after) if asked.after.isdecimal() and len(asked.after) < 10 else None
    found = services.shares.of_container(container, before=number, limit=asked.limit + 1)
    shown = page_of(found, asked, lambda share: str(share.link.number))
    shares = shown.entries
    new = query_field(request, "new")
    return page(
        request,
        "manage/shares",
        status=wrong.status,
        wrong=wrong,
        container=container,
        alive=[one for one in shares if one.is_alive(now)],
        over=[one for one in shares if not one.is_alive(now)],
        next_after=shown.next_after,
        new=next((one for one in shares if str(one.link.number) == new), None),
        tags=sorted({tag.name for tag in services.tags.of(container, limit=_OFFERED)}),
        chosen=query_field(request, "reference"),
        now=now,
    )
