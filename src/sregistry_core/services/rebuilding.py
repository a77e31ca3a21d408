"""Rebuilds, as the workers at them have them: found, ordered, and judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from sregistry_core.contracts import Caller
from sregistry_core.errors import Malformed
from sregistry_core.models import Build, BuildState, Image, RebuildSchedule, Verdict

from .access import Access
from .authentication import Authentication
from .base_looks import LOOK_JOB, bases_after
from .builds import ENDS, Wish
from .image_changes import Changes
from .outbox import SLOW, OutboxService
from .rebuild_ends import JUDGE_JOB
from .rebuild_rows import RebuildRows, name_of_row
from .rebuilds import ORDER_JOB

if TYPE_CHECKING:
    from . import Facilities

FIND_JOB = "rebuilds.find"
PAUSE = timedelta(minutes=5)
"""How often somebody looks for what is due."""
LOOK_PAUSE = timedelta(hours=1)
"""How often base images are looked at."""
_MOST_AT_ONCE = 100
_LONGEST_WORDS = 2000


@dataclass(frozen=True, slots=True)
class Rebuild:
    """What is to be ordered.

    caller    whose rights the build has, as they are now
    wish      None when nobody knows how it is built any more; then `trouble` says why
    """

    schedule: str
    caller: Caller
    wish: Wish | None
    trouble: str


@dataclass(frozen=True, slots=True)
class Awaited:
    """A rebuild that has ended with an image, to be held against the one before it."""

    build: str
    before: str
    after: str


class Rebuilding:
    """Runs in a worker; every method is a short transaction's."""

    def __init__(
        self,
        db: Session,
        access: Access,
        authentication: Authentication,
        outbox: OutboxService,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._rows = RebuildRows(db, authentication)
        self._outbox = outbox
        self._facilities = facilities

    def find_due(self) -> int:
        """Have those built whose time has come, and bases looked at; how many of both."""
        self._access.require_system()
        now, asked = self._facilities.clock(), 0
        for row in self._due(RebuildSchedule.due_at):
            if row.is_awaited:
                self._ask_for_a_verdict(row)
            self._outbox.write(ORDER_JOB, schedule=row.id)
            row.due_at = now + timedelta(days=row.every_days) if row.every_days else None
            asked += 1
        for row in self._due(RebuildSchedule.look_at):
            self._outbox.write(LOOK_JOB, queue=SLOW, schedule=row.id)
            row.look_at = now + LOOK_PAUSE
            if row.is_awaited:
                self._ask_for_a_verdict(row)
            asked += 1
        return asked

    def take(self, schedule: str) -> Rebuild | None:
        """Give what is to be ordered; None where nothing is, or one is under way."""
        self._access.require_system()
        row = self._rows.locked(schedule)
        if row is None or row.is_awaited:
            return None
        caller = self._rows.caller(row)
        if caller.is_anonymous:
            trouble = "whoever it is built for has no account here any more"
            return Rebuild(row.id, caller, None, trouble)
        try:
            recipe = self._rows.recipe(row)
        except Malformed as error:
            return Rebuild(row.id, caller, None, str(error))
        builders = self._facilities.plugins.builders
        wish = Wish(
            definition=recipe.definition,
            name=name_of_row(row),
            arch=row.arch,
            builder=recipe.builder if recipe.builder in builders else None,
            arguments=recipe.arguments,
            context=recipe.context,
            source=recipe.source,
            own_recipe=recipe.author is not None and recipe.author == caller.user_id,
        )
        return Rebuild(row.id, caller, wish, "")

    def ordered(self, schedule: str, build: Build) -> None:
        """Note that a build is under way, and what it is held against."""
        self._access.require_system()
        row = self._rows.locked(schedule)
        if row is None:
            return
        pointing = self._rows.tag(row)
        row.build_id, row.is_awaited = build.id, True
        row.before_id = pointing.image_id if pointing is not None else None
        row.last_error = None

    def wait(self, schedule: str, reason: str) -> None:
        """Try again soon: there are as many builds under way as there may be."""
        self._access.require_system()
        row = self._rows.locked(schedule)
        if row is not None:
            row.last_error = f"it waits: {reason}"[:_LONGEST_WORDS]
            self._outbox.write(ORDER_JOB, later=PAUSE, schedule=row.id)

    def broken(self, schedule: str, reason: str) -> None:
        """Note that nothing can be built, and why. The next time it is tried again."""
        self._access.require_system()
        row = self._rows.locked(schedule)
        if row is not None:
            self._give(row, Verdict.BROKEN, reason, {})

    def awaited(self, build_id: str) -> Awaited | None:
        """Give what is to be compared; what has ended without an image is broken at once."""
        self._access.require_system()
        row = self._rows.of_build(build_id)
        build = self._db.get(Build, build_id)
        if row is None or build is None or build.state not in ENDS:
            return None
        if build.state is not BuildState.SUCCEEDED:
            reason = build.reason or str(build.state)
            how = "" if build.state is BuildState.FAILED else f"the build was {build.state}: "
            self._give(row, Verdict.BROKEN, f"{how}{reason}", {})
            return None
        row.bases = bases_after(row.bases, build, self._facilities.settings)
        before, after = (
            self._db.get(Image, one) if one is not None else None
            for one in (row.before_id, build.image_id)
        )
        if before is None or after is None or before.blob is None or after.blob is None:
            which = "the image before" if before is None or before.blob is None else "the new image"
            self._give(row, Verdict.CHANGED, f"{which} is not here any more", {})
            return None
        return Awaited(build_id, before.id, after.id)

    def judged(self, build_id: str, changes: Changes) -> None:
        """Keep what has come of a rebuild."""
        self._access.require_system()
        row = self._rows.of_build(build_id)
        if row is not None:
            verdict = Verdict.CHANGED if changes.counts else Verdict.SAME
            self._give(row, verdict, changes.words, changes.facts)

    def _give(
        self, row: RebuildSchedule, verdict: Verdict, words: str, facts: Mapping[str, object]
    ) -> None:
        row.verdict, row.words = verdict, " ".join(words.split())[:_LONGEST_WORDS]
        row.changes, row.judged_at = dict(facts), self._facilities.clock()
        row.is_awaited, row.last_error = False, None
        self._access.audit.record(
            f"rebuild.{verdict}",
            str(name_of_row(row)),
            collection=row.container.collection,
            about=row.user,
            words=row.words[:300],
            arch=row.arch,
        )

    def _ask_for_a_verdict(self, row: RebuildSchedule) -> None:
        """Judge what nobody has judged: its build is gone, or its end was not heard."""
        if row.build_id is None:
            row.is_awaited = False
        else:
            self._outbox.write(JUDGE_JOB, queue=SLOW, build=row.build_id)

    def _due(self, column: InstrumentedAttribute[datetime | None]) -> Sequence[RebuildSchedule]:
        now = self._facilities.clock()
        return self._db.scalars(
            select(RebuildSchedule).where(column <= now).order_by(column).limit(_MOST_AT_ONCE)
        ).all()
