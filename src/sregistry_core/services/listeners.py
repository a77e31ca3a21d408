"""Tells listeners what has been committed, each in a duty of its own: none delays another."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sregistry_core.contracts import EVENTS, Event, Listener

from .access import Access
from .outbox import OutboxService

if TYPE_CHECKING:
    from . import Facilities

JOB = "listeners.tell"


def tell(outbox: OutboxService, listeners: Mapping[str, Listener], event: Event) -> None:
    """Write down that every listener is to hear of an event."""
    for name in listeners:
        outbox.write(JOB, listener=name, kind=type(event).__name__, event=_as_json(event))


class Telling:
    """Runs in a worker."""

    def __init__(self, access: Access, facilities: "Facilities"):
        self._access = access
        self._facilities = facilities

    def run(self, *, listener: str, kind: str, event: dict[str, Any]) -> None:
        """Tell one listener of one event.

        A second run tells it again: listeners know an event by its identifier. A listener that
        the ini file no longer names is told nothing.
        """
        self._access.require_system()
        if found := self._facilities.plugins.listeners.get(listener):
            found.notice(_from_json(kind, event))


def _as_json(event: Event) -> dict[str, Any]:
    return dict(json.loads(json.dumps(asdict(event), default=datetime.isoformat)))


def _from_json(kind: str, event: Mapping[str, Any]) -> Event:
    return EVENTS[kind](**{**event, "at": datetime.fromisoformat(event["at"])})
