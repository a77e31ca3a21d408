"""What people have done in a library: builds, moves of tags, rebuilds, invitations, their own."""

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Scope, TeamRole
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import (
    AuditEvent,
    Build,
    BuildSecret,
    BuildState,
    Collection,
    CollectionRole,
    Container,
    Grant,
    Invitation,
    RebuildSchedule,
    Star,
    TagMove,
    Token,
    User,
    WebSession,
)

EACH = 100
"""Entries of each list that does not grow with the library."""
_BUILDS_OF = 4
"""Containers for each build, in a library of more than some hundred."""
_AT_ONCE = 2000


def do_deeds(db: Session, now: datetime, containers: int) -> None:
    """Write what has been done to the first collection, and to all containers."""
    collection = db.scalars(select(Collection).where(Collection.name == "c0")).one()
    many = db.scalars(select(Container).where(Container.name == "many")).one()
    user = db.scalars(select(User.id).where(User.name == "user0")).one()
    count = max(containers // _BUILDS_OF, EACH)
    _put(db, Build.__table__, _builds(collection.id, user, now, count))
    moved = {"name": "t0", "arch": "amd64", "digest": f"sha256:{'0' * 64}", "moved_by": user}
    moves = [
        {**moved, "id": new_identifier(), "container_id": container, "moved_at": now}
        for container in db.scalars(select(Container.id))
    ]
    moves += [
        {**moves[0], "id": new_identifier(), "container_id": many.id, "moved_at": _ago(now, number)}
        for number in range(1, EACH)
    ]
    _put(db, TagMove.__table__, moves)
    _put(
        db,
        RebuildSchedule.__table__,
        [
            {
                "id": new_identifier(),
                "container_id": many.id,
                "tag": f"t{number}",
                "arch": "amd64",
                "every_days": 7,
                "when_base_moves": False,
                "acts_for": user,
                "created_at": now,
                "due_at": now + timedelta(days=number),
                "bases": [],
                "is_awaited": False,
                "changes": {},
            }
            for number in range(EACH)
        ],
    )
    secret = {"collection_id": collection.id, "sealed": "", "set_by": user, "set_at": now}
    secrets = [{**secret, "name": f"SECRET_{number}"} for number in range(EACH)]
    _put(db, BuildSecret.__table__, secrets)
    _put(
        db,
        Invitation.__table__,
        [
            {
                "id": new_identifier(),
                "digest": _digest(f"invitation {number}"),
                "team_id": collection.entity.team_id,
                "role": TeamRole.MEMBER,
                "created_by": user,
                "created_at": _ago(now, number),
                "expires_at": now + timedelta(days=7),
            }
            for number in range(EACH)
        ],
    )


def own_things(db: Session, user: str, now: datetime) -> None:
    """Write stars, tokens and sessions of a user, and what others did in a collection of theirs."""
    starred = db.scalars(select(Collection.id).order_by(Collection.created_at).limit(EACH))
    stars = [{"user_id": user, "collection_id": one, "created_at": now} for one in starred]
    _put(db, Star.__table__, stars)
    _put(
        db,
        Token.__table__,
        [
            {
                "id": new_identifier(),
                "user_id": user,
                "name": f"token {number}",
                "digest": _digest(f"token {number} of {user}"),
                "scope": Scope.PULL,
                "created_at": _ago(now, number),
            }
            for number in range(EACH)
        ],
    )
    shelf = db.scalars(select(Collection.id).where(Collection.name == "c0")).one()
    owner = {"collection_id": shelf, "user_id": user, "role": CollectionRole.OWNER}
    _put(db, Grant.__table__, [{**owner, "id": new_identifier(), "created_at": now}])
    event = {"actor": "ada", "action": "image.push", "collection_id": shelf, "facts": {}}
    _put(
        db,
        AuditEvent.__table__,
        [
            {
                **event,
                "id": new_identifier(),
                "at": _ago(now, number),
                "target": f"ada/c0/many:t{number}",
            }
            for number in range(EACH)
        ],
    )
    session = {"user_id": user, "address": "192.0.2.1", "created_at": now}
    lasting = {**session, "expires_at": now + timedelta(days=7)}
    sessions = [{**lasting, "digest": _digest(session_of(user, one))} for one in range(EACH)]
    _put(db, WebSession.__table__, sessions)


def session_of(user: str, number: int = 0) -> str:
    """Give the secret of a session of a user."""
    return f"session-{number}-{user}"


def _builds(collection: str, user: str, now: datetime, count: int) -> list[dict[str, object]]:
    return [
        {
            "id": new_identifier(),
            "collection_id": collection,
            "container": f"built-{number % EACH}",
            "tag": "latest",
            "arch": "amd64",
            "builder": "apptainer",
            "definition": "Bootstrap: docker\nFrom: alpine\n",
            "arguments": {},
            "source": {},
            "state": BuildState.FAILED if number % 10 == 0 else BuildState.SUCCEEDED,
            "ordered_by": user,
            "ordered_at": _ago(now, number),
            "started_at": _ago(now, number),
            "ended_at": _ago(now, number),
            "own_recipe": True,
            "unnamed": False,
            "facts": {},
        }
        for number in range(count)
    ]


def _put(db: Session, table: Table, rows: list[dict[str, object]]) -> None:
    for start in range(0, len(rows), _AT_ONCE):
        db.execute(insert(table), rows[start : start + _AT_ONCE])


def _ago(now: datetime, minutes: int) -> datetime:
    return now - timedelta(minutes=minutes)


def _digest(said: str) -> str:
    return sha256(said.encode()).hexdigest()
