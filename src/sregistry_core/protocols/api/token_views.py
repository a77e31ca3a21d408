"""Tokens: made with a secret that is shown once, listed without it, and revoked."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.contracts import Scope
from sregistry_core.models import User
from sregistry_core.services.tokens import key_of
from sregistry_core.web.paging import read_page

from .addressed import part
from .answers import answer, created, nothing, page
from .endpoints import endpoint
from .members import read_members
from .wire import new_token_json, token_json


@endpoint("api.tokens", "after", "limit")
def list_my_tokens(request: Request) -> Response:
    """Show the caller's tokens, the newest first."""
    return _page(request, _me(request))


@endpoint("api.tokens_of_user", "after", "limit")
def list_tokens_of_user(request: Request) -> Response:
    """Show the tokens of a user, the newest first."""
    return _page(request, _user(request))


@endpoint("api.create_token")
def create_my_token(request: Request) -> Response:
    """Make a token of the caller."""
    return _create(request, _me(request))


@endpoint("api.create_token_of_user")
def create_token_of_user(request: Request) -> Response:
    """Make a token of a user."""
    return _create(request, _user(request))


@endpoint("api.token")
def show_token(request: Request) -> Response:
    """Show a token, without its secret."""
    return answer(token_json(request.services.tokens.find(part(request, "token"))))


@endpoint("api.revoke_token")
def revoke_token(request: Request) -> Response:
    """End a token at once."""
    request.services.tokens.revoke(part(request, "token"))
    return nothing()


def _page(request: Request, user: User) -> Response:
    asked = read_page(request)
    found = request.services.tokens.of(user, after=asked.after, limit=asked.limit + 1)
    return page(request, found, asked, key=key_of, to_json=token_json)


def _create(request: Request, user: User) -> Response:
    members = read_members(request, "name", "scope", "lifetime_seconds")
    made = request.services.tokens.issue(
        user,
        name=members.optional_text("name") or "",
        scope=members.choice("scope", Scope),
        lifetime=members.optional_lifetime("lifetime_seconds"),
    )
    return created(request, new_token_json(made), "api.token", token=made.token.id)


def _me(request: Request) -> User:
    user: User = request.services.accounts.find(request.services.caller.name)
    return user


def _user(request: Request) -> User:
    user: User = request.services.accounts.find(part(request, "user"))
    return user
