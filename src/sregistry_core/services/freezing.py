"""What is frozen: a collection with all that is in it, a container, a tag."""

from sregistry_core.errors import Conflict
from sregistry_core.models import Collection, Container

from .access import name_of


def is_frozen_whole(container: Container) -> bool:
    """True when nothing in a container may be pushed, moved or deleted."""
    return container.frozen_at is not None or container.collection.frozen_at is not None


def refuse_frozen(thing: Collection | Container) -> None:
    """Raise Conflict when a collection or a container is frozen, and say which of the two."""
    collection = thing.collection if isinstance(thing, Container) else thing
    for one in (collection, thing):
        if one.frozen_at is not None:
            raise Conflict(f"{name_of(one)} is frozen")
