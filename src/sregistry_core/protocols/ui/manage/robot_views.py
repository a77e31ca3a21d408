"""Robots and trusted publishers of a collection, and robots of a team."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Scope
from sregistry_core.errors import Malformed
from sregistry_core.models import Collection, Team
from sregistry_core.names import CollectionName, RobotName, parse_robot_name
from sregistry_core.services.publishers import TrustedPublisher
from sregistry_core.services.robots import RobotAccount
from sregistry_core.services.tokens import NewToken
from sregistry_core.web.paging import Asked, Page, page_of

from ..fields import form_field, form_text, query_field
from ..pages import page
from .forms import NOTHING_WRONG, Wrong, attempt
from .team_views import TEAMS, managed_team
from .things import address_of, managed_collection

SHOWN_AT_ONCE = 25
"""Robots, and publishers."""
_DONE = {
    "revoke": "robot-revoked",
    "disable": "robot-changed",
    "enable": "robot-changed",
    "change": "robot-changed",
    "remove": "robot-removed",
}


@view_config(route_name="ui.robots", request_method=("GET", "HEAD"))
@view_config(route_name="ui.team_robots", request_method=("GET", "HEAD"))
def show_robots(request: Request) -> Response:
    """List the robots, and offer to make one."""
    return _robots_page(request, NOTHING_WRONG)


@view_config(route_name="ui.robots", request_method="POST")
@view_config(route_name="ui.team_robots", request_method="POST")
def create(request: Request) -> Response:
    """Make a robot, and show its first secret: now and never again."""
    owner = _owner(request)

    def make() -> tuple[RobotAccount, NewToken]:
        made = request.services.robots.create(
            _name_of(owner),
            form_field(request, "robot").strip(),
            scope=_scope(request),
            lifetime=_lifetime(request),
        )
        return made.account, made.token

    return _shown_once(request, "new", make)


@view_config(route_name="ui.renew_robot")
@view_config(route_name="ui.renew_team_robot")
def renew(request: Request) -> Response:
    """Give a robot a new token, and end the others."""
    owner = _owner(request)

    def make() -> tuple[RobotAccount, NewToken]:
        name = _robot(request, owner)
        made = request.services.robots.renew(name)
        return request.services.robots.find(name), made

    return _shown_once(request, "change", make)


@view_config(route_name="ui.change_robot")
@view_config(route_name="ui.change_team_robot")
def change(request: Request) -> Response:
    """Change, disable, enable or remove a robot, or end its tokens."""
    owner = _owner(request)
    deed = request.matchdict["deed"]

    def do() -> str:
        robots, name = request.services.robots, _robot(request, owner)
        if deed == "revoke":
            robots.revoke(name)
        elif deed == "remove":
            robots.remove(name)
        elif deed == "change":
            robots.change(name, scope=_scope(request), lifetime=_lifetime(request))
        else:
            robots.change(name, disabled=deed == "disable")
        return f"{_address(owner)}?done={_DONE[deed]}"

    return attempt(request, "change", do, lambda wrong: _robots_page(request, wrong))


@view_config(route_name="ui.publishers")
def add_publisher(request: Request) -> Response:
    """Trust jobs of a site elsewhere."""
    collection = managed_collection(request)

    def deed() -> str:
        request.services.publishers.add(
            collection,
            form_field(request, "publisher").strip(),
            issuer=form_field(request, "issuer"),
            claims=_claims(request),
            scope=_scope(request),
        )
        return f"{address_of(collection, 'robots')}?done=publisher-added"

    return attempt(request, "publisher", deed, lambda wrong: _robots_page(request, wrong))


@view_config(route_name="ui.remove_publisher")
def remove_publisher(request: Request) -> Response:
    """Trust these jobs no more."""
    collection = managed_collection(request)

    def deed() -> str:
        request.services.publishers.remove(collection, request.matchdict["publisher"])
        return f"{address_of(collection, 'robots')}?done=publisher-removed"

    return attempt(request, "publisher", deed, lambda wrong: _robots_page(request, wrong))


def _owner(request: Request) -> Collection | Team:
    if "team" in request.matchdict:
        return managed_team(request)
    return managed_collection(request)


def _name_of(owner: Collection | Team) -> CollectionName | str:
    if isinstance(owner, Team):
        return owner.name
    return CollectionName(owner.entity.name, owner.name)


def _address(owner: Collection | Team) -> str:
    if isinstance(owner, Team):
        return f"{TEAMS}/{owner.name}/robots"
    return address_of(owner, "robots")


def _robot(request: Request, owner: Collection | Team) -> RobotName:
    return RobotName(_name_of(owner), parse_robot_name(request.matchdict["robot"]))


def _scope(request: Request) -> Scope:
    try:
        return Scope(form_field(request, "scope"))
    except ValueError as error:
        raise Malformed("choose what it may do") from error


def _lifetime(request: Request) -> timedelta | None:
    """Read the last day on which a robot works, in UTC; None for an empty field."""
    text = form_field(request, "until")
    if not text:
        return None
    try:
        after = date.fromisoformat(text) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise Malformed("choose the last day on which it works") from error
    now: datetime = request.registry["facilities"].clock()
    left = datetime.combine(after, time(), UTC) - now
    if left <= timedelta(0):
        raise Malformed(f"{text} is over: choose a later day")
    return left


def _claims(request: Request) -> dict[str, str]:
    """Read what a statement must say: repository and branch, and further lines `claim = value`."""
    claims = {}
    for line in form_text(request, "claims").split("\n"):
        if not line.strip():
            continue
        name, sign, value = line.partition("=")
        if not sign:
            raise Malformed(f"{line[:80]!r} is no line such as environment = production")
        claims[name.strip()] = value.strip()
    for name in ("repository", "ref"):
        if value := form_field(request, name).strip():
            claims[form_field(request, f"{name}_claim") or name] = value
    return claims


def _shown_once(
    request: Request, form: str, make: Callable[[], tuple[RobotAccount, NewToken]]
) -> Response:
    """Show the secret that is made, on a page of its own; nothing else ever shows it."""
    owner = _owner(request)
    made: list[tuple[RobotAccount, NewToken]] = []

    def deed() -> str:
        made.append(make())
        return _address(owner)

    response = attempt(request, form, deed, lambda wrong: _robots_page(request, wrong))
    if not made:
        return response
    (account, token), back = made[0], _address(owner)
    return page(request, "manage/new-robot", account=account, made=token, back=back)


def _robots_page(request: Request, wrong: Wrong) -> Response:
    owner = _owner(request)
    collection = owner if isinstance(owner, Collection) else None
    asked = Asked(query_field(request, "after"), SHOWN_AT_ONCE)
    found = request.services.robots.of(_name_of(owner), after=asked.after, limit=asked.limit + 1)
    robots = page_of(found, asked, lambda one: one.robot.name)
    return page(
        request,
        "manage/robots",
        status=wrong.status,
        wrong=wrong,
        collection=collection,
        team=owner if isinstance(owner, Team) else None,
        address=_address(owner),
        after=asked.after,
        robots=robots.entries,
        next_after=robots.next_after,
        trusted=query_field(request, "trusted"),
        publishers=_publishers(request, collection) if collection else Page((), None),
        issuers=request.registry["facilities"].settings.publishers,
        now=request.registry["facilities"].clock(),
    )


def _publishers(request: Request, collection: Collection) -> Page[TrustedPublisher]:
    asked = Asked(query_field(request, "trusted"), SHOWN_AT_ONCE)
    publishers = request.services.publishers
    found = publishers.of(collection, after=asked.after, limit=asked.limit + 1)
    return page_of(found, asked, lambda one: one.robot.name)
