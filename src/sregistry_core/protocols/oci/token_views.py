"""The token endpoint: a login goes in, a narrow token comes out.

Source: Docker's registry token and OAuth2 pages (distribution, auth/token and auth/oauth), which
the OCI specification leaves to them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Caller
from sregistry_core.errors import Malformed
from sregistry_core.services import Services
from sregistry_core.services.narrow_tokens import NarrowToken, NarrowTokens
from sregistry_core.web.dialects import json_response
from sregistry_core.web.forms import body_of

from .forms import read_form

_LARGEST_FORM = 1 << 16


@view_config(route_name="oci.token", request_method="GET")
def give_token(request: Request) -> Response:
    """Give a token to whoever the Basic login shows, or to nobody; a wrong login is refused.

    Without a scope the token is good for nothing but showing that the login is right.
    """
    services = request.services
    tokens: NarrowTokens = services.narrow_tokens
    body = _token_json(tokens.issue(_scopes(request.GET.getall("scope"))))
    if request.GET.get("offline_token", "").lower() in ("true", "1"):
        refreshing = tokens.issue_refreshing(request.GET.get("client_id", ""))
        if refreshing is not None:
            body["refresh_token"] = refreshing
    return _answer(body)


@view_config(route_name="oci.token", request_method="POST")
def grant_token(request: Request) -> Response:
    """Give a token for a password or for a refresh token, as OAuth2 has it."""
    form = read_form(body_of(request).read(_LARGEST_FORM + 1), most=_LARGEST_FORM)
    nobody = Services(request.db, Caller.anonymous(), request.registry["facilities"])
    grant = form.one("grant_type")
    if grant == "password":
        caller = nobody.authentication.caller_of_password(
            form.one("username"), form.one("password"), address=request.remote_addr
        )
    elif grant == "refresh_token":
        caller = nobody.authentication.caller_of_token(form.one("refresh_token"))
    else:
        raise Malformed(f"grant_type {grant[:40]!r} is neither password nor refresh_token")
    services = Services(request.db, caller, request.registry["facilities"])
    scopes = _scopes(form.all("scope"))
    body = _token_json(services.narrow_tokens.issue(scopes))
    body["scope"] = " ".join(scopes)
    if grant == "refresh_token":
        body["refresh_token"] = form.one("refresh_token")
    elif form.one("access_type") == "offline":
        refreshing = services.narrow_tokens.issue_refreshing(form.one("client_id"))
        if refreshing is not None:
            body["refresh_token"] = refreshing
    return _answer(body)


def _scopes(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word for value in values for word in value.split()))


def _token_json(token: NarrowToken) -> dict[str, Any]:
    return {
        "token": token.text,
        "access_token": token.text,
        "token_type": "Bearer",
        # A whole number: Go's clients take no other.
        "expires_in": int(token.lifetime.total_seconds()),
        "issued_at": token.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _answer(body: Mapping[str, Any]) -> Response:
    response = json_response(body)
    response.headers["Cache-Control"] = "no-store"
    return response
