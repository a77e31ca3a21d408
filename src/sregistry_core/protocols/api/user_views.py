"""Users: oneself, and for administrators everybody."""

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.web.paging import read_page

from .addressed import part
from .answers import answer, created, nothing, page
from .endpoints import endpoint
from .members import read_changes, read_members
from .wire import me_json, user_json


@endpoint("api.me")
def show_me(request: Request) -> Response:
    """Show who the caller is."""
    services = request.services
    return answer(me_json(services.accounts.find(services.caller.name), services.caller))


@endpoint("api.users", "after", "limit")
def list_users(request: Request) -> Response:
    """Show every user."""
    asked = read_page(request)
    users = request.services.accounts.all(after=asked.after, limit=asked.limit + 1)
    return page(request, users, asked, key=lambda user: user.name, to_json=user_json)


@endpoint("api.create_user")
def create_user(request: Request) -> Response:
    """Make a user; administrators are made by a change, so that nobody becomes one by the way."""
    members = read_members(request, "user", "email", "password")
    user = request.services.accounts.create(
        members.text("user"),
        email=members.optional_text("email"),
        password=members.optional_text("password"),
    )
    return created(request, user_json(user), "api.user", user=user.name)


@endpoint("api.user")
def show_user(request: Request) -> Response:
    """Show a user."""
    return answer(user_json(request.services.accounts.find(part(request, "user"))))


@endpoint("api.change_user")
def change_user(request: Request) -> Response:
    """Shut a user out or let them in, and make or unmake an administrator."""
    members = read_changes(request, "disabled", "is_admin")
    accounts, name = request.services.accounts, part(request, "user")
    if (disabled := members.optional_boolean("disabled")) is not None:
        user = accounts.disable(name) if disabled else accounts.enable(name)
    if (is_admin := members.optional_boolean("is_admin")) is not None:
        user = accounts.set_admin(name, is_admin)
    return answer(user_json(user))


@endpoint("api.set_password")
def set_password(request: Request) -> Response:
    """Give a user a new password."""
    password = read_members(request, "password").text("password")
    request.services.accounts.set_password(part(request, "user"), password)
    return nothing()
