"""Collections: made, described, hidden, frozen, renamed, handed on and deleted."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed
from sregistry_core.models import Collection
from sregistry_core.names import CollectionName

from ..fields import form_field, form_text, query_field
from ..pages import page
from .forms import NOTHING_WRONG, Wrong, attempt
from .things import address_of, managed_collection


@view_config(route_name="ui.new_collection", request_method=("GET", "HEAD"))
def show_new(request: Request) -> Response:
    """Offer to make a collection."""
    return _new_page(request, NOTHING_WRONG)


@view_config(route_name="ui.new_collection", request_method="POST")
def create(request: Request) -> Response:
    """Make a collection."""
    services = request.services
    services.access.require_login()

    def deed() -> str:
        made = services.catalog.create_collection(
            services.catalog.create_entity(form_field(request, "entity")),
            form_field(request, "name").strip(),
            private=_privacy(request),
            description=form_text(request, "description"),
        )
        return f"{address_of(made, 'settings')}?done=collection-created"

    return attempt(request, "new", deed, lambda wrong: _new_page(request, wrong))


@view_config(route_name="ui.collection_settings", request_method=("GET", "HEAD"))
def show_settings(request: Request) -> Response:
    """Show all that can be set."""
    return _settings_page(request, NOTHING_WRONG)


@view_config(route_name="ui.collection_settings", request_method="POST")
def change(request: Request) -> Response:
    """Describe a collection, say what it is about, and who sees it."""
    collection = managed_collection(request)

    def deed() -> str:
        topics = form_field(request, "topics").replace(",", " ").split()
        request.services.catalog.change_collection(
            collection,
            private=_privacy(request),
            description=form_text(request, "description"),
        )
        request.services.collection_changes.set_topics(collection, topics)
        return f"{address_of(collection, 'settings')}?done=collection-changed"

    return attempt(request, "about", deed, lambda wrong: _settings_page(request, wrong))


@view_config(route_name="ui.freeze_collection")
def freeze(request: Request) -> Response:
    """Freeze a collection, or thaw it."""
    collection = managed_collection(request)
    frozen = form_field(request, "frozen") == "yes"

    def deed() -> str:
        request.services.collection_changes.freeze(collection, frozen=frozen)
        done = "collection-frozen" if frozen else "collection-thawed"
        return f"{address_of(collection, 'settings')}?done={done}"

    return attempt(request, "freeze", deed, lambda wrong: _settings_page(request, wrong))


@view_config(route_name="ui.collection_signatures")
def change_signatures(request: Request) -> Response:
    """Demand signatures of what is pushed, or demand none."""
    collection = managed_collection(request)

    def deed() -> str:
        required = form_field(request, "required") == "yes"
        signers = form_text(request, "signers").split("\n") if required else []
        request.services.signers.change(
            collection,
            require_signed=required,
            signers=[one.strip() for one in signers if one.strip()],
        )
        return f"{address_of(collection, 'settings')}?done=collection-changed"

    return attempt(request, "signatures", deed, lambda wrong: _settings_page(request, wrong))


@view_config(route_name="ui.rename_collection")
def rename(request: Request) -> Response:
    """Give a collection another name."""
    collection = managed_collection(request)

    def deed() -> str:
        request.services.renaming.rename(collection, form_field(request, "name").strip())
        return f"{address_of(collection, 'settings')}?done=collection-renamed"

    return attempt(request, "rename", deed, lambda wrong: _settings_page(request, wrong))


@view_config(route_name="ui.transfer_collection")
def transfer(request: Request) -> Response:
    """Hand a collection on to another entity."""
    collection = managed_collection(request)

    def deed() -> str:
        request.services.renaming.transfer(collection, form_field(request, "entity"))
        return f"{address_of(collection, 'settings')}?done=collection-transferred"

    return attempt(request, "transfer", deed, lambda wrong: _settings_page(request, wrong))


@view_config(route_name="ui.forget_name")
def forget_name(request: Request) -> Response:
    """Let a former name lead nowhere any more."""
    collection = managed_collection(request)

    def deed() -> str:
        home = request.registry["facilities"].settings.id
        name = CollectionName.parse(form_field(request, "name"), home=home)
        request.services.renaming.forget(collection, name)
        return f"{address_of(collection, 'settings')}?done=name-forgotten"

    return attempt(request, "rename", deed, lambda wrong: _settings_page(request, wrong))


@view_config(route_name="ui.delete_collection", request_method=("GET", "HEAD"))
def show_delete(request: Request) -> Response:
    """Show what would go, and ask for the name."""
    return _delete_page(request, NOTHING_WRONG)


@view_config(route_name="ui.delete_collection", request_method="POST")
def delete(request: Request) -> Response:
    """Delete a collection with everything in it."""
    collection = managed_collection(request)

    def deed() -> str:
        typed = form_field(request, "typed")
        request.services.collection_changes.delete(collection, typed=typed)
        return "/?done=collection-deleted"

    return attempt(request, "delete", deed, lambda wrong: _delete_page(request, wrong))


def _privacy(request: Request) -> bool:
    seen_by = form_field(request, "seen_by")
    if seen_by not in ("everybody", "members"):
        raise Malformed("choose who sees the collection")
    return seen_by == "members"


def _new_page(request: Request, wrong: Wrong) -> Response:
    settings = request.registry["facilities"].settings
    return page(
        request,
        "manage/new-collection",
        status=wrong.status,
        wrong=wrong,
        entities=request.services.renaming.entities(),
        chosen=wrong.typed.get("entity") or query_field(request, "entity"),
        usually_private=settings.default_private or settings.private_only,
        private_only=settings.private_only,
    )


def _settings_page(request: Request, wrong: Wrong) -> Response:
    collection: Collection = managed_collection(request)
    services = request.services
    changes = services.collection_changes
    targets = [one.name for one in services.renaming.entities() if one.id != collection.entity_id]
    return page(
        request,
        "manage/collection-settings",
        status=wrong.status,
        wrong=wrong,
        collection=collection,
        topics=changes.topics_of([collection]).get(collection.id, ()),
        signers=services.signers.of(collection),
        former_names=services.renaming.former_names(collection),
        targets=targets,
        private_only=request.registry["facilities"].settings.private_only,
    )


def _delete_page(request: Request, wrong: Wrong) -> Response:
    collection = managed_collection(request)
    return page(
        request,
        "manage/delete-collection",
        status=wrong.status,
        wrong=wrong,
        collection=collection,
        contents=request.services.collection_changes.contents(collection),
    )
