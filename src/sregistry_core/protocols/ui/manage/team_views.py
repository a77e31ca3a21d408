"""Teams: made, joined, left, changed and deleted."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Scope, TeamRole
from sregistry_core.errors import Malformed
from sregistry_core.models import Invitation, Team
from sregistry_core.services.invitations import key_of
from sregistry_core.web.paging import Asked, Page, page_of

from ..fields import form_field, query_field
from ..pages import page
from .forms import NOTHING_WRONG, Wrong, attempt

TEAMS = "/-/teams"
SHOWN_AT_ONCE = 50
"""Teams, open ones, members, invitations, and collections."""


@view_config(route_name="ui.teams", request_method=("GET", "HEAD"))
def show_teams(request: Request) -> Response:
    """Show the caller's teams, and those that everybody may join."""
    return _teams_page(request, NOTHING_WRONG)


@view_config(route_name="ui.teams", request_method="POST")
def create(request: Request) -> Response:
    """Make a team."""
    request.services.access.require_login()

    def deed() -> str:
        made = request.services.teams.create(form_field(request, "name").strip())
        return f"{TEAMS}/{made.name}?done=team-created"

    return attempt(request, "new", deed, lambda wrong: _teams_page(request, wrong))


@view_config(route_name="ui.team", request_method=("GET", "HEAD"))
def show_team(request: Request) -> Response:
    """Show who is in a team."""
    return team_page(request, NOTHING_WRONG)


@view_config(route_name="ui.team", request_method="POST")
def set_member(request: Request) -> Response:
    """Take somebody in, or change their role."""
    team = managed_team(request)

    def deed() -> str:
        user = form_field(request, "user").strip()
        request.services.teams.add_member(team.name, user, read_role(request))
        return f"{TEAMS}/{team.name}?done=member-changed"

    return attempt(request, "member", deed, lambda wrong: team_page(request, wrong))


@view_config(route_name="ui.remove_member")
def remove_member(request: Request) -> Response:
    """Take somebody out."""
    team = managed_team(request)

    def deed() -> str:
        request.services.teams.remove_member(team.name, form_field(request, "user"))
        return f"{TEAMS}/{team.name}?done=member-removed"

    return attempt(request, "remove", deed, lambda wrong: team_page(request, wrong))


@view_config(route_name="ui.leave_team")
def leave(request: Request) -> Response:
    """Leave a team."""
    request.services.access.require_login()
    team = request.services.teams.find(request.matchdict["team"])

    def deed() -> str:
        request.services.teams.remove_member(team.name, request.caller.name)
        return f"{TEAMS}?done=left"

    return attempt(request, "leave", deed, lambda wrong: team_page(request, wrong))


@view_config(route_name="ui.join_team")
def join(request: Request) -> Response:
    """Join an open team."""
    request.services.access.require_login()

    def deed() -> str:
        team = request.services.team_changes.join(form_field(request, "team"))
        return f"{TEAMS}/{team.name}?done=joined"

    return attempt(request, "join", deed, lambda wrong: _teams_page(request, wrong))


@view_config(route_name="ui.open_team")
def set_open(request: Request) -> Response:
    """Let everybody join, or nobody by themselves."""
    team = managed_team(request)

    def deed() -> str:
        request.services.team_changes.set_open(team.name, form_field(request, "open") == "yes")
        return f"{TEAMS}/{team.name}?done=team-changed"

    return attempt(request, "open", deed, lambda wrong: team_page(request, wrong))


@view_config(route_name="ui.delete_team", request_method=("GET", "HEAD"))
def show_delete(request: Request) -> Response:
    """Show what stands in the way, and ask for the name."""
    return _delete_page(request, NOTHING_WRONG)


@view_config(route_name="ui.delete_team", request_method="POST")
def delete(request: Request) -> Response:
    """Delete a team that owns nothing."""
    team = managed_team(request)

    def deed() -> str:
        request.services.team_changes.delete(team.name, typed=form_field(request, "typed"))
        return f"{TEAMS}?done=team-deleted"

    return attempt(request, "delete", deed, lambda wrong: _delete_page(request, wrong))


def managed_team(request: Request) -> Team:
    """Give the team in the address, which the caller manages."""
    request.services.access.require_login()
    team: Team = request.services.teams.managed(request.matchdict["team"])
    return team


def read_role(request: Request) -> TeamRole:
    """Read the role in a form. Raises Malformed when it is none."""
    try:
        return TeamRole(form_field(request, "role"))
    except ValueError as error:
        raise Malformed("choose a role") from error


def team_page(request: Request, wrong: Wrong) -> Response:
    """Give the page of a team."""
    services = request.services
    services.access.require_login()
    team = services.teams.find(request.matchdict["team"])
    after = query_field(request, "after")
    members = services.teams.members(team.name, after=after, limit=SHOWN_AT_ONCE + 1)
    role = dict(request.caller.teams).get(team.id)
    manages = (role is TeamRole.OWNER or request.caller.is_admin) and services.access.has(
        Scope.ADMIN
    )
    return page(
        request,
        "manage/team",
        status=wrong.status,
        wrong=wrong,
        team=team,
        members=members[:SHOWN_AT_ONCE],
        next_after=members[SHOWN_AT_ONCE - 1].user.name if len(members) > SHOWN_AT_ONCE else None,
        role=role,
        manages=manages,
        roles=list(TeamRole),
        owned_count=services.team_changes.owned_count(team.name),
        after=after,
        invitations=_invitations(request, team) if manages else Page((), None),
    )


def _invitations(request: Request, team: Team) -> Page[Invitation]:
    asked = Asked(query_field(request, "invited"), SHOWN_AT_ONCE)
    found = request.services.invitations.of(team.name, after=asked.after, limit=asked.limit + 1)
    return page_of(found, asked, key_of)


def _teams_page(request: Request, wrong: Wrong) -> Response:
    services = request.services
    services.access.require_login()
    own = {team for team, _ in request.caller.teams}
    after, behind = query_field(request, "after"), query_field(request, "open")
    mine = services.teams.mine(after=after, limit=SHOWN_AT_ONCE + 1)
    asked = Asked(behind, SHOWN_AT_ONCE)
    open_ones = page_of(
        services.team_changes.open_ones(after=behind, limit=asked.limit + 1),
        asked,
        lambda team: team.name,
    )
    settings = request.registry["facilities"].settings
    return page(
        request,
        "manage/teams",
        status=wrong.status,
        wrong=wrong,
        mine=mine[:SHOWN_AT_ONCE],
        next_after=mine[SHOWN_AT_ONCE - 1].name if len(mine) > SHOWN_AT_ONCE else None,
        roles=dict(request.caller.teams),
        after=after,
        open_ones=[team for team in open_ones.entries if team.id not in own],
        next_open=open_ones.next_after,
        behind=behind,
        may_make=request.caller.is_admin or settings.collections_by != "admins",
    )


def _delete_page(request: Request, wrong: Wrong) -> Response:
    team = managed_team(request)
    asked = Asked(query_field(request, "after"), SHOWN_AT_ONCE)
    owned = request.services.team_changes.owned_by(
        team.name, after=asked.after, limit=asked.limit + 1
    )
    shown = page_of(owned, asked, str)
    return page(
        request,
        "manage/delete-team",
        status=wrong.status,
        wrong=wrong,
        team=team,
        owned_count=request.services.team_changes.owned_count(team.name),
        owned=shown.entries,
        next_after=shown.next_after,
        is_first=not asked.after,
    )
