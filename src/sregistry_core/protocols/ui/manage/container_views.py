"""Containers: described, frozen and deleted; and many of their tags and images at once."""

from datetime import timedelta

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Action
from sregistry_core.errors import Malformed
from sregistry_core.services.cleaning import Choice

from ..fields import form_field, form_text, query_field
from ..pages import page
from .forms import NOTHING_WRONG, Wrong, attempt
from .things import address_of, container_for

_MOST_DAYS = 36_525
_MOST_SHOWN = 500


@view_config(route_name="ui.container_settings", request_method=("GET", "HEAD"))
def show_settings(request: Request) -> Response:
    """Show what can be set."""
    return _settings_page(request, NOTHING_WRONG)


@view_config(route_name="ui.container_settings", request_method="POST")
def describe(request: Request) -> Response:
    """Describe a container."""
    container = container_for(request, Action.PUSH)

    def deed() -> str:
        text = form_text(request, "description")
        request.services.catalog.change_container(container, description=text)
        return f"{address_of(container, 'settings')}?done=container-changed"

    return attempt(request, "about", deed, lambda wrong: _settings_page(request, wrong))


@view_config(route_name="ui.freeze_container")
def freeze(request: Request) -> Response:
    """Freeze a container, or thaw it."""
    container = container_for(request, Action.MANAGE)
    frozen = form_field(request, "frozen") == "yes"

    def deed() -> str:
        request.services.catalog.change_container(container, frozen=frozen)
        done = "container-frozen" if frozen else "container-thawed"
        return f"{address_of(container, 'settings')}?done={done}"

    return attempt(request, "freeze", deed, lambda wrong: _settings_page(request, wrong))


@view_config(route_name="ui.delete_container", request_method=("GET", "HEAD"))
def show_delete(request: Request) -> Response:
    """Show what would go, and ask for the name."""
    return _delete_page(request, NOTHING_WRONG)


@view_config(route_name="ui.delete_container", request_method="POST")
def delete(request: Request) -> Response:
    """Delete a container with everything in it."""
    container = container_for(request, Action.DELETE)
    above = address_of(container.collection)

    def deed() -> str:
        typed = form_field(request, "typed")
        request.services.collection_changes.delete_container(container, typed=typed)
        return f"{above}?done=container-deleted"

    return attempt(request, "delete", deed, lambda wrong: _delete_page(request, wrong))


@view_config(route_name="ui.clean_up", request_method=("GET", "HEAD"))
def show_clean_up(request: Request) -> Response:
    """Offer to choose, and show what a choice would delete."""
    return _clean_up_page(request, NOTHING_WRONG)


@view_config(route_name="ui.clean_up", request_method="POST")
def clean_up(request: Request) -> Response:
    """Delete what was shown."""
    container = container_for(request, Action.DELETE)

    def deed() -> str:
        choice = _choice(*(form_field(request, name) for name in ("tags", "days", "untagged")))
        mark = form_field(request, "mark")
        if choice is None:
            raise Malformed("choose what is to go")
        request.services.cleaning.delete(container, choice, mark)
        return f"{address_of(container, 'clean-up')}?done=cleaned-up"

    return attempt(request, "clean-up", deed, lambda wrong: _clean_up_page(request, wrong))


def _choice(tags: str, days: str, untagged: str) -> Choice | None:
    """Read what is chosen; None for nothing. Raises Malformed for what is no number of days."""
    tags, days = tags.strip().lower(), days.strip()
    if days and not (days.isascii() and days.isdigit() and len(days) < 6):
        raise Malformed("the age is a number of days")
    if not tags and untagged != "yes":
        return None
    age = timedelta(days=min(int(days), _MOST_DAYS)) if days else None
    return Choice(tags or None, age, untagged == "yes")


def _settings_page(request: Request, wrong: Wrong) -> Response:
    container = container_for(request, Action.PUSH)
    return page(
        request,
        "manage/container-settings",
        status=wrong.status,
        wrong=wrong,
        container=container,
        may_manage=request.services.access.may(Action.MANAGE, container),
    )


def _delete_page(request: Request, wrong: Wrong) -> Response:
    container = container_for(request, Action.DELETE)
    return page(
        request,
        "manage/delete-container",
        status=wrong.status,
        wrong=wrong,
        container=container,
        contents=request.services.collection_changes.contents(container),
    )


def _clean_up_page(request: Request, wrong: Wrong) -> Response:
    container = container_for(request, Action.DELETE)
    typed = wrong.typed
    said = {
        name: typed[name] if name in typed else query_field(request, name)
        for name in ("tags", "days", "untagged")
    }
    preview = None
    try:
        choice = _choice(said["tags"], said["days"], said["untagged"])
        if choice is not None:
            preview = request.services.cleaning.preview(container, choice)
    except Malformed as error:
        wrong = Wrong("choose", str(error), 400, said)
    return page(
        request,
        "manage/clean-up",
        status=wrong.status,
        wrong=wrong,
        container=container,
        said=said,
        preview=preview,
        most=_MOST_SHOWN,
    )
