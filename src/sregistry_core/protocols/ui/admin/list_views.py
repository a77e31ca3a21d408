"""The overview, quotas, all collections, and the directory of other registries."""

from datetime import timedelta

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts.settings import parse_size
from sregistry_core.errors import Conflict, Malformed, NotFound

from ..fields import form_field, query_field
from .routes import ROOT
from .shown import admin_page, done, one_page, read_page, sentence

STALE_AFTER = timedelta(minutes=20)
"""The job comes round every five minutes: what is older says that no worker runs."""
_RECENT = 8


@view_config(route_name="ui.admin_overview")
def show_overview(request: Request) -> Response:
    """Show what needs a look: jobs that failed, storages in trouble, and what was done last."""
    services = request.services
    return admin_page(
        request,
        "overview",
        counts=services.duty_list.counts(),
        storages=services.storage_states.all(stale_before=_stale_before(request)),
        events=services.audit_log.find(limit=_RECENT),
    )


@view_config(route_name="ui.admin_storages")
def show_storages(request: Request) -> Response:
    """Show each storage: whether it can be used, what it holds, what is free."""
    found = request.services.storage_states.all(stale_before=_stale_before(request))
    return admin_page(request, "storages", storages=found)


@view_config(route_name="ui.admin_quotas")
def list_quotas(request: Request) -> Response:
    """List how much each entity uses and may use."""
    return _quotas_page(request)


@view_config(route_name="ui.admin_set_quota")
def set_quota(request: Request) -> Response:
    """Set how much an entity may use: a size, 0 for any number, nothing for the usual."""
    entity, text = form_field(request, "entity").strip(), form_field(request, "size").strip()
    try:
        size = _size(text) if text else None
        request.services.quotas.set(entity, size)
    except (Malformed, NotFound) as error:
        request.tm.doom()
        return _quotas_page(
            request, status=400, entity=entity, size=text, complaint=sentence(error)
        )
    return done(f"{ROOT}/quotas", "quota-set")


@view_config(route_name="ui.admin_collections")
def list_collections(request: Request) -> Response:
    """List all collections, whoever may see them."""
    asked = read_page(request)
    text = query_field(request, "text").strip()
    found = request.services.collection_list.find(
        text=text, after=asked.after, limit=asked.limit + 1
    )
    return admin_page(
        request,
        "collections",
        text=text,
        **one_page(request, found, asked, lambda one: one.name),
    )


@view_config(route_name="ui.admin_registries")
def list_registries(request: Request) -> Response:
    """List the other registries that clients are sent on to."""
    return _registries_page(request)


@view_config(route_name="ui.admin_add_registry")
def add_registry(request: Request) -> Response:
    """Send clients on to another registry."""
    name, url = form_field(request, "name").strip(), form_field(request, "url").strip()
    try:
        request.services.federation.add(name, url)
    except (Conflict, Malformed) as error:
        request.tm.doom()
        return _registries_page(
            request,
            status=409 if isinstance(error, Conflict) else 400,
            name=name,
            url=url,
            complaint=sentence(error),
        )
    return done(f"{ROOT}/registries", "registry-added")


@view_config(route_name="ui.admin_remove_registry")
def remove_registry(request: Request) -> Response:
    """Send nobody on to another registry any more."""
    request.services.federation.remove(request.matchdict["registry"])
    return done(f"{ROOT}/registries", "registry-removed")


def _quotas_page(
    request: Request, *, status: int = 200, entity: str = "", size: str = "", complaint: str = ""
) -> Response:
    asked = read_page(request)
    text = query_field(request, "text").strip()
    found = request.services.quotas.all(text=text, after=asked.after, limit=asked.limit + 1)
    return admin_page(
        request,
        "quotas",
        status=status,
        text=text,
        entity=entity,
        size=size,
        complaint=complaint,
        usual=request.registry["facilities"].settings.quota,
        **one_page(request, found, asked, lambda one: one.entity),
    )


def _registries_page(
    request: Request, *, status: int = 200, name: str = "", url: str = "", complaint: str = ""
) -> Response:
    asked = read_page(request)
    found = request.services.federation.all(after=asked.after, limit=asked.limit + 1)
    return admin_page(
        request,
        "registries",
        status=status,
        name=name,
        url=url,
        complaint=complaint,
        **one_page(request, found, asked, lambda one: one.name),
    )


def _size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as error:
        raise Malformed(f"{text[:40]} is not {error}") from error


def _stale_before(request: Request) -> object:
    return request.registry["facilities"].clock() - STALE_AFTER
