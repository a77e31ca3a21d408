"""What people do with their own accounts: profile, password, sessions, and its end."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed, NotAllowed, TooManyGuesses
from sregistry_core.models import User
from sregistry_core.services.browser_sessions import key_of
from sregistry_core.web.paging import Asked, page_of
from sregistry_core.web.security import SESSION_COOKIE

from ..fields import form_field, query_field
from ..pages import page
from ..paths import ACCOUNT
from .forms import NOTHING_WRONG, Wrong, attempt

SESSIONS = f"{ACCOUNT}/sessions"
SHOWN_AT_ONCE = 50
"""Sessions."""


@view_config(route_name="ui.profile", request_method=("GET", "HEAD"))
def show_profile(request: Request) -> Response:
    """Show what can be changed."""
    return _profile_page(request, NOTHING_WRONG)


@view_config(route_name="ui.profile", request_method="POST")
def describe(request: Request) -> Response:
    """Say what one is called, and where mail reaches one."""
    me = _me(request)

    def deed() -> str:
        email = form_field(request, "email").strip() if "email" in request.POST else None
        request.services.account_changes.describe(
            me, full_name=form_field(request, "full_name").strip(), email=email
        )
        return f"{ACCOUNT}/profile?done=profile-changed"

    return attempt(request, "profile", deed, lambda wrong: _profile_page(request, wrong))


@view_config(route_name="ui.password")
def change_password(request: Request) -> Response:
    """Change the password, and end every other session."""
    me = _me(request)

    def deed() -> str:
        new = request.POST.get("new_password", "")
        if new != request.POST.get("again_password", ""):
            raise Malformed("the new password was typed in two ways")
        try:
            request.services.account_changes.change_password(
                me,
                old=request.POST.get("old_password", ""),
                new=new,
                this=request.cookies.get(SESSION_COOKIE),
            )
        except (NotAllowed, TooManyGuesses) as error:
            raise Malformed(str(error)) from error
        return f"{ACCOUNT}/profile?done=password-changed"

    return attempt(request, "password", deed, lambda wrong: _profile_page(request, wrong))


@view_config(route_name="ui.sessions")
def show_sessions(request: Request) -> Response:
    """List the browsers that are signed in."""
    return _sessions_page(request, NOTHING_WRONG)


@view_config(route_name="ui.end_session")
def end_session(request: Request) -> Response:
    """End one session."""
    me = _me(request)

    def deed() -> str:
        request.services.browser_sessions.end(me, request.matchdict["session"])
        return f"{SESSIONS}?done=session-ended"

    return attempt(request, "end", deed, lambda wrong: _sessions_page(request, wrong))


@view_config(route_name="ui.end_other_sessions")
def end_other_sessions(request: Request) -> Response:
    """End every session but this one."""
    this = request.cookies.get(SESSION_COOKIE)
    request.services.browser_sessions.end_others(_me(request), this=this)
    return HTTPSeeOther(location=f"{SESSIONS}?done=sessions-ended")


@view_config(route_name="ui.delete_account", request_method=("GET", "HEAD"))
def show_delete(request: Request) -> Response:
    """Show what becomes of what one owns, and ask for the name."""
    return _delete_page(request, NOTHING_WRONG)


@view_config(route_name="ui.delete_account", request_method="POST")
def delete(request: Request) -> Response:
    """Delete the account."""
    me = _me(request)

    def deed() -> str:
        request.services.account_changes.delete(
            me,
            typed=form_field(request, "typed"),
            with_collections=form_field(request, "with_collections") == "yes",
        )
        return "/?done=account-deleted"

    response = attempt(request, "delete", deed, lambda wrong: _delete_page(request, wrong))
    if isinstance(response, HTTPSeeOther):
        response.delete_cookie(SESSION_COOKIE)
    return response


def _me(request: Request) -> User:
    request.services.access.require_login()
    me: User = request.services.accounts.find(request.caller.name)
    return me


def _profile_page(request: Request, wrong: Wrong) -> Response:
    me = _me(request)
    changes = request.services.account_changes
    return page(
        request,
        "manage/profile",
        status=wrong.status,
        wrong=wrong,
        me=me,
        has_password=changes.has_password(me),
        may_change_email=changes.may_change_email(me),
    )


def _sessions_page(request: Request, wrong: Wrong) -> Response:
    me = _me(request)
    asked = Asked(query_field(request, "after"), SHOWN_AT_ONCE)
    this = request.cookies.get(SESSION_COOKIE)
    found = request.services.browser_sessions.of(
        me, this=this, after=asked.after, limit=asked.limit + 1
    )
    shown = page_of(found, asked, key_of)
    return page(
        request,
        "manage/sessions",
        status=wrong.status,
        wrong=wrong,
        sessions=shown.entries,
        next_after=shown.next_after,
        is_first=not asked.after,
    )


def _delete_page(request: Request, wrong: Wrong) -> Response:
    me = _me(request)
    asked = Asked(query_field(request, "after"), SHOWN_AT_ONCE)
    belongings = request.services.account_changes.belongings(
        me, after=asked.after, limit=asked.limit + 1
    )
    shown = page_of(belongings.collections, asked, lambda one: one.name)
    return page(
        request,
        "manage/delete-account",
        status=wrong.status,
        wrong=wrong,
        me=me,
        belongings=belongings,
        collections=shown.entries,
        next_after=shown.next_after,
        is_first=not asked.after,
    )
