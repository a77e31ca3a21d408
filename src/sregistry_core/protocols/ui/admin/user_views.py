"""Users: found, made, shut out, let in, and given rights."""

from urllib.parse import quote

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Conflict, Malformed, NotAllowed

from ..fields import form_field, query_field
from .routes import ROOT
from .shown import admin_page, done, one_page, read_page, sentence


@view_config(route_name="ui.admin_users")
def list_users(request: Request) -> Response:
    """List users, or those whose names or mail addresses hold a text."""
    return _users_page(request)


@view_config(route_name="ui.admin_create_user")
def create_user(request: Request) -> Response:
    """Make a user; an administrator is made on the page of the user."""
    name, email = form_field(request, "name").strip(), form_field(request, "email").strip()
    password = str(request.POST.get("password", ""))
    try:
        made = request.services.accounts.create(
            name, email=email or None, password=password or None
        )
    except (Conflict, Malformed) as error:
        request.tm.doom()
        return _users_page(
            request,
            status=409 if isinstance(error, Conflict) else 400,
            name=name,
            email=email,
            complaint=sentence(error),
        )
    return done(_path(made.name), "user-made")


@view_config(route_name="ui.admin_user")
def show_user(request: Request) -> Response:
    """Show a user, and what can be done about them."""
    return _user_page(request)


@view_config(route_name="ui.admin_disable_user")
def disable_user(request: Request) -> Response:
    """Shut a user out."""
    return _change(request, "disable", "user-disabled")


@view_config(route_name="ui.admin_enable_user")
def enable_user(request: Request) -> Response:
    """Let a user in again."""
    return _change(request, "enable", "user-enabled")


@view_config(route_name="ui.admin_make_admin")
def make_admin(request: Request) -> Response:
    """Make an administrator."""
    return _change(request, "set_admin", "admin-made", True)


@view_config(route_name="ui.admin_unmake_admin")
def unmake_admin(request: Request) -> Response:
    """Make an administrator an ordinary user again."""
    return _change(request, "set_admin", "admin-unmade", False)


@view_config(route_name="ui.admin_set_password")
def set_password(request: Request) -> Response:
    """Give a user a new password; their sessions end."""
    return _change(request, "set_password", "password-set", str(request.POST.get("password", "")))


@view_config(route_name="ui.admin_end_sessions")
def end_sessions(request: Request) -> Response:
    """End every session and token of a user."""
    return _change(request, "end_everything", "sessions-ended")


def _change(request: Request, method: str, key: str, *arguments: object) -> Response:
    user = request.services.accounts.find(request.matchdict["user"])
    name = user.name
    try:
        getattr(request.services.accounts, method)(name, *arguments)
    except (Conflict, Malformed, NotAllowed) as error:
        request.tm.doom()
        return _user_page(request, status=409, complaint=sentence(error))
    return done(_path(name), key)


def _users_page(
    request: Request, *, status: int = 200, name: str = "", email: str = "", complaint: str = ""
) -> Response:
    asked = read_page(request)
    text = query_field(request, "text").strip()
    users = request.services.accounts.all(text=text, after=asked.after, limit=asked.limit + 1)
    return admin_page(
        request,
        "users",
        status=status,
        text=text,
        name=name,
        email=email,
        complaint=complaint,
        **one_page(request, users, asked, lambda user: user.name),
    )


def _user_page(request: Request, *, status: int = 200, complaint: str = "") -> Response:
    services = request.services
    user = services.accounts.find(request.matchdict["user"])
    return admin_page(
        request,
        "user",
        status=status,
        user=user,
        is_self=user.id == request.caller.user_id,
        logins=services.linked_logins.of(user),
        token_count=services.tokens.count(user),
        quota=services.quotas.of(user.name),
        complaint=complaint,
        path=_path(user.name),
    )


def _path(name: str) -> str:
    return f"{ROOT}/users/{quote(name, safe='')}"
