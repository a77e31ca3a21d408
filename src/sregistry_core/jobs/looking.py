"""Looks at every storage, so that administrators see which one cannot be used."""

import logging
from datetime import timedelta
from typing import Final

from sregistry_core.contracts import Storage
from sregistry_core.services import Facilities
from sregistry_core.services.storage_states import Checked

from .unit import Unit

JOB = "storages.check"
PAUSE: Final = timedelta(minutes=5)

log = logging.getLogger(__name__)


def look_at_storages(unit: Unit, facilities: Facilities) -> None:
    """Ask each storage whether it can be used, outside of any transaction."""
    found = {name: _look(name, one) for name, one in facilities.blob_store.storages.items()}
    with unit() as services:
        services.storage_states.keep(found)


def _look(name: str, storage: Storage) -> Checked:
    try:
        storage.check()
        return Checked("", storage.free_space())
    except Exception as error:
        # One of somebody else's may fail in any way; the others are looked at all the same.
        log.warning("the storage %s cannot be used: %s", name, error)
        return Checked(str(error) or type(error).__name__, None)
