"""Beginning a browser's session, and the page that offers every way to."""

from dataclasses import dataclass

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.contracts import PasswordLogin, RedirectLogin
from sregistry_core.models import User
from sregistry_core.services.authentication import Authentication
from sregistry_core.web.security import SESSION_COOKIE

from .pages import page

_LONGEST_ADDRESS = 64
_LONGEST_AGENT = 300


@dataclass(frozen=True, slots=True)
class Way:
    """One way to sign in: the form for a name and a password, or a button."""

    name: str
    label: str
    is_form: bool


def redirect_logins(request: Request) -> dict[str, RedirectLogin]:
    """Give the logins at other sites by name, in the order of the ini file."""
    logins = request.registry["facilities"].logins
    return {name: one for name, one in logins.items() if isinstance(one, RedirectLogin)}


def sign_in_page(
    request: Request, wanted: str, *, status: int = 200, name: str = "", complaint: str = ""
) -> Response:
    """Offer every way to sign in, in the order of the ini file.

    name       what was typed before
    complaint  why the last try was in vain
    """
    return page(
        request,
        "sign-in",
        status=status,
        wanted=wanted,
        name=name,
        complaint=complaint,
        ways=_ways(request),
    )


def start_session(
    request: Request,
    authentication: Authentication,
    user: User,
    wanted: str,
    *,
    login: str | None = None,
) -> Response:
    """Begin a session with a secret of its own, and end the one there was."""
    if old := request.cookies.get(SESSION_COOKIE):
        authentication.end_session(old)
    address = (request.remote_addr or "")[:_LONGEST_ADDRESS]
    agent = "".join(sign for sign in request.user_agent or "" if sign.isprintable())
    secret = authentication.begin_session(
        user, address or None, login=login, agent=agent[:_LONGEST_AGENT] or None
    )
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


def _ways(request: Request) -> list[Way]:
    ways: list[Way] = []
    for name, login in request.registry["facilities"].logins.items():
        if isinstance(login, RedirectLogin):
            ways.append(Way(name, login.label, is_form=False))
        elif isinstance(login, PasswordLogin) and not any(way.is_form for way in ways):
            # One form is for all of them: they are asked one after the other.
            ways.append(Way(name, "", is_form=True))
    return ways
