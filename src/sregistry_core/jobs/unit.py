"""One transaction, and the services of the registry itself within it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sregistry_core.contracts import Caller
from sregistry_core.db.session import Database
from sregistry_core.services import Facilities, Services

Unit = Callable[[], AbstractContextManager[Services]]
"""Opens a transaction: committed at the end of the block, rolled back on any error."""


def unit_of(
    database: Database,
    facilities: Facilities,
    caller: Caller | None = None,
    *,
    writes: bool = True,
) -> Unit:
    """Give what opens transactions for one caller, by default for the registry itself."""

    @contextmanager
    def unit() -> Iterator[Services]:
        with database.transaction(writes=writes) as db:
            yield Services(db, caller or Caller.system(), facilities)

    return unit
