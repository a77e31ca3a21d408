"""Takes forms from our own pages only: of bounded size, of our origin, with the right token.

Only pages know cookies, so only their routes are looked at; a client with a token in its header
never meets this.
"""

from hmac import compare_digest

from pyramid.config import Configurator
from pyramid.exceptions import BadCSRFToken
from pyramid.interfaces import ICSRFStoragePolicy
from pyramid.request import Request
from pyramid.response import Response
from zope.interface import implementer

from sregistry_core.errors import Malformed, NotAllowed, TooLarge
from sregistry_core.identifiers import new_secret
from sregistry_core.services.authentication import digest_of
from sregistry_core.web.security import SESSION_COOKIE

from .fields import query_field
from .site import Address, read_address

VISITOR_COOKIE = "sregistry_visitor"
"""What a form is bound to before anybody has signed in."""
LARGEST_FORM = 1 << 16
_TOKEN_LENGTH = 43
_TOO_OLD = "this form was too old, or did not come from a page of ours: go back, reload, try again"


def includeme(config: Configurator) -> None:
    """Check every form that is sent to a page."""
    config.registry["ui_large_forms"] = set()
    config.add_directive("take_large_forms", _take_large_forms)
    config.add_request_method(_anchor, "form_anchor", reify=True)
    config.set_csrf_storage_policy(CookieBoundTokens())
    # The origin is checked below: Pyramid's own check believes what a proxy says of the scheme.
    config.set_default_csrf_options(callback=check_form, check_origin=False)
    config.add_view(refuse_form, context=BadCSRFToken)


@implementer(ICSRFStoragePolicy)
class CookieBoundTokens:
    """Tokens derived from the cookie of the session: nothing is kept, and none fits another."""

    def new_csrf_token(self, request: Request) -> str:
        """Give the one token there is for this browser."""
        return self.get_csrf_token(request)

    def get_csrf_token(self, request: Request) -> str:
        """Give the token for forms of this browser's pages."""
        signer = request.registry["facilities"].signer
        token: str = signer.derive("ui form", digest_of(request.form_anchor), _TOKEN_LENGTH)
        return token

    def check_csrf_token(self, request: Request, supplied_token: str) -> bool:
        """Say whether a form carries the token of this browser."""
        expected = self.get_csrf_token(request).encode()
        return compare_digest(expected, supplied_token.encode("utf-8", "replace"))


def check_form(request: Request) -> bool:
    """Say whether a request is a form whose token must be checked; it is then fit to be read.

    Raises NotAllowed when it comes from elsewhere, TooLarge or Malformed when it is no such form.
    """
    route = request.matched_route
    if route is None or not route.name.startswith("ui."):
        return False
    _require_own_origin(request)
    if route.name in request.registry["ui_large_forms"]:
        _require_token_outside(request)
        return False
    require_small_form(request, LARGEST_FORM)
    return True


def refuse_form(_error: BadCSRFToken, request: Request) -> Response:
    """Say why a form was not taken."""
    response: Response = request.dialect.response(request, 403, _TOO_OLD)
    return response


def _take_large_forms(config: Configurator, *routes: str) -> None:
    """Take bodies of another kind or size at routes: their token is not in the body.

    It stands in the header that scripts of ours send, or in the query of a form's address, so that
    it is known before anything of the body is read, and believed.
    """
    config.registry["ui_large_forms"].update(routes)


def _require_token_outside(request: Request) -> None:
    token = request.headers.get("X-CSRF-Token") or query_field(request, "csrf_token")
    if not request.registry.getUtility(ICSRFStoragePolicy).check_csrf_token(request, token):
        raise BadCSRFToken()


def _anchor(request: Request) -> str:
    """What forms are bound to: the session, or else a cookie for that purpose, made here."""
    cookie: str | None = request.cookies.get(SESSION_COOKIE) or request.cookies.get(VISITOR_COOKIE)
    if cookie:
        return cookie
    fresh = new_secret(_TOKEN_LENGTH)
    secure = request.registry["facilities"].settings.secure_cookies

    def remember(_request: Request, response: Response) -> None:
        response.set_cookie(VISITOR_COOKIE, fresh, httponly=True, secure=secure, samesite="Lax")

    request.add_response_callback(remember)
    return fresh


def _require_own_origin(request: Request) -> None:
    """Raise NotAllowed unless the browser says it comes from us, or says nothing.

    The host may be the one the browser asked, as on a developer's machine; the scheme is the one
    of the public address, whatever the proxy in front speaks to us.
    """
    said = request.headers.get("Origin") or request.referrer
    if not said:
        return
    address: Address = request.registry["ui_site"].address
    asked = f"{address.scheme}://{request.host}"
    try:
        is_ours = read_address(said).url in (address.url, read_address(asked).url)
    except (ValueError, KeyError):
        # `null`, another scheme, or no address at all.
        is_ours = False
    if not is_ours:
        raise NotAllowed(f"forms are taken from {address.url} only")


def require_small_form(request: Request, largest: int) -> None:
    """Raise TooLarge or Malformed for what is no small form: reading takes it into memory."""
    if request.content_length is None:
        raise Malformed("the form does not say how long it is")
    if request.content_length > largest:
        raise TooLarge(f"the form has {request.content_length} bytes, {largest} are taken")
    if request.content_type != "application/x-www-form-urlencoded":
        raise Malformed("a form must be application/x-www-form-urlencoded")
    # Above its own limit WebOb writes a form to a file, and leaves that open.
    request.request_body_tempfile_limit = LARGEST_FORM + 1
    try:
        request.POST  # noqa: B018 - reads and decodes it, which later readers rely on
    except (UnicodeDecodeError, ValueError, DeprecationWarning) as error:
        # WebOb raises its warning when the form says that it is in another encoding.
        raise Malformed("the form is not UTF-8") from error
