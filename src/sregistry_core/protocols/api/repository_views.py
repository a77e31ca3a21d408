"""The repository of Git that a collection is built from."""

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.models import Forge
from sregistry_core.services.git_connections import Connected, Wanted

from .addressed import collection_of
from .answers import answer, nothing
from .endpoints import endpoint
from .members import Members, read_members
from .wire import time_json


@endpoint("api.repository")
def show_repository(request: Request) -> Response:
    """Show the repository, and how far it was seen."""
    return answer(repository_json(request.services.git_connections.find(collection_of(request))))


@endpoint("api.set_repository")
def set_repository(request: Request) -> Response:
    """Build from a repository from now on."""
    members = read_members(
        request,
        "url",
        "forge",
        "branches",
        "paths",
        "container",
        "poll_seconds",
        "token",
        "status_token",
    )
    connections = request.services.git_connections
    return answer(repository_json(connections.set(collection_of(request), _wanted(members))))


@endpoint("api.remove_repository")
def remove_repository(request: Request) -> Response:
    """Build from it no more."""
    request.services.git_connections.remove(collection_of(request))
    return nothing()


@endpoint("api.look_at_repository")
def look_at_repository(request: Request) -> Response:
    """Have a worker look at it now."""
    members = read_members(request, "everything")
    everything = members.optional_boolean("everything") or False
    found = request.services.git_connections.look(collection_of(request), everything=everything)
    return answer(repository_json(found), status=202)


@endpoint("api.renew_hook_secret")
def renew_hook_secret(request: Request) -> Response:
    """Give the webhook another secret."""
    read_members(request)
    return answer(
        repository_json(request.services.git_connections.renew_secret(collection_of(request)))
    )


@endpoint("api.renew_deploy_key")
def renew_deploy_key(request: Request) -> Response:
    """Make another deploy key."""
    read_members(request)
    return answer(
        repository_json(request.services.git_connections.renew_key(collection_of(request)))
    )


def repository_json(found: Connected) -> dict[str, Any]:
    """A connection to a repository; `hook_secret` is there when it was just made."""
    row = found.connection
    return {
        "url": row.url,
        "forge": str(row.forge),
        "branches": list(row.branches),
        "paths": list(row.patterns),
        "container": row.container,
        "poll_seconds": row.poll_seconds,
        "has_token": row.token is not None,
        "has_status_token": row.status_token is not None,
        "acts_for": row.user.name if row.user is not None else None,
        "hook_url": found.hook_url,
        "hook_secret": found.secret,
        "deploy_key": found.deploy_key,
        "created_at": time_json(row.created_at),
        "heard_at": time_json(row.heard_at),
        "looked_at": time_json(row.looked_at),
        "seen_commit": row.seen_commit,
        "last_error": row.last_error,
    }


def _wanted(members: Members) -> Wanted:
    return Wanted(
        url=members.text("url"),
        forge=members.choice("forge", Forge) if "forge" in members else None,
        branches=tuple(members.optional_texts("branches") or ()),
        patterns=tuple(members.optional_texts("paths") or ()),
        container=members.optional_text("container") or "",
        poll=members.optional_lifetime("poll_seconds"),
        token=members.optional_text("token"),
        status_token=members.optional_text("status_token"),
    )
