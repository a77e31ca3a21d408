"""Teams and who is in them."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.contracts import TeamRole
from sregistry_core.web.paging import read_page

from .addressed import part
from .answers import answer, created, nothing, page
from .endpoints import endpoint
from .members import read_changes, read_members
from .wire import member_json, team_json


@endpoint("api.teams", "after", "limit")
def list_teams(request: Request) -> Response:
    """Show the teams that the caller is in; all of them to an administrator."""
    asked = read_page(request)
    teams = request.services.teams.mine(after=asked.after, limit=asked.limit + 1)
    return page(request, teams, asked, key=lambda team: team.name, to_json=team_json)


@endpoint("api.create_team")
def create_team(request: Request) -> Response:
    """Make a team; who makes it is its first owner."""
    team = request.services.teams.create(read_members(request, "team").text("team"))
    return created(request, team_json(team), "api.team", team=team.name)


@endpoint("api.team")
def show_team(request: Request) -> Response:
    """Show a team."""
    return answer(team_json(request.services.teams.find(part(request, "team"))))


@endpoint("api.change_team")
def change_team(request: Request) -> Response:
    """Let every user join a team by themselves, or only those whom its owners take in."""
    is_open = read_changes(request, "open").boolean("open")
    changes = request.services.team_changes
    return answer(team_json(changes.set_open(part(request, "team"), is_open)))


@endpoint("api.open_teams", "after", "limit")
def list_open_teams(request: Request) -> Response:
    """Show the teams that every user may join."""
    asked = read_page(request)
    teams = request.services.team_changes.open_ones(after=asked.after, limit=asked.limit + 1)
    return page(request, teams, asked, key=lambda team: team.name, to_json=team_json)


@endpoint("api.join_team")
def join_team(request: Request) -> Response:
    """Join an open team."""
    return answer(team_json(request.services.team_changes.join(part(request, "team"))))


@endpoint("api.members", "after", "limit")
def list_members(request: Request) -> Response:
    """Show who is in a team."""
    asked = read_page(request)
    members = request.services.teams.members(
        part(request, "team"), after=asked.after, limit=asked.limit + 1
    )
    return page(request, members, asked, key=lambda one: one.user.name, to_json=member_json)


@endpoint("api.set_member")
def set_member(request: Request) -> Response:
    """Take a user into a team, or change their role in it."""
    role = read_members(request, "role").choice("role", TeamRole)
    teams = request.services.teams
    return answer(member_json(teams.add_member(part(request, "team"), part(request, "user"), role)))


@endpoint("api.remove_member")
def remove_member(request: Request) -> Response:
    """Take a user out of a team."""
    request.services.teams.remove_member(part(request, "team"), part(request, "user"))
    return nothing()
