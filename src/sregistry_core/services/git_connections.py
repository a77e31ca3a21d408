"""Git connections: from which repository a collection is built."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action
from sregistry_core.errors import Malformed, NotFound
from sregistry_core.formats.recipe_rules import as_container
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import Collection, Forge, GitConnection, User
from sregistry_core.names import parse_container_name

from .access import Access, name_of
from .git_addresses import GitAddress, read_address
from .git_secrets import GitSecrets
from .outbox import SLOW, OutboxService

if TYPE_CHECKING:
    from . import Facilities

JOB = "git.look"
SHORTEST_POLL = timedelta(minutes=5)
LONGEST_POLL = timedelta(days=30)
MOST_PATTERNS = 50
LONGEST_PATTERN = 200
LONGEST_TOKEN = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a collection is to be built from a repository.

    forge          None for what the name of the host tells
    branches       patterns; none for the default branch
    patterns       of paths of recipes; none for all
    container      what a recipe at the root becomes; empty for the name of the repository
    poll           how often to look without being told; None for never
    token          to read the repository over HTTPS, as `token` or `user:token`; None to keep the
                   one that is there, empty for none
    status_token   to send commit statuses with; likewise
    """

    url: str
    forge: Forge | None = None
    branches: Sequence[str] = ()
    patterns: Sequence[str] = ()
    container: str = ""
    poll: timedelta | None = None
    token: str | None = None
    status_token: str | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection as owners see it.

    hook_url     where the forge sends its webhooks
    deploy_key   the public one, for the forge
    secret       of the webhook: shown when it is made, and never again
    """

    connection: GitConnection
    hook_url: str
    deploy_key: str
    secret: str | None = None


class GitConnections:
    """Makes, shows and ends them; one for each collection."""

    def __init__(
        self, db: Session, access: Access, outbox: OutboxService, facilities: "Facilities"
    ):
        self._db = db
        self._access = access
        self._outbox = outbox
        self._facilities = facilities
        self._secrets = GitSecrets(facilities.signer, facilities.settings.id)

    def find(self, collection: Collection) -> Connected:
        """Give the connection of a collection. Raises NotFound."""
        return self._shown(self._find(collection))

    def all(self) -> Sequence[Connected]:
        """Give every connection of the registry, by the name of its collection."""
        self._access.require_admin()
        found = self._db.scalars(select(GitConnection)).all()
        return [self._shown(one) for one in sorted(found, key=lambda one: name_of(one.collection))]

    def set(self, collection: Collection, wanted: Wanted, *, user: User | None = None) -> Connected:
        """Connect a collection, or change how it is connected.

        user   whose rights the builds have; the caller, when it is not said
        Tokens are let go when the repository is on another host. Raises Malformed.
        """
        self._access.require(Action.MANAGE, collection)
        address = read_address(wanted.url, in_the_clear=self._facilities.settings.git_allow_private)
        now = self._facilities.clock()
        row = self._row(collection)
        is_new = row is None
        if row is None:
            row = GitConnection(
                id=new_identifier(),
                collection_id=collection.id,
                hook_generation=new_identifier(),
                key_generation=new_identifier(),
                url="",
                host_keys="",
                created_at=now,
                seen={},
                left={},
            )
            row.collection = collection
            self._db.add(row)
        self._move(row, address)
        row.forge = wanted.forge or address.usual_forge
        row.branches = _patterns("branches", wanted.branches)
        row.patterns = _patterns("patterns", wanted.patterns)
        row.container = _container(wanted.container, address)
        row.poll_seconds = _poll(wanted.poll)
        row.acts_for = user.id if user is not None else self._access.caller.user_id
        if row.acts_for is None:
            raise Malformed("say whose rights the builds have")
        for name, given in (("token", wanted.token), ("status_token", wanted.status_token)):
            if given is not None:
                setattr(row, name, self._secrets.sealed(_token(given)) if given else None)
        self._db.flush()
        self._db.refresh(row, ["user"])
        what = "repository.connect" if is_new else "repository.change"
        self._access.audit.record(what, name_of(collection), collection=collection, url=row.url)
        self._ask(row)
        return self._shown(row, is_new)

    def renew_secret(self, collection: Collection) -> Connected:
        """Give the webhook another secret; the one before ends at once."""
        row = self._find(collection)
        row.hook_generation = new_identifier()
        self._record("repository.renew_secret", collection)
        return self._shown(row, True)

    def renew_key(self, collection: Collection) -> Connected:
        """Make another deploy key; the forge must be told it. Forgets what the host has shown."""
        row = self._find(collection)
        row.key_generation, row.host_keys = new_identifier(), ""
        self._record("repository.renew_key", collection)
        return self._shown(row)

    def look(self, collection: Collection, *, everything: bool = False) -> Connected:
        """Have a worker look at the repository now.

        everything   build every recipe, also those that have not changed
        """
        row = self._find(collection)
        self._ask(row, everything=everything)
        return self._shown(row)

    def remove(self, collection: Collection) -> None:
        """Build from the repository no more. What was built stays."""
        row = self._find(collection)
        self._record("repository.disconnect", collection)
        self._db.delete(row)
        self._db.flush()

    def _row(self, collection: Collection) -> GitConnection | None:
        return self._db.scalar(
            select(GitConnection).where(GitConnection.collection_id == collection.id)
        )

    def _find(self, collection: Collection) -> GitConnection:
        self._access.require(Action.MANAGE, collection)
        row = self._row(collection)
        if row is None:
            raise NotFound(f"{name_of(collection)} is connected to no repository")
        return row

    def _move(self, row: GitConnection, address: GitAddress) -> None:
        """Let a connection lead to this repository; what is known of another one is forgotten."""
        if row.url == address.url:
            return
        before = read_address(row.url, in_the_clear=True) if row.url else None
        if before is None or (before.host, before.port, before.scheme) != (
            address.host,
            address.port,
            address.scheme,
        ):
            # A secret of one site must not be shown to another.
            row.token = row.status_token = None
            row.host_keys = ""
        row.url = address.url
        row.seen, row.left = {}, {}
        row.seen_commit = row.last_error = row.looked_at = row.tried_at = None

    def _ask(self, row: GitConnection, *, everything: bool = False) -> None:
        ask_for_a_look(self._outbox, row, everything=everything, at=self._facilities.clock())

    def _record(self, what: str, collection: Collection) -> None:
        self._access.audit.record(what, name_of(collection), collection=collection)

    def _shown(self, row: GitConnection, with_secret: bool = False) -> Connected:
        return Connected(
            connection=row,
            hook_url=f"{self._facilities.settings.public_url}/-/hooks/{row.id}",
            deploy_key=self._secrets.deploy_key(row).public,
            secret=self._secrets.hook(row) if with_secret else None,
        )


def ask_for_a_look(
    outbox: OutboxService, row: GitConnection, *, at: datetime, everything: bool = False
) -> None:
    """Write down that a worker is to look at a repository. Those who ask at once share one look."""
    outbox.write(JOB, queue=SLOW, connection=row.id, asked=at.isoformat(), everything=everything)


def _patterns(name: str, given: Sequence[str]) -> list[str]:
    found = [one.strip() for one in given if one.strip()]
    if len(found) > MOST_PATTERNS:
        raise Malformed(f"{name} has at most {MOST_PATTERNS} patterns")
    for one in found:
        if len(one) > LONGEST_PATTERN or not one.isprintable():
            raise Malformed(f"{name}: {one[:40]!r} is no pattern of at most {LONGEST_PATTERN}")
    return found


def _container(given: str, address: GitAddress) -> str:
    return parse_container_name(given.strip() or as_container(address.name))


def _poll(given: timedelta | None) -> int | None:
    if given is None:
        return None
    if not SHORTEST_POLL <= given <= LONGEST_POLL:
        raise Malformed("a repository is looked at between every 5 minutes and every 30 days")
    return int(given.total_seconds())


def _token(given: str) -> str:
    if len(given) > LONGEST_TOKEN or not given.isascii() or not given.isprintable():
        raise Malformed(f"a token has at most {LONGEST_TOKEN} printable signs")
    return given.strip()


__all__ = ["JOB", "Connected", "GitConnections", "Wanted", "ask_for_a_look"]
