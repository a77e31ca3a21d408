"""What a listener is, and the events it hears of."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has been committed; `identifier` stays the same when it is told again."""

    identifier: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ImagePushed(Event):
    """An image has arrived: `container` is `entity/collection/container`, `size` in bytes."""

    container: str
    digest: str
    size: int
    arch: str | None
    user: str | None


@dataclass(frozen=True, slots=True)
class ImageDeleted(Event):
    """An image has been deleted."""

    container: str
    digest: str
    user: str | None


@dataclass(frozen=True, slots=True)
class TagMoved(Event):
    """A tag points at another image than before, or is new (`previous_digest` is None)."""

    container: str
    tag: str
    arch: str
    digest: str
    previous_digest: str | None
    user: str | None


@dataclass(frozen=True, slots=True)
class BuildFinished(Event):
    """A build has come to an end: `state` is succeeded, failed or cancelled."""

    build: str
    state: str
    container: str | None


@dataclass(frozen=True, slots=True)
class UserJoined(Event):
    """A user is new here."""

    user: str


EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind for kind in (ImagePushed, ImageDeleted, TagMoved, BuildFinished, UserJoined)
}


class Listener(ABC):
    """Hears of what has been committed, in a worker, at least once each."""

    @abstractmethod
    def notice(self, event: Event) -> None:
        """Take notice. Whatever is raised makes the registry tell it again later."""


__all__ = [
    "EVENTS",
    "BuildFinished",
    "Event",
    "ImageDeleted",
    "ImagePushed",
    "Listener",
    "TagMoved",
    "UserJoined",
]
