"""Tokens of builds: each reads what its orderer may read, for as long as the build runs."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Scope
from sregistry_core.db.session import mark_changed
from sregistry_core.models import Build, BuildState, Token
from sregistry_core.storage.signed_urls import Signer

from .access import Access
from .authentication import TOKEN_PREFIX, digest_of

if TYPE_CHECKING:
    from . import Facilities

_PURPOSE = "build-token"
_LENGTH = 80


@dataclass(frozen=True, slots=True)
class BuildToken:
    """What a build shows when it fetches the images that it starts from."""

    user: str
    secret: str = field(repr=False)


class BuildTokens:
    """Makes them, for the worker at a build."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def issue(self, build_id: str) -> BuildToken | None:
        """Make the token of a running build; the same one for a worker that finds it again.

        None where nobody has ordered it who is still here, and where somebody else has sent the
        recipe: it could bring what only the orderer may read to its author.
        """
        self._access.require_system()
        build = self._db.get_one(Build, build_id)
        user = build.orderer
        if user is None or user.is_shut_out or not build.own_recipe:
            return None
        if build.state is not BuildState.RUNNING or build.started_at is None:
            return None
        secret = _secret_of(self._facilities.signer, build_id)
        known = self._db.scalar(select(Token.id).where(Token.digest == digest_of(secret)))
        if known is None:
            token = Token(
                user_id=user.id,
                name=f"of the build {build_id}",
                digest=digest_of(secret),
                scope=Scope.PULL,
                created_at=self._facilities.clock(),
                expires_at=build.started_at + self._facilities.settings.build_time_limit,
            )
            self._db.add(token)
            self._db.flush()
            self._access.audit.record(
                "token.issue", token.name, about=user, token=token.id, scope=str(Scope.PULL)
            )
        return BuildToken(user.name, secret)


def end_token(db: Session, signer: Signer, build_id: str) -> None:
    """End the token of a build; it may have none."""
    digest = digest_of(_secret_of(signer, build_id))
    ended = db.execute(
        delete(Token).where(Token.digest == digest).execution_options(synchronize_session="fetch")
    )
    if ended.rowcount:  # type: ignore[attr-defined]
        mark_changed(db)


def _secret_of(signer: Signer, build_id: str) -> str:
    return TOKEN_PREFIX + signer.derive(_PURPOSE, build_id, _LENGTH)
