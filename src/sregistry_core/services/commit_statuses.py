"""Commit statuses: a forge is told what became of a build that its push has ordered."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.models import Build, BuildState, Forge, GitConnection

from .access import Access, name_of
from .git_addresses import GitAddress, read_address
from .git_secrets import GitSecrets
from .outbox import OutboxService

if TYPE_CHECKING:
    from . import Facilities

JOB = "git.status"


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """What is to be said of a commit, and with which token.

    context   tells this build's statuses from those of others
    link      the page of the build
    """

    address: GitAddress
    forge: Forge
    token: str
    commit: str
    state: BuildState
    context: str
    text: str
    link: str


class CommitStatuses:
    """Runs in a worker, before and after the forge is asked."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities
        self._secrets = GitSecrets(facilities.signer, facilities.settings.id)

    def of(self, build_id: str) -> CommitStatus | None:
        """Give what is to be said of a build as it is now; None when nobody wants to hear it."""
        self._access.require_system()
        build, row = self._found(build_id)
        if build is None or row is None or row.forge is Forge.PLAIN:
            return None
        token = self._secrets.opened(row.status_token)
        if token is None:
            return None
        return CommitStatus(
            address=read_address(row.url, in_the_clear=True),
            forge=row.forge,
            token=token,
            commit=build.source["commit"],
            state=build.state,
            context=f"sregistry/{build.container}:{build.tag}",
            text=_text(build),
            link=f"{self._facilities.settings.public_url}/-/builds/{build.id}",
        )

    def refused(self, build_id: str, reason: str) -> None:
        """Note that the forge takes no statuses."""
        self._access.require_system()
        _, row = self._found(build_id)
        if row is not None:
            row.last_error = f"the commit status was not taken: {reason}"[:2000]

    def _found(self, build_id: str) -> tuple[Build | None, GitConnection | None]:
        """Give a build, and the connection that still leads to the repository that it is of."""
        build = self._db.get(Build, build_id)
        if build is None or "commit" not in build.source:
            return None, None
        row = self._db.scalar(
            select(GitConnection).where(
                GitConnection.collection_id == build.collection_id,
                GitConnection.url == build.source.get("repository"),
            )
        )
        return build, row


def report(outbox: OutboxService, build: Build) -> None:
    """Write down that a forge is to be told of a build, if it is one of a commit."""
    if "commit" in build.source:
        outbox.write(JOB, build=build.id)


def _text(build: Build) -> str:
    name = f"{name_of(build.collection)}/{build.container}:{build.tag}"
    match build.state:
        case BuildState.QUEUED:
            return f"{name} waits to be built"
        case BuildState.RUNNING:
            return f"{name} is being built"
        case BuildState.SUCCEEDED:
            return f"{name} was built"
        case BuildState.CANCELLED:
            return f"the build of {name} was cancelled"
        case _:
            return f"{name} was not built: {build.reason or build.state}"
