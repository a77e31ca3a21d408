"""Looks at base images, as the worker at them has them: begun, and noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from sregistry_core.contracts import Caller
from sregistry_core.errors import Malformed
from sregistry_core.models import Build
from sregistry_core.settings import CoreSettings

from .access import Access
from .authentication import Authentication
from .base_images import FACT, Base, bases_of
from .base_watches import watch_of
from .outbox import OutboxService
from .rebuild_recipes import Recipe
from .rebuild_rows import RebuildRows
from .rebuilds import ORDER_JOB

if TYPE_CHECKING:
    from . import Facilities

LOOK_JOB = "rebuilds.look"


@dataclass(frozen=True, slots=True)
class BaseLook:
    """Base images that are to be looked at.

    caller   who looks at those that are here
    """

    schedule: str
    caller: Caller
    recipe: Recipe
    arch: str
    bases: Sequence[Base]


class BaseLooks:
    """Runs in a worker; every method is a short transaction's."""

    def __init__(
        self,
        db: Session,
        access: Access,
        authentication: Authentication,
        outbox: OutboxService,
        facilities: "Facilities",
    ):
        self._access = access
        self._outbox = outbox
        self._facilities = facilities
        self._rows = RebuildRows(db, authentication)

    def begin(self, schedule: str) -> BaseLook | None:
        """Give the base images to look at; None when nobody wants to know any more."""
        self._access.require_system()
        row = self._rows.locked(schedule)
        if row is None or not row.when_base_moves:
            return None
        try:
            recipe = self._rows.recipe(row)
        except Malformed as error:
            row.bases = [{**one, "trouble": str(error)} for one in row.bases]
            return None
        bases = bases_of(recipe.definition, recipe.arguments)
        return BaseLook(row.id, self._rows.caller(row), recipe, row.arch, bases)

    def end(self, look: BaseLook, seen: Mapping[str, str], troubles: Mapping[str, str]) -> None:
        """Keep what was seen of base images, and have it built anew when one is another now.

        seen       the digest of each, by its address
        troubles   why one could not be looked at
        """
        self._access.require_system()
        row = self._rows.locked(look.schedule)
        if row is None or not row.when_base_moves:
            return
        known = {one["address"]: one["digest"] for one in row.bases}
        moved = [
            address
            for address, digest in seen.items()
            if known.get(address) is not None and known[address] != digest
        ]
        if moved and row.is_awaited:
            # What is known stays until a build begins that can have seen the new one.
            return
        settings = self._facilities.settings
        row.bases = [
            {
                "address": base.address,
                "digest": seen.get(base.address) or known.get(base.address),
                "trouble": troubles.get(base.address) or watch_of(base, settings).trouble,
            }
            for base in look.bases
        ]
        if moved:
            self._outbox.write(ORDER_JOB, schedule=row.id)


def bases_after(
    known: Sequence[dict[str, Any]], build: Build, settings: CoreSettings
) -> list[dict[str, Any]]:
    """Give what is known of base images once a build has been made from those that are here."""
    ours = {
        base.address
        for base in bases_of(build.definition, build.arguments)
        if watch_of(base, settings).is_ours
    }
    return [
        {**one, "digest": build.facts.get(f"{FACT}{one['address']}") or one["digest"]}
        if one["address"] in ours
        else one
        for one in known
    ]
