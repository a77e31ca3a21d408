"""Sums everything up anew: after an upgrade, once a day, and when an administrator asks."""

from sregistry_core.services import Facilities
from sregistry_core.services.summaries import EVERYTHING_JOB

from .unit import Unit

_BATCH = 200


def sum_everything(unit: Unit, facilities: Facilities) -> None:
    """Recompute every row, some at a time, each batch in a transaction of its own.

    A second run is harmless.
    """
    with unit() as services:
        services.outbox.forget_waiting(EVERYTHING_JOB)
    after = ""
    while True:
        with unit() as services:
            done = services.summaries.some_containers(after=after, limit=_BATCH)
        if not done:
            break
        after = done[-1]
    after = ""
    while True:
        with unit() as services:
            done = services.summaries.some_collections(after=after, limit=_BATCH)
        if not done:
            break
        after = done[-1]
