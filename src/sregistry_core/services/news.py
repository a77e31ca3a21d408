"""What others did to one's collections, or to oneself: the log, as one reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CompoundSelect, Select, and_, func, or_, select, union
from sqlalchemy.orm import Session

from sregistry_core.contracts import TeamRole
from sregistry_core.errors import Malformed
from sregistry_core.models import AuditEvent, Collection, CollectionRole, Entity, Grant, User

from .access import Access, name_of

if TYPE_CHECKING:
    from . import Facilities

MOST_UNREAD = 100
"""Counted at most: beyond that it is many."""


@dataclass(frozen=True, slots=True)
class News:
    """Something that somebody has done.

    key          the key of the next page
    actor        who did it; None for somebody who is gone or was nobody
    collection   the present full name of the collection that it concerns, if it still is there
    facts        what else is known of it
    is_new       the caller has not marked it as seen
    """

    key: str
    at: datetime
    actor: str | None
    action: str
    target: str
    collection: str | None
    facts: dict[str, Any]
    is_new: bool


class NewsOfMine:
    """Reads the log for one user: what concerns them, and was done by others."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def of(self, user: User, *, after: str = "", limit: int = 50) -> Sequence[News]:
        """Give what concerns a user, the newest first, from the one after the key `after` on."""
        self._access.require_self(user.id)
        newest = AuditEvent.at.desc(), AuditEvent.id.desc()
        query = (
            select(AuditEvent, Collection)
            .outerjoin(Collection, Collection.id == AuditEvent.collection_id)
            .where(AuditEvent.id.in_(self._concerning(user, after=after, limit=limit)))
            .order_by(*newest)
            .limit(limit)
        )
        seen = user.news_seen_at or user.created_at
        return [
            News(
                key=f"{event.at.isoformat()}_{event.id}",
                at=event.at,
                actor=event.actor,
                action=event.action,
                target=event.target,
                collection=name_of(collection) if collection is not None else None,
                facts=event.facts,
                is_new=event.at > seen,
            )
            for event, collection in self._db.execute(query)
        ]

    def count_unread(self, user_id: str) -> int:
        """Count what a user has not seen yet, up to `MOST_UNREAD`; 0 to everybody else."""
        if self._access.caller.user_id != user_id or self._access.caller.workplace is not None:
            return 0
        user = self._db.get_one(User, user_id)
        since = user.news_seen_at or user.created_at
        ids = self._concerning(user, since=since, limit=MOST_UNREAD).subquery()
        found = self._db.scalar(select(func.count()).select_from(ids)) or 0
        return min(found, MOST_UNREAD)

    def mark_seen(self, user: User) -> None:
        """Note that a user has seen everything up to now."""
        self._access.require_self(user.id)
        user.news_seen_at = self._facilities.clock()

    def _concerning(
        self, user: User, *, after: str = "", since: datetime | None = None, limit: int
    ) -> CompoundSelect[str]:
        """Identify the newest events about a user, or about what they own, by others.

        Each half reads an index of its own from the newest on, and stops at `limit`.
        """
        # Who may no longer see a collection is not told what it is called now.
        seen = (
            select(Collection.id)
            .join(Collection.entity)
            .where(Collection.id == AuditEvent.collection_id, self._access.visible())
            .exists()
        )
        halves = (
            AuditEvent.collection_id.in_(self._owned(user)),
            and_(AuditEvent.about_id == user.id, or_(AuditEvent.collection_id.is_(None), seen)),
        )
        return union(*(self._half(user, half, after, since, limit) for half in halves))

    def _half(
        self, user: User, half: Any, after: str, since: datetime | None, limit: int
    ) -> Select[str]:
        query = select(AuditEvent.id, AuditEvent.at).where(
            half, or_(AuditEvent.actor_id.is_(None), AuditEvent.actor_id != user.id)
        )
        if since is not None:
            query = query.where(AuditEvent.at > since)
        if after:
            at, event_id = _read_key(after)
            query = query.where(
                or_(AuditEvent.at < at, and_(AuditEvent.at == at, AuditEvent.id < event_id))
            )
        newest = query.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(limit).subquery()
        return select(newest.c.id)

    def _owned(self, user: User) -> CompoundSelect[str]:
        teams = [
            team
            for team, role in self._access.caller.teams
            if role is TeamRole.OWNER and self._access.caller.user_id == user.id
        ]
        of_entities = (
            select(Collection.id)
            .join(Entity, Entity.id == Collection.entity_id)
            .where(or_(Entity.user_id == user.id, Entity.team_id.in_(teams)))
        )
        granted = select(Grant.collection_id).where(
            Grant.role == CollectionRole.OWNER,
            or_(Grant.user_id == user.id, Grant.team_id.in_(teams)),
        )
        return union(of_entities, granted)


def _read_key(key: str) -> tuple[datetime, str]:
    text, _, event_id = key.partition("_")
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"after = {key[:80]} is no key of a page") from error
    if at.tzinfo is None:
        raise Malformed(f"after = {key[:80]} is no key of a page")
    return at, event_id
