"""Builds, as the worker at them has them: begun, heard, and ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import BuildFinished, Caller
from sregistry_core.db.session import mark_changed
from sregistry_core.db.statements import insert_for
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Build, BuildContext, BuildOutputLine, BuildState, Image
from sregistry_core.names import ContainerName, ImageName

from .access import Access, name_of
from .authentication import Authentication
from .build_statements import JOB as STATEMENT_JOB
from .build_tokens import end_token
from .builds import ENDS
from .commit_statuses import report
from .listeners import tell
from .outbox import OutboxService
from .rebuild_ends import ask_for_verdict

if TYPE_CHECKING:
    from . import Facilities

MOST_FACTS = 200
LONGEST_NAME = 300
LONGEST_VALUE = 500


@dataclass(frozen=True, slots=True)
class Started:
    """A build that a worker has begun, or found again.

    handle     what its builder remembers, when another worker was at it before
    lines      how many lines it has said already
    was_begun  whether another worker was at it before
    """

    id: str
    builder: str
    definition: str
    arch: str
    arguments: Mapping[str, str]
    name: ImageName
    context: str | None
    handle: str | None
    lines: int
    was_begun: bool
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class Followed:
    """How a build is, for those who follow it.

    lines     the next ones that it has said, each with its number
    is_over   nothing more will be said
    reason    why it has ended without an image
    """

    lines: tuple[tuple[int, str], ...]
    is_over: bool
    reason: str | None


class Building:
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
        self._authentication = authentication
        self._outbox = outbox
        self._facilities = facilities

    def begin(self, build_id: str) -> Started | None:
        """Begin a build; None when there is nothing to do any more. A second run finds it again."""
        self._access.require_system()
        build = self._locked(build_id)
        if build is None or build.state in ENDS:
            return None
        was_begun = build.state is BuildState.RUNNING
        build.state = BuildState.RUNNING
        build.started_at = build.started_at or self._facilities.clock()
        if not was_begun:
            report(self._outbox, build)
        said = self._db.scalar(
            select(func.max(BuildOutputLine.number)).where(BuildOutputLine.build_id == build_id)
        )
        context = self._db.get(BuildContext, build.context_id) if build.context_id else None
        entity, collection = build.collection.entity.name, build.collection.name
        return Started(
            id=build.id,
            builder=build.builder,
            definition=build.definition,
            arch=build.arch,
            arguments=dict(build.arguments),
            name=ImageName(ContainerName(entity, collection, build.container), build.tag),
            context=context.id if context is not None else None,
            handle=build.handle,
            lines=said or 0,
            was_begun=was_begun,
            begun_at=build.started_at,
        )

    def orderer(self, build_id: str) -> Caller:
        """Give who has ordered a build, with their rights of now; nobody when they are gone."""
        self._access.require_system()
        build = self._db.get_one(Build, build_id)
        if build.ordered_by is None:
            return Caller.anonymous()
        return self._authentication.caller_of_user(build.ordered_by)

    def remember(self, build_id: str, handle: str) -> None:
        """Keep what leads back to a build."""
        self._access.require_system()
        self._db.get_one(Build, build_id).handle = handle[:500]

    def note(self, build_id: str, facts: Mapping[str, str]) -> None:
        """Keep what was found out about a build, up to MOST_FACTS; the last value counts."""
        self._access.require_system()
        build = self._locked(build_id)
        if build is None or build.state in ENDS:
            return
        known = dict(build.facts)
        for name, value in facts.items():
            if name in known or len(known) < MOST_FACTS:
                known[name] = value
        build.facts = known

    def is_cancelled(self, build_id: str) -> bool:
        """Tell whether somebody wants a build to end, or it is gone."""
        self._access.require_system()
        found = self._db.execute(
            select(Build.cancel_asked_at).where(Build.id == build_id)
        ).one_or_none()
        return found is None or found.cancel_asked_at is not None

    def say(self, build_id: str, lines: Sequence[tuple[int, str]]) -> None:
        """Keep lines with their numbers; those that are kept already, once."""
        self._access.require_system()
        if lines and self._db.get(Build, build_id) is not None:
            rows = [
                {"build_id": build_id, "number": number, "text": text} for number, text in lines
            ]
            statement = insert_for(self._db, BuildOutputLine).on_conflict_do_nothing()
            self._db.execute(statement, rows)
            mark_changed(self._db)

    def follow(self, build_id: str, *, after: int, limit: int) -> Followed:
        """Give how a build is, with lines after a number; one that is gone is over."""
        self._access.require_system()
        # First: what is over has written its last line before.
        found = self._db.execute(
            select(Build.state, Build.reason).where(Build.id == build_id)
        ).one_or_none()
        lines = self._db.execute(
            select(BuildOutputLine.number, BuildOutputLine.text)
            .where(BuildOutputLine.build_id == build_id, BuildOutputLine.number > after)
            .order_by(BuildOutputLine.number)
            .limit(limit)
        ).all()
        return Followed(
            lines=tuple((line.number, line.text) for line in lines),
            is_over=found is None or found.state in ENDS,
            reason=found.reason if found is not None else "it was deleted",
        )

    def end(
        self,
        build_id: str,
        state: BuildState,
        *,
        reason: str | None = None,
        image: Image | None = None,
        built_with: str | None = None,
        log_digest: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """End a build; one that has ended stays as it is."""
        self._access.require_system()
        build = self._locked(build_id)
        if build is None or build.state in ENDS:
            return
        build.state, build.reason = state, reason
        build.ended_at = self._facilities.clock()
        end_token(self._db, self._facilities.signer, build_id)
        build.built_with, build.log_digest = built_with, log_digest
        build.facts = {**build.facts, **(facts or {})}
        if image is not None:
            build.image_id, build.image_digest = image.id, image.digest
            build.image_size = image.blob.size if image.blob is not None else None
            self._outbox.write(STATEMENT_JOB, build=build.id)
        container = f"{name_of(build.collection)}/{build.container}"
        event = BuildFinished(
            identifier=new_identifier(),
            at=build.ended_at,
            build=build.id,
            state=str(state),
            container=container,
        )
        tell(self._outbox, self._facilities.plugins.listeners, event)
        report(self._outbox, build)
        ask_for_verdict(self._db, self._outbox, build)
        self._access.audit.record(
            f"build.{state}",
            f"{container}:{build.tag}",
            collection=build.collection,
            about=build.orderer,
            build=build.id,
        )

    def _locked(self, build_id: str) -> Build | None:
        return self._db.scalars(
            select(Build)
            .where(Build.id == build_id)
            .with_for_update(of=Build)
            .execution_options(populate_existing=True)
        ).one_or_none()
