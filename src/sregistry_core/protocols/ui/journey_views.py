"""Signing in at another site: there, back, and what to be called here."""

import logging

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import RedirectLogin, Subject
from sregistry_core.errors import Conflict, LoginRequired, LoginUnavailable, Malformed, NotFound
from sregistry_core.identifiers import new_secret
from sregistry_core.services.journeys import STATE_LENGTH, Underway
from sregistry_core.web.security import SESSION_COOKIE

from .account_views import account_page
from .fields import form_field
from .own_forms import VISITOR_COOKIE, require_small_form
from .pages import page
from .paths import ACCOUNT, callback_address, local_path
from .sessions import redirect_logins, sign_in_page, start_session
from .texts import _

LARGEST_ANSWER = 1 << 19
"""Bytes of a form from another site: signed, and with many groups."""
_OWN_SITE = "own_site"
"""A field of ours that says a form came from our own page."""

log = logging.getLogger(__name__)


@view_config(route_name="ui.depart")
def sign_in_elsewhere(request: Request) -> Response:
    """Send the browser to another site to sign in."""
    return _send_away(request, local_path(form_field(request, "next")), links=False)


@view_config(route_name="ui.add_login")
def add_login(request: Request) -> Response:
    """Send a signed-in user to another site, for a further way to sign in."""
    return _send_away(request, ACCOUNT, links=True)


@view_config(route_name="ui.come_back", request_method="GET")
def come_back(request: Request) -> Response:
    """Take the answer of another site, as it stands in the address."""
    return _come_back(request, _fields_of_address(request))


@view_config(route_name="ui.come_back", request_method="POST", require_csrf=False)
def come_back_with_form(request: Request) -> Response:
    """Take the answer of another site from a form.

    No cookie comes along with a form from elsewhere: the browser is first let send it once more,
    from a page of ours. A form from elsewhere that pretends to be ours still has no cookie.
    """
    if not _login(request).answers_by_form:
        raise NotFound("this login does not answer with a form")
    require_small_form(request, LARGEST_ANSWER)
    answer = {name: str(value) for name, value in request.POST.items()}
    if answer.pop(_OWN_SITE, None) is None:
        return page(request, "once-more", answer=answer, own_site=_OWN_SITE)
    return _come_back(request, answer)


@view_config(route_name="ui.login_metadata")
def show_metadata(request: Request) -> Response:
    """Tell the administrators of another site what it must know of us."""
    found = _login(request).metadata(_callback(request))
    if found is None:
        raise NotFound("this login has no metadata")
    return Response(found, content_type="application/samlmetadata+xml")


@view_config(route_name="ui.choose_name")
def choose_name(request: Request) -> Response:
    """Make the account of somebody who came back and could not have the name they wished for."""
    services = request.services
    try:
        underway = services.journeys.underway(
            request.matchdict["login"],
            state=form_field(request, "state"),
            browsers=_browsers(request),
        )
        services.journeys.end(underway)
    except LoginRequired as error:
        return sign_in_page(request, "/", status=401, complaint=_sentence(error))
    if underway.subject is None:
        raise NotFound("this sign-in asks for no name")
    return _sign_in(request, underway, underway.subject, name=form_field(request, "name").strip())


def _send_away(request: Request, wanted: str, *, links: bool) -> Response:
    name, login = request.matchdict["login"], _login(request)
    state = new_secret(STATE_LENGTH)
    # The other site first: no transaction is held while it is asked.
    departure = login.begin(_callback(request), state)
    request.services.journeys.begin(
        name,
        state=state,
        browser=request.form_anchor,
        keepsake=departure.keepsake,
        wanted=wanted,
        links=links,
    )
    # No redirection: what answers a form may not lead to another site, our own policy says.
    return page(request, "onward", url=departure.url)


def _come_back(request: Request, answer: dict[str, str]) -> Response:
    name, login = request.matchdict["login"], _login(request)
    journeys = request.services.journeys
    underway: Underway | None = None
    try:
        underway = journeys.underway(
            name, state=answer.get(login.state_field, ""), browsers=_browsers(request)
        )
        try:
            subject = login.finish(_callback(request), answer, underway.keepsake)
        finally:
            # Whatever came of it: no answer is taken twice.
            journeys.end(underway)
    except LoginUnavailable as error:
        log.warning("request %s: %s", request.identifier, error)
        response: Response = request.dialect.response(request, 503, str(error))
        response.headers["Retry-After"] = "5"
        return response
    except LoginRequired as error:
        log.info("request %s: nobody came in by %s: %s", request.identifier, name, error)
        return _in_vain(request, underway, error)
    subject = request.services.authentication.named(name, subject)
    if underway.user_id is not None:
        return _add(request, underway, subject)
    return _sign_in(request, underway, subject)


def _in_vain(request: Request, underway: Underway | None, error: LoginRequired) -> Response:
    complaint = _sentence(error)
    if underway is not None and underway.user_id is not None:
        return account_page(request, status=409, complaint=complaint)
    wanted = underway.wanted if underway is not None else "/"
    return sign_in_page(request, wanted, status=401, complaint=complaint)


def _sign_in(
    request: Request, underway: Underway, subject: Subject, *, name: str | None = None
) -> Response:
    services = request.services
    try:
        user = services.authentication.user_of(underway.login, subject, name=name)
    except LoginRequired as error:
        return sign_in_page(request, underway.wanted, status=401, complaint=_sentence(error))
    except (Conflict, Malformed) as error:
        # Never somebody else's account, and no name that nobody has chosen.
        return page(
            request,
            "choose-name",
            status=200 if name is None else 409,
            login=underway.login,
            state=services.journeys.hold(underway, subject, browser=request.form_anchor),
            name=name,
            wished=subject.name,
            complaint="" if name is None else _sentence(error),
        )
    return start_session(
        request, services.authentication, user, underway.wanted, login=underway.login
    )


def _add(request: Request, underway: Underway, subject: Subject) -> Response:
    if underway.user_id != request.caller.user_id:
        return account_page(request, complaint=_("Somebody else is signed in by now: begin anew."))
    try:
        request.services.linked_logins.link(underway.user_id, subject)
    except (Conflict, LoginRequired) as error:
        return account_page(request, status=409, complaint=_sentence(error))
    return HTTPSeeOther(location=ACCOUNT)


def _login(request: Request) -> RedirectLogin:
    found = redirect_logins(request).get(request.matchdict["login"])
    if found is None:
        raise NotFound("nobody signs in here by this login")
    return found


def _callback(request: Request) -> str:
    settings = request.registry["facilities"].settings
    return callback_address(settings.public_url, request.matchdict["login"])


def _browsers(request: Request) -> list[str]:
    """The cookies by which this browser can be known again."""
    cookies = (request.cookies.get(SESSION_COOKIE), request.cookies.get(VISITOR_COOKIE))
    return [cookie for cookie in cookies if cookie]


def _fields_of_address(request: Request) -> dict[str, str]:
    try:
        return {name: str(value) for name, value in request.GET.items()}
    except UnicodeDecodeError as error:
        raise Malformed("the address holds bytes that are no UTF-8") from error


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
