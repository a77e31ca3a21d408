"""The account of whoever is signed in: its ways to sign in."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.models import User

from .pages import page
from .paths import ACCOUNT
from .sessions import redirect_logins


@view_config(route_name="ui.account")
def show_account(request: Request) -> Response:
    """Show by which ways the caller signs in, and offer further ones."""
    return account_page(request)


@view_config(route_name="ui.remove_login")
def remove_login(request: Request) -> Response:
    """Take a way to sign in away."""
    request.services.linked_logins.unlink(_me(request), request.matchdict["login"])
    return HTTPSeeOther(location=ACCOUNT)


def account_page(request: Request, *, status: int = 200, complaint: str = "") -> Response:
    """Give the page of the caller's account."""
    me = _me(request)
    held = request.services.linked_logins.of(me)
    elsewhere = redirect_logins(request)
    names = {login.name for login in held}
    return page(
        request,
        "account",
        status=status,
        me=me,
        logins=held,
        further={name: login.label for name, login in elsewhere.items() if name not in names},
        complaint=complaint,
    )


def _me(request: Request) -> User:
    request.services.access.require_login()
    me: User = request.services.accounts.find(request.caller.name)
    return me
