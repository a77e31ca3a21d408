"""Tokens: listed, made and revoked by their owner."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed
from sregistry_core.models import User
from sregistry_core.services.tokens import key_of
from sregistry_core.web.paging import Asked, page_of

from .clients import CLIENTS, log_in_step
from .fields import query_field
from .pages import page
from .paths import TOKENS
from .token_form import TokenForm

SHOWN_AT_ONCE = 50


@view_config(route_name="ui.tokens", request_method="GET")
def show_tokens(request: Request) -> Response:
    """List the caller's tokens, and offer to make one."""
    return _tokens_page(request, _me(request))


@view_config(route_name="ui.tokens", request_method="POST")
def make_token(request: Request) -> Response:
    """Make a token, and show its secret: now and never again."""
    me = _me(request)
    form = TokenForm()
    try:
        form = TokenForm.read(request)
        made = request.services.tokens.issue(
            me,
            name=form.name,
            scope=form.wanted_scope(),
            lifetime=form.wanted_lifetime(request.registry["facilities"].clock()),
        )
    except Malformed as error:
        return _tokens_page(request, me, status=400, form=form, complaint=str(error))
    site = request.registry["ui_site"]
    steps = [log_in_step(site, client) for client in CLIENTS]
    has_endpoint = {"library", "discovery"} <= site.protocols
    return page(request, "new-token", made=made, steps=steps if has_endpoint else [])


@view_config(route_name="ui.token")
def show_token_for_command_line(request: Request) -> Response:
    """Offer one token for the command line, made with one press: for whoever was sent here."""
    _me(request)
    site = request.registry["ui_site"]
    return page(request, "token", has_endpoint={"library", "discovery"} <= site.protocols)


@view_config(route_name="ui.revoke_token")
def revoke_token(request: Request) -> Response:
    """End a token at once."""
    request.services.tokens.revoke(request.matchdict["token"])
    return HTTPSeeOther(location=f"{TOKENS}?done=revoked")


def _me(request: Request) -> User:
    request.services.access.require_login()
    me: User = request.services.accounts.find(request.caller.name)
    return me


def _tokens_page(
    request: Request,
    me: User,
    *,
    status: int = 200,
    form: TokenForm | None = None,
    complaint: str = "",
) -> Response:
    now = request.registry["facilities"].clock()
    asked = Asked(query_field(request, "after"), SHOWN_AT_ONCE)
    found = request.services.tokens.of(me, after=asked.after, limit=asked.limit + 1)
    shown = page_of(found, asked, key_of)
    return page(
        request,
        "tokens",
        status=status,
        tokens=shown.entries,
        next_after=shown.next_after,
        is_first=not asked.after,
        form=form or TokenForm(),
        complaint=complaint,
        now=now,
    )
