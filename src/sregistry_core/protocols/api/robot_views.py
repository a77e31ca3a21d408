"""Robots of collections and of teams: made, listed, renewed, disabled and removed."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.contracts import Scope
from sregistry_core.names import (
    CollectionName,
    RobotName,
    parse_collection_name,
    parse_entity_name,
    parse_robot_name,
)
from sregistry_core.services.tokens import key_of
from sregistry_core.web.paging import read_page

from .addressed import part
from .answers import answer, created, nothing, page
from .endpoints import endpoint
from .members import Members, read_changes, read_members
from .robot_wire import new_robot_json, robot_json
from .wire import new_token_json, token_json


@endpoint("api.robots", "after", "limit")
@endpoint("api.team_robots", "after", "limit")
def list_robots(request: Request) -> Response:
    """Show the robots of a collection or a team."""
    asked = read_page(request)
    robots = request.services.robots
    found = robots.of(_owner(request), after=asked.after, limit=asked.limit + 1)
    return page(request, found, asked, key=lambda one: one.robot.name, to_json=robot_json)


@endpoint("api.create_robot")
@endpoint("api.create_team_robot")
def create_robot(request: Request) -> Response:
    """Make a robot, and show its first token."""
    members = read_members(request, "robot", "scope", "lifetime_seconds")
    owner = _owner(request)
    made = request.services.robots.create(
        owner,
        members.text("robot"),
        scope=members.choice("scope", Scope),
        lifetime=members.optional_lifetime("lifetime_seconds"),
    )
    name = made.account.robot.name
    if isinstance(owner, str):
        return created(request, new_robot_json(made), "api.team_robot", team=owner, robot=name)
    return created(
        request,
        new_robot_json(made),
        "api.robot",
        entity=owner.entity,
        collection=owner.collection,
        robot=name,
    )


@endpoint("api.robot")
@endpoint("api.team_robot")
def show_robot(request: Request) -> Response:
    """Show a robot."""
    return answer(robot_json(request.services.robots.find(_name(request))))


@endpoint("api.change_robot")
@endpoint("api.change_team_robot")
def change_robot(request: Request) -> Response:
    """Change what a robot may do and until when, or shut it out."""
    members = read_changes(request, "scope", "disabled", "lifetime_seconds")
    changed = request.services.robots.change(
        _name(request),
        scope=_optional_scope(members),
        disabled=members.optional_boolean("disabled"),
        lifetime=members.optional_lifetime("lifetime_seconds"),
    )
    return answer(robot_json(changed))


@endpoint("api.remove_robot")
@endpoint("api.remove_team_robot")
def remove_robot(request: Request) -> Response:
    """Remove a robot with its tokens."""
    request.services.robots.remove(_name(request))
    return nothing()


@endpoint("api.robot_tokens", "after", "limit")
@endpoint("api.team_robot_tokens", "after", "limit")
def list_robot_tokens(request: Request) -> Response:
    """Show the tokens of a robot, the newest first, without their secrets."""
    asked = read_page(request)
    robots = request.services.robots
    found = robots.tokens(_name(request), after=asked.after, limit=asked.limit + 1)
    return page(request, found, asked, key=key_of, to_json=token_json)


@endpoint("api.renew_robot")
@endpoint("api.renew_team_robot")
def renew_robot(request: Request) -> Response:
    """Give a robot a new token; the others end unless they are kept."""
    members = read_members(request, "scope", "lifetime_seconds", "keep_others")
    made = request.services.robots.renew(
        _name(request),
        scope=_optional_scope(members),
        lifetime=members.optional_lifetime("lifetime_seconds"),
        keep_others=bool(members.optional_boolean("keep_others")),
    )
    return answer(new_token_json(made), status=201)


@endpoint("api.revoke_robot_tokens")
@endpoint("api.revoke_team_robot_tokens")
def revoke_robot_tokens(request: Request) -> Response:
    """End every token of a robot."""
    request.services.robots.revoke(_name(request))
    return nothing()


def _owner(request: Request) -> CollectionName | str:
    said = request.matchdict
    if "team" in said:
        return parse_entity_name(said["team"])
    return CollectionName(
        parse_entity_name(said["entity"]), parse_collection_name(said["collection"])
    )


def _name(request: Request) -> RobotName:
    return RobotName(_owner(request), parse_robot_name(part(request, "robot")))


def _optional_scope(members: Members) -> Scope | None:
    return members.choice("scope", Scope) if "scope" in members else None
