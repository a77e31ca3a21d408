"""Builds, as their users see them: ordered, followed, cancelled and tried again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Select, and_, delete, false, func, or_, select, union
from sqlalchemy.orm import Session, contains_eager

from sregistry_core.contracts import Action, Scope
from sregistry_core.db.session import mark_changed
from sregistry_core.errors import Conflict, Malformed, NotFound, TooLarge, TooManyBuilds
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import (
    Build,
    BuildContext,
    BuildOutputLine,
    BuildState,
    Collection,
    User,
)
from sregistry_core.names import ImageName, parse_architecture

from .access import Access, name_of
from .client_containers import ClientContainers
from .commit_statuses import report
from .outbox import BUILD, OutboxService
from .rebuild_ends import ask_for_verdict

if TYPE_CHECKING:
    from . import Facilities

JOB = "builds.run"
LONGEST_DEFINITION = 1 << 20
"""In bytes of UTF-8."""
MOST_ARGUMENTS = 100
LONGEST_ARGUMENT = 4000
ENDS = frozenset({BuildState.SUCCEEDED, BuildState.FAILED, BuildState.CANCELLED, BuildState.LOST})
"""States in which nothing more happens to a build."""
_NEWEST_FIRST = Build.ordered_at.desc(), Build.id.desc()


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to be built.

    name       where the image goes; the collection is made where it is missing
    builder    its name in the ini file; None for the first
    context    the identifier of a context of theirs that has arrived
    source     where the definition comes from: `repository`, `commit`, `path`, `branch`
    unnamed    the name is one of `UnnamedBuilds`
    own_recipe whoever orders has sent the definition and its context, and not somebody else
    """

    definition: str
    name: ImageName
    arch: str = "amd64"
    builder: str | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    context: str | None = None
    source: Mapping[str, str] = field(default_factory=dict)
    unnamed: bool = False
    own_recipe: bool = True


