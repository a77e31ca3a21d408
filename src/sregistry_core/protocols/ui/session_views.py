"""Signing in by a name and a password, and signing out."""

from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Caller
from sregistry_core.errors import LoginRequired, LoginUnavailable, TooManyGuesses
from sregistry_core.services import Services
from sregistry_core.web.security import SESSION_COOKIE

from .fields import form_field, query_field
from .pages import page
from .paths import SIGNED_OUT, local_path
from .sessions import redirect_logins, sign_in_page, start_session
from .texts import _

_REFUSED = _("Unknown name or wrong password.")


@view_config(route_name="ui.sign_in", request_method="GET")
def show_sign_in(request: Request) -> Response:
    """Offer every way to sign in, unless somebody is signed in."""
    wanted = local_path(query_field(request, "next"))
    if not request.caller.is_anonymous:
        return HTTPSeeOther(location=wanted)
    return sign_in_page(request, wanted)


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
        password = request.POST.get("password", "")
        user = authentication.log_in(name, password, address=request.remote_addr)
    except TooManyGuesses as refusal:
        request.tm.doom()
        complaint = _(
            "Too many wrong passwords. Try again in ${seconds} seconds.",
            mapping={"seconds": refusal.seconds},
        )
        response = sign_in_page(request, wanted, status=429, name=name, complaint=complaint)
        response.headers["Retry-After"] = str(refusal.seconds)
        return response
    except LoginRequired:
        # One answer for an unknown name, a wrong password and a disabled account.
        request.tm.doom()
        return sign_in_page(request, wanted, status=401, name=name, complaint=_REFUSED)
    return start_session(request, authentication, user, wanted)


@view_config(route_name="ui.sign_out")
def sign_out(request: Request) -> Response:
    """End the session here, not only in the browser."""
    through = None
    if secret := request.cookies.get(SESSION_COOKIE):
        through = request.services.authentication.end_session(secret)
    signed_out = f"{SIGNED_OUT}?{urlencode({'from': through})}"
    response = HTTPSeeOther(location=signed_out if through in redirect_logins(request) else "/")
    response.delete_cookie(SESSION_COOKIE)
    return response


@view_config(route_name="ui.signed_out")
def show_signed_out(request: Request) -> Response:
    """Say that the session is over here, and where it is not: the other site has one of its own."""
    login = redirect_logins(request).get(query_field(request, "from"))
    settings = request.registry["facilities"].settings
    farewell = None
    if login is not None:
        try:
            farewell = login.farewell(f"{settings.public_url}/")
        except LoginUnavailable:
            # Nothing here depends on it.
            farewell = None
    return page(request, "signed-out", farewell=farewell)
