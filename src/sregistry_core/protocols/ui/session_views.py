"""Signing in and out."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Caller, PasswordLogin
from sregistry_core.errors import LoginRequired
from sregistry_core.services import Services
from sregistry_core.web.security import SESSION_COOKIE

from .fields import form_field, query_field
from .pages import page
from .paths import local_path

_LONGEST_ADDRESS = 64


@view_config(route_name="ui.sign_in", request_method="GET")
def show_sign_in(request: Request) -> Response:
    """Ask for a name and a password, unless somebody is signed in."""
    wanted = local_path(query_field(request, "next"))
    if not request.caller.is_anonymous:
        return HTTPSeeOther(location=wanted)
    return _sign_in_page(request, wanted)


@view_config(route_name="ui.sign_in", request_method="POST")
def sign_in(request: Request) -> Response:
    """Begin a session with a secret of its own, and end the one there was."""
    name, wanted = form_field(request, "name").strip(), local_path(form_field(request, "next"))
    # Not the caller's services: looking at an old cookie would take SQLite's one lock for writing,
    # and hold it while a directory is asked or a password is hashed.
    authentication = Services(
        request.db, Caller.anonymous(), request.registry["facilities"]
    ).authentication
    try:
        user = authentication.log_in(name, request.POST.get("password", ""))
    except LoginRequired:
        # One answer for an unknown name, a wrong password and a disabled account.
        request.tm.doom()
        return _sign_in_page(request, wanted, name=name, refused=True)
    if old := request.cookies.get(SESSION_COOKIE):
        authentication.end_session(old)
    address = (request.remote_addr or "")[:_LONGEST_ADDRESS]
    secret = authentication.begin_session(user, address or None)
    response = HTTPSeeOther(location=wanted)
    settings = request.registry["facilities"].settings
    response.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=settings.session_lifetime,
        secure=settings.secure_cookies,
        httponly=True,
        samesite="Lax",
    )
    return response


@view_config(route_name="ui.sign_out")
def sign_out(request: Request) -> Response:
    """End the session here, not only in the browser."""
    if secret := request.cookies.get(SESSION_COOKIE):
        request.services.authentication.end_session(secret)
    response = HTTPSeeOther(location="/")
    response.delete_cookie(SESSION_COOKIE)
    return response


def _sign_in_page(
    request: Request, wanted: str, *, name: str = "", refused: bool = False
) -> Response:
    logins = request.registry["facilities"].logins.values()
    return page(
        request,
        "sign-in",
        status=401 if refused else 200,
        wanted=wanted,
        name=name,
        refused=refused,
        takes_passwords=any(isinstance(login, PasswordLogin) for login in logins),
    )
