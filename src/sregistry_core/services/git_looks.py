"""Looks at repositories, as the worker at them has them: begun, believed, and noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from sregistry_core.contracts import Caller
from sregistry_core.formats.ssh_keys import is_known_hosts
from sregistry_core.models import Forge, GitConnection

from .access import Access, name_of
from .authentication import Authentication
from .git_addresses import GitAddress, read_address
from .git_connections import JOB, ask_for_a_look
from .git_secrets import GitSecrets
from .outbox import SLOW, OutboxService

if TYPE_CHECKING:
    from . import Facilities

POLL_JOB = "git.poll"
_MOST_TRIES = 4
_FIRST_PAUSE = timedelta(seconds=20)
_LONGEST_ERROR = 2000
_LONGEST_KNOWN_HOSTS = 20_000
_USERS = {
    Forge.GITHUB: "x-access-token",
    Forge.GITLAB: "oauth2",
    Forge.GITEA: "git",
    Forge.BITBUCKET: "x-token-auth",
    Forge.PLAIN: "git",
}
"""As whom a token logs in, where its owner does not say."""


@dataclass(frozen=True, slots=True)
class Look:
    """A look that a worker has begun.

    collection   its full name
    caller       whose rights the builds have, as they are now
    seen, left   as in the connection, by ref
    """

    connection: str
    began_at: datetime
    collection: str
    caller: Caller
    address: GitAddress
    branches: Sequence[str]
    patterns: Sequence[str]
    container: str
    user_and_token: tuple[str, str] | None
    private_key: str
    host_keys: str
    seen: Mapping[str, Any]
    left: Mapping[str, Any]


class GitLooks:
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
        self._secrets = GitSecrets(facilities.signer, facilities.settings.id)

    def ask_for_polls(self) -> int:
        """Have those repositories looked at whose time has come; how many."""
        self._access.require_system()
        now, asked = self._facilities.clock(), 0
        for row in self._db.scalars(
            select(GitConnection).where(GitConnection.poll_seconds.is_not(None))
        ):
            pause = timedelta(seconds=row.poll_seconds or 0)
            if row.tried_at is None or row.tried_at + pause <= now:
                ask_for_a_look(self._outbox, row, at=now)
                asked += 1
        return asked

    def begin(self, connection: str, *, asked: datetime, everything: bool) -> Look | None:
        """Begin a look; None when another one has seen already what this one was asked for."""
        self._access.require_system()
        row = self._locked(connection)
        if row is None:
            return None
        has_seen = row.looked_at is not None and row.looked_at > asked
        if has_seen and not everything and not row.left:
            return None
        row.tried_at = self._facilities.clock()
        return Look(
            connection=row.id,
            began_at=row.tried_at,
            collection=name_of(row.collection),
            caller=self._caller(row),
            address=read_address(row.url, in_the_clear=True),
            branches=tuple(row.branches),
            patterns=tuple(row.patterns),
            container=row.container,
            user_and_token=self._user_and_token(row),
            private_key=self._secrets.deploy_key(row).private,
            host_keys=row.host_keys,
            seen=dict(row.seen),
            left=dict(row.left),
        )

    def take_turn(self, look: Look) -> Look | None:
        """Give a look as it is now, for this transaction alone; None when a later one has begun.

        What it saw is then ordered and noted by one worker, and once.
        """
        self._access.require_system()
        row = self._locked(look.connection)
        if row is None or row.tried_at != look.began_at or row.url != look.address.url:
            return None
        return replace(look, caller=self._caller(row), seen=dict(row.seen), left=dict(row.left))

    def note_tags(self, look: Look, commits: Mapping[str, str]) -> None:
        """Note tags that are not to be built, by the full names of their refs."""
        self._access.require_system()
        row = self._locked(look.connection)
        if row is not None and not row.seen:
            row.seen = {ref: {"commit": commit} for ref, commit in commits.items()}

    def keep(self, look: Look, ref: str, seen: Mapping[str, Any], left: Sequence[str]) -> None:
        """Note what was seen of a ref, and which of its recipes could not be ordered yet."""
        self._access.require_system()
        row = self._locked(look.connection)
        if row is None:
            return
        row.seen = {**row.seen, ref: dict(seen)}
        row.left = {name: paths for name, paths in row.left.items() if name != ref}
        if left:
            row.left = {**row.left, ref: list(left)}

    def end(
        self,
        look: Look,
        *,
        commit: str | None,
        gone: Sequence[str],
        troubles: Sequence[str],
        host_keys: str,
    ) -> None:
        """End a look that went well.

        commit     the newest one of the branch that counts
        gone       refs that the repository has no more
        troubles   what could not be built, each in a sentence
        """
        self._access.require_system()
        row = self._locked(look.connection)
        if row is None or row.tried_at != look.began_at:
            return
        row.looked_at = look.began_at
        row.seen = {name: one for name, one in row.seen.items() if name not in gone}
        row.left = {name: one for name, one in row.left.items() if name not in gone}
        row.seen_commit = commit or row.seen_commit
        row.last_error = "; ".join(troubles)[:_LONGEST_ERROR] or None
        self._keep_host_keys(row, host_keys)
        if row.left:
            self._again(row.id, look.began_at, after=timedelta(minutes=1))

    def fail(
        self, look: Look, reason: str, *, tries: int, everything: bool, again: bool = True
    ) -> None:
        """Note why a look saw nothing, and try again some times, each later than the one before.

        tries   how many there were before this one
        again   whether it may be another time
        """
        self._access.require_system()
        row = self._locked(look.connection)
        if row is None or row.tried_at != look.began_at:
            return
        row.last_error = reason[:_LONGEST_ERROR]
        if again and tries + 1 < _MOST_TRIES:
            self._again(
                row.id,
                look.began_at,
                after=_FIRST_PAUSE * 4**tries,
                tries=tries + 1,
                everything=everything,
            )

    def _again(
        self,
        connection: str,
        asked: datetime,
        *,
        after: timedelta,
        tries: int = 0,
        everything: bool = False,
    ) -> None:
        self._outbox.write(
            JOB,
            queue=SLOW,
            later=after,
            connection=connection,
            asked=asked.isoformat(),
            everything=everything,
            tries=tries,
        )

    def _caller(self, row: GitConnection) -> Caller:
        if row.acts_for is None:
            return Caller.anonymous()
        return self._authentication.caller_of_user(row.acts_for)

    def _user_and_token(self, row: GitConnection) -> tuple[str, str] | None:
        token = self._secrets.opened(row.token)
        if token is None:
            return None
        user, colon, secret = token.partition(":")
        return (user, secret) if colon else (_USERS[row.forge], token)

    def _keep_host_keys(self, row: GitConnection, found: str) -> None:
        """Keep what an SSH server has shown first: what it shows later is held against it."""
        if not row.host_keys and len(found) <= _LONGEST_KNOWN_HOSTS and is_known_hosts(found):
            row.host_keys = found

    def _locked(self, connection: str) -> GitConnection | None:
        return self._db.scalars(
            select(GitConnection)
            .where(GitConnection.id == connection)
            .options(undefer(GitConnection.seen))
            .with_for_update(of=GitConnection)
            .execution_options(populate_existing=True)
        ).one_or_none()
