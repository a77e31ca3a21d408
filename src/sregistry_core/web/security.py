"""Finds out who is calling: a token, a password, or the session of a browser."""

import base64
from dataclasses import dataclass

from pyramid.config import Configurator
from pyramid.request import Request

from sregistry_core.contracts import Caller
from sregistry_core.errors import LoginRequired
from sregistry_core.services import Services
from sregistry_core.services.authentication import TOKEN_PREFIX

SESSION_COOKIE = "sregistry_session"
_NOT_A_TOKEN = frozenset({"", "none"})
"""What clients send in place of a token when they have none: that is nobody, not a failure."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a client has shown in its header: a token, or a name with a password."""

    token: str | None = None
    name: str = ""
    password: str = ""

    @property
    def is_nothing(self) -> bool:
        """True when it shows nothing at all."""
        return self.token is None and not self.name and not self.password


class SecurityPolicy:
    """Pyramid's view of the caller. What they may do is the services' matter."""

    def identity(self, request: Request) -> Caller:
        """Give the caller."""
        caller: Caller = request.caller
        return caller

    def authenticated_userid(self, request: Request) -> str | None:
        """Give the identifier of the user, if there is one."""
        user_id: str | None = request.caller.user_id
        return user_id


def set_up(config: Configurator) -> None:
    """Install the policy."""
    config.set_security_policy(SecurityPolicy())


def read_authorization(header: str | None) -> Shown:
    """Read an Authorization header; the word of the scheme may be in any case.

    Raises LoginRequired for a header that cannot be read.
    Source: RFC 7617 for Basic (a password may hold colons), RFC 6750 for Bearer.
    """
    scheme, _, rest = (header or "").strip().partition(" ")
    credentials = rest.strip()
    if scheme.lower() == "bearer":
        return Shown() if credentials.lower() in _NOT_A_TOKEN else Shown(token=credentials)
    if scheme.lower() == "basic":
        try:
            text = base64.b64decode(credentials, validate=True).decode()
        except ValueError as error:
            raise LoginRequired("the Authorization header cannot be read") from error
        if "\0" in text:
            raise LoginRequired("the Authorization header cannot be read")
        name, _, password = text.partition(":")
        return Shown(name=name, password=password)
    return Shown()


def find_caller(request: Request) -> Caller:
    """Give who is calling. Raises LoginRequired when what was shown does not hold.

    Pages look at the cookie only, all other protocols at the header only: a page elsewhere cannot
    make a browser push. A transfer address is its own permission.
    """
    route = request.matched_route.name if request.matched_route is not None else ""
    if route.startswith("transfer."):
        return Caller.anonymous()
    is_page = route.startswith("ui.")
    cookie = request.cookies.get(SESSION_COOKIE) if is_page else None
    shown = Shown() if is_page else read_authorization(request.headers.get("Authorization"))
    if not cookie and shown.is_nothing:
        return Caller.anonymous()
    nobody = Services(request.db, Caller.anonymous(), request.registry["facilities"])
    if cookie:
        return nobody.authentication.caller_of_session(cookie)
    if shown.token is not None:
        if route.startswith("oci.") and not shown.token.startswith(TOKEN_PREFIX):
            return nobody.narrow_tokens.caller_of(shown.token)
        return nobody.authentication.caller_of_token(shown.token)
    return nobody.authentication.caller_of_password(
        shown.name, shown.password, address=request.remote_addr
    )
