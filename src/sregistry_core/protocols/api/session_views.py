"""Browsers that are signed in as a user: listed and ended."""

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.models import User
from sregistry_core.services.browser_sessions import BrowserSession, key_of
from sregistry_core.web.paging import read_page

from .addressed import part
from .answers import nothing, page
from .endpoints import endpoint
from .wire import time_json


@endpoint("api.sessions", "after", "limit")
def list_sessions(request: Request) -> Response:
    """Show the sessions of a user that are not over, the newest first."""
    asked = read_page(request)
    sessions = request.services.browser_sessions
    found = sessions.of(_user(request), after=asked.after, limit=asked.limit + 1)
    return page(request, found, asked, key=key_of, to_json=_json)


@endpoint("api.end_sessions")
def end_sessions(request: Request) -> Response:
    """End every session of a user."""
    request.services.browser_sessions.end_others(_user(request))
    return nothing()


@endpoint("api.end_session")
def end_session(request: Request) -> Response:
    """End a session at once."""
    request.services.browser_sessions.end(_user(request), part(request, "session"))
    return nothing()


def _user(request: Request) -> User:
    user: User = request.services.accounts.find(part(request, "user"))
    return user


def _json(session: BrowserSession) -> dict[str, Any]:
    return {
        "session": session.key,
        "agent": session.agent,
        "address": session.address,
        "login": session.login,
        "created_at": time_json(session.created_at),
        "expires_at": time_json(session.expires_at),
    }