class Builds:
    """Takes orders. What is built, and how, is a worker's matter."""

    def __init__(
        self,
        db: Session,
        access: Access,
        containers: ClientContainers,
        outbox: OutboxService,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._containers = containers
        self._outbox = outbox
        self._facilities = facilities

    def order(self, wish: Wish, *, retry_of: Build | None = None) -> Build:
        """Write an order down; a worker hears of it once that is committed.

        Raises Malformed for what cannot be built here, NotAllowed where the caller may not push,
        Conflict when the tag is frozen or the caller has as many builds under way as they may.
        """
        self._access.require_login()
        builder = self._builder(wish.builder)
        arch = parse_architecture(wish.arch)
        definition, arguments = _definition(wish.definition), _arguments(wish.arguments)
        if wish.name.tag is None:
            raise Malformed(f"{wish.name} names a digest: a build needs a tag to go to")
        context = self._context(wish.context)
        collection = self._containers.reserve(wish.name)
        self._access.ask_policies(Action.BUILD, str(wish.name.container))
        self._require_few(collection)
        build = Build(
            id=new_identifier(),
            collection_id=collection.id,
            container=wish.name.container.container,
            tag=wish.name.tag,
            arch=arch,
            builder=builder,
            definition=definition,
            arguments=arguments,
            source=dict(wish.source),
            context_id=context.id if context is not None else None,
            state=BuildState.QUEUED,
            ordered_by=self._access.caller.user_id,
            ordered_at=self._facilities.clock(),
            unnamed=wish.unnamed,
            own_recipe=wish.own_recipe,
            retry_of=retry_of.id if retry_of is not None else None,
        )
        self._db.add(build)
        self._db.flush()
        build.collection = collection
        self._outbox.write(JOB, queue=BUILD, build=build.id)
        report(self._outbox, build)
        self._access.audit.record("build.order", str(wish.name), collection=collection)
        return build

    def find(self, build_id: str) -> Build:
        """Give a build that the caller ordered, or whose image they may push. Raises NotFound."""
        build = self._db.get(Build, build_id)
        if build is None or not self._may_see(build):
            raise NotFound("the build does not exist")
        return build

    def of(
        self,
        collection: Collection | None = None,
        *,
        container: str | None = None,
        mine: bool = False,
        states: Sequence[BuildState] = (),
        before: Build | None = None,
        limit: int = 100,
    ) -> Sequence[Build]:
        """Give builds that the caller may see, the newest first.

        container   only those of a container of that name
        mine        only those that the caller has ordered
        states      only those in one of these; empty for all
        before      the build after which to go on
        """
        asked: list[ColumnElement[bool]] = []
        if collection is not None:
            self._access.require(Action.PUSH, collection)
            asked.append(Build.collection_id == collection.id)
        if container is not None:
            asked.append(Build.container == container)
        if mine:
            self._access.require_login()
            asked.append(Build.ordered_by == self._access.caller.user_id)
        if states:
            asked.append(Build.state.in_(states))
        if before is not None:
            earlier = or_(
                Build.ordered_at < before.ordered_at,
                and_(Build.ordered_at == before.ordered_at, Build.id < before.id),
            )
            asked.append(earlier)
        query = (
            select(Build)
            .join(Build.collection)
            .join(Collection.entity)
            .options(contains_eager(Build.collection).contains_eager(Collection.entity))
            .where(Build.id.in_(self._newest(asked, limit)))
            .order_by(*_NEWEST_FIRST)
        )
        return self._db.scalars(query).all()

    def latest(self, collection: Collection, name: ImageName) -> Build | None:
        """Give the newest build of a tag, as far as the caller may see it.

        collection   that of the name, which may be called otherwise by now
        """
        return self._db.scalars(
            select(Build)
            .join(Build.collection)
            .join(Collection.entity)
            .where(
                self._visible(),
                Build.collection_id == collection.id,
                Build.container == name.container.container,
                Build.tag == name.tag,
            )
            .order_by(*_NEWEST_FIRST)
            .limit(1)
        ).one_or_none()

    def lines(
        self, build: Build, *, after: int = 0, limit: int = 1000
    ) -> Sequence[BuildOutputLine]:
        """Give what a build has said, from the line after this number on."""
        self.find(build.id)
        return self._db.scalars(
            select(BuildOutputLine)
            .where(BuildOutputLine.build_id == build.id, BuildOutputLine.number > after)
            .order_by(BuildOutputLine.number)
            .limit(limit)
        ).all()

    def every_line(self, build_id: str) -> Sequence[BuildOutputLine]:
        """Give all that a build has said, for the worker that goes on with it."""
        self._access.require_system()
        return self._db.scalars(
            select(BuildOutputLine)
            .where(BuildOutputLine.build_id == build_id)
            .order_by(BuildOutputLine.number)
        ).all()

    def cancel(self, build: Build) -> Build:
        """End a build: at once while it waits, soon while it runs. Conflict when it has ended."""
        self._require_orderer(build)
        now = self._facilities.clock()
        row = self._locked(build.id)
        if row.state in ENDS:
            raise Conflict(f"the build {row.id} has {_ended(row.state)} already")
        row.cancel_asked_at = row.cancel_asked_at or now
        if row.state is BuildState.QUEUED:
            row.state, row.ended_at = BuildState.CANCELLED, now
            row.reason = f"cancelled by {self._access.caller.name}"
            report(self._outbox, row)
            ask_for_verdict(self._db, self._outbox, row)
        return row

    def retry(self, build: Build) -> Build:
        """Order the same again, for the caller. Raises Conflict while it is under way."""
        self._require_orderer(build)
        if build.state not in ENDS:
            raise Conflict(f"the build {build.id} is under way")
        name = ImageName.parse(
            f"{name_of(build.collection)}/{build.container}:{build.tag}",
            home=self._facilities.settings.id,
        )
        wish = Wish(
            definition=build.definition,
            name=name,
            arch=build.arch,
            builder=build.builder if build.builder in self._facilities.plugins.builders else None,
            arguments=build.arguments,
            context=build.context_id,
            source=build.source,
            unnamed=build.unnamed,
            own_recipe=build.own_recipe and build.ordered_by == self._access.caller.user_id,
        )
        return self.order(wish, retry_of=build)

    def forget_old(self) -> int:
        """Remove the lines of builds that ended longer ago than logs are kept; how many builds."""
        self._access.require_system()
        before = self._facilities.clock() - self._facilities.settings.build_log_lifetime
        old = self._db.scalars(
            select(Build.id)
            .where(Build.ended_at < before)
            .where(
                select(BuildOutputLine.number).where(BuildOutputLine.build_id == Build.id).exists()
            )
        ).all()
        for build_id in old:
            lines = delete(BuildOutputLine).where(BuildOutputLine.build_id == build_id)
            self._db.execute(lines.execution_options(synchronize_session=False))
            mark_changed(self._db)
        return len(old)

    def _may_see(self, build: Build) -> bool:
        caller = self._access.caller
        if caller.user_id is not None and build.ordered_by == caller.user_id:
            return self._access.may(Action.READ, build.collection)
        return self._access.may(Action.PUSH, build.collection)

    def _newest(self, asked: Sequence[ColumnElement[bool]], limit: int) -> Select[str]:
        """Choose the newest that the caller may see, by their identifiers alone.

        Their own and those of where they may push each have an order to be read in; both together
        have none.
        """
        seen = select(Build.id, Build.ordered_at).where(*asked)
        inside = select(Collection.id).join(Collection.entity)
        visible = inside.where(self._access.visible(), Collection.id == Build.collection_id)
        if self._access.caller.is_admin and self._access.has(Scope.PUSH):
            ways = [seen.where(visible.exists())]
        else:
            pushable = inside.where(self._access.visible(), self._access.may_push_to())
            ways = [
                seen.where(self._own(), visible.exists()),
                seen.where(Build.collection_id.in_(pushable)),
            ]
        parts = [way.order_by(*_NEWEST_FIRST).limit(limit).subquery() for way in ways]
        some = union(*(select(part.c.id, part.c.ordered_at) for part in parts)).subquery()
        return select(some.c.id).order_by(some.c.ordered_at.desc(), some.c.id.desc()).limit(limit)

    def _visible(self) -> ColumnElement[bool]:
        """The rule of `_may_see` as a condition: a reader sees only their own."""
        return and_(self._access.visible(), or_(self._own(), self._access.may_push_to()))

    def _own(self) -> ColumnElement[bool]:
        user_id = self._access.caller.user_id
        # What a user has ordered who is gone is nobody's, and not a stranger's.
        return false() if user_id is None else Build.ordered_by == user_id

    def _require_orderer(self, build: Build) -> None:
        """Raise unless the caller ordered it, or may push where it goes."""
        self.find(build.id)
        self._access.require(Action.PUSH, build.collection)

    def _locked(self, build_id: str) -> Build:
        return self._db.scalars(
            select(Build)
            .where(Build.id == build_id)
            .with_for_update(of=Build)
            .execution_options(populate_existing=True)
        ).one()

    def _builder(self, name: str | None) -> str:
        builders = self._facilities.plugins.builders
        if not builders:
            raise Malformed("nothing is built here: the ini file names no builder")
        if name is None:
            return next(iter(builders))
        if name not in builders:
            raise Malformed(f"there is no builder {name[:40]} (there is {', '.join(builders)})")
        return name

    def _context(self, context_id: str | None) -> BuildContext | None:
        if context_id is None:
            return None
        context = self._db.get(BuildContext, context_id)
        if (
            context is None
            or context.user_id != self._access.caller.user_id
            or context.arrived_at is None
        ):
            raise Malformed("the files of the build are not here, or are no more")
        context.expires_at = max(context.expires_at, self._facilities.clock() + timedelta(days=1))
        return context

    def _require_few(self, collection: Collection) -> None:
        settings = self._facilities.settings
        caller = self._access.caller
        if caller.is_admin:
            return
        # Two at once would each be the last one that is allowed.
        self._db.execute(select(User.id).where(User.id == caller.user_id).with_for_update())
        for limit, condition, whose in (
            (settings.builds_per_user, Build.ordered_by == caller.user_id, "you have"),
            (
                settings.builds_per_collection,
                Build.collection_id == collection.id,
                f"{name_of(collection)} has",
            ),
        ):
            query = (
                select(func.count())
                .select_from(Build)
                .where(condition, Build.state.in_([BuildState.QUEUED, BuildState.RUNNING]))
            )
            if limit and (self._db.scalar(query) or 0) >= limit:
                raise TooManyBuilds(f"{whose} {limit} builds under way, and may have no more")


def _definition(text: str) -> str:
    if not text.strip():
        raise Malformed("the definition is empty")
    if len(text.encode()) > LONGEST_DEFINITION:
        raise TooLarge(f"a definition may have {LONGEST_DEFINITION} bytes")
    if "\0" in text:
        raise Malformed("the definition holds a NUL")
    return text


def _arguments(given: Mapping[str, str]) -> dict[str, str]:
    if len(given) > MOST_ARGUMENTS:
        raise Malformed(f"{len(given)} build arguments are more than {MOST_ARGUMENTS}")
    for name, value in given.items():
        if not name.isidentifier() or len(name) > 100:
            raise Malformed(f"{name[:80]!r} is no name of a build argument")
        if len(value) > LONGEST_ARGUMENT or not all(
            sign.isprintable() or sign == "\t" for sign in value
        ):
            raise Malformed(f"the build argument {name} is too long, or cannot be printed")
    return dict(given)


def _ended(state: BuildState) -> str:
    return "been lost" if state is BuildState.LOST else str(state)
