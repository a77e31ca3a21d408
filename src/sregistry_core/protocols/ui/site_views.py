"""What the site says of itself: about, its terms of use, and its announcement."""

from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Conflict
from sregistry_core.web.security import SESSION_COOKIE

from .content.markdown import rendered
from .fields import form_field, query_field
from .own_forms import LARGEST_FORM, require_small_form
from .pages import PUT_AWAY_COOKIE, page
from .paths import ABOUT, SIGN_IN, TERMS, local_path, with_next

_PUT_AWAY_FOR = 365 * 86400
_BEFORE_TERMS = frozenset(
    {
        "ui.terms", "ui.accept_terms", "ui.about", "ui.sign_in", "ui.sign_out", "ui.signed_out",
        "ui.depart", "ui.come_back", "ui.login_metadata", "ui.choose_name", "ui.site_style",
        "ui.site_logo", "ui.put_away",
    }
)  # fmt: skip
"""What may be asked for before the terms are accepted: what leads to them, and away."""

_View = Callable[[Any, Request], Response]


def includeme(config: Configurator) -> None:
    """Add the pages, and let the terms come before every other one."""
    config.add_route("ui.about", ABOUT, request_method=("GET", "HEAD"))
    config.add_route("ui.terms", TERMS, request_method=("GET", "HEAD"))
    config.add_route("ui.accept_terms", f"{TERMS}/accept", request_method="POST")
    config.add_route("ui.put_away", "/-/announcement/put-away", request_method="POST")
    config.add_view_deriver(_terms_first, name="terms_first")


@view_config(route_name="ui.about")
def show_about(request: Request) -> Response:
    """Say whose registry this is, and whom to ask."""
    settings = request.registry["facilities"].settings
    return page(
        request,
        "about",
        text=rendered(settings.about) if settings.about else None,
        protocols=request.registry["ui_site"].protocols,
    )


@view_config(route_name="ui.terms")
def show_terms(request: Request) -> Response:
    """Show the terms of use, and ask whoever has not accepted them."""
    return _terms_page(request, wanted=local_path(query_field(request, "next")))


@view_config(route_name="ui.accept_terms")
def accept_terms(request: Request) -> Response:
    """Note that the caller accepts the text that they were shown."""
    wanted = local_path(form_field(request, "next"))
    if request.caller.is_anonymous:
        return HTTPSeeOther(location=with_next(SIGN_IN, wanted))
    try:
        request.services.terms.accept(form_field(request, "sha256"))
    except Conflict as error:
        return _terms_page(request, wanted=wanted, status=409, complaint=str(error))
    return HTTPSeeOther(location=wanted)


@view_config(route_name="ui.put_away", require_csrf=False)
def put_away(request: Request) -> Response:
    """Show the announcement in this browser no more, until it is another one.

    It needs no token, so that pages with an announcement need no cookie: the worst that a form from
    elsewhere does is to put it away.
    """
    require_small_form(request, LARGEST_FORM)
    response = HTTPSeeOther(location=local_path(form_field(request, "next")))
    announcement = request.registry["ui_branding"].announcement
    if announcement is not None:
        response.set_cookie(
            PUT_AWAY_COOKIE,
            announcement.key,
            max_age=_PUT_AWAY_FOR,
            secure=request.registry["facilities"].settings.secure_cookies,
            httponly=True,
            samesite="Lax",
        )
    return response


def _terms_page(
    request: Request, *, wanted: str, status: int = 200, complaint: str = ""
) -> Response:
    terms = request.services.terms
    current = terms.current()
    return page(
        request,
        "terms",
        status=status,
        text=rendered(current.text),
        sha256=current.digest,
        is_asked=terms.are_awaited(),
        wanted=wanted,
        complaint=complaint,
    )


def _terms_first(view: _View, _info: object) -> _View:
    def derived(context: Any, request: Request) -> Response:
        if _comes_after_terms(request) and request.services.terms.are_awaited():
            wanted = request.path_qs if request.method in ("GET", "HEAD") else "/"
            return HTTPSeeOther(location=with_next(TERMS, local_path(wanted)))
        return view(context, request)

    return derived


def _comes_after_terms(request: Request) -> bool:
    if request.registry["facilities"].settings.terms is None:
        return False
    route = request.matched_route
    return (
        route is not None
        and route.name.startswith("ui.")
        and route.name not in _BEFORE_TERMS
        and SESSION_COOKIE in request.cookies
    )
