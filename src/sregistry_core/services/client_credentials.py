"""Secrets of the sregistry client, which signs what it asks for instead of sending a secret."""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Caller, Scope
from sregistry_core.errors import LoginRequired, NotAllowed
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import ClientCredential, User

from .access import Access
from .accounts import Accounts

if TYPE_CHECKING:
    from . import Facilities

PURPOSE = "sregistry-client"
SECRET_LENGTH = 40
"""As many signs as a token of the old server had."""
SCOPES = {
    "pull": Scope.PULL,
    "push": Scope.PUSH,
    "upload": Scope.PUSH,
    "delete": Scope.PUSH,
    "build": Scope.PUSH,
}
"""How far a signature for each of the client's actions reaches."""
_HOUR = timedelta(hours=1)
_REFUSED = "Unauthorized: the signature does not hold, or is of another hour"


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A user's secret for the sregistry client."""

    user: str
    secret: str
    created_at: datetime
    last_used_at: datetime | None

    def secrets_file(self, base: str) -> str:
        """Give the text of the client's file `~/.sregistry`.

        base   the address of the registry, perhaps with `/ENTITY` for that one's collections
        """
        registry = {"base": base, "username": self.user, "token": self.secret}
        # Without the second key the client speaks to Singularity Hub, which is no more.
        return json.dumps({"registry": registry, "SREGISTRY_CLIENT": "registry"}, indent=2)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signed header says, taken apart; nothing of it is proven."""

    action: str
    user: str
    hour: str
    digits: str


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way in which the client may have spelled what it has signed."""

    collection: str
    name: str
    tag: str


class ClientCredentials:
    """Shows and renews secrets of the sregistry client, and proves what they have signed."""

    def __init__(self, db: Session, access: Access, accounts: Accounts, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._accounts = accounts
        self._facilities = facilities

    def find(self, user: User) -> ClientSecret | None:
        """Give the user's own secret; None when there is none yet."""
        self._require_own(user)
        row = self._db.get(ClientCredential, user.id)
        return self._shown(user, row) if row is not None else None

    def renew(self, user: User) -> ClientSecret:
        """Give the user a new secret; an old one ends at once."""
        self._require_own(user)
        self._access.require_terms()
        row = self._db.get(ClientCredential, user.id)
        if row is None:
            row = ClientCredential(user_id=user.id)
            self._db.add(row)
        row.generation, row.created_at = new_identifier(), self._facilities.clock()
        row.last_used_at = None
        self._db.flush()
        self._access.audit.record("client_secret.renew", user.name, about=user)
        return self._shown(user, row)

    def caller_of(
        self,
        signature: Signature,
        action: str,
        spellings: Sequence[Spelling],
        *,
        began_at: datetime | None = None,
    ) -> Caller:
        """Give the caller who has signed, for this action on one of these names.

        began_at   when the client began; now, when it is not known
        The hour of the signature may be one before or after that: clocks differ, and an hour ends.
        Raises LoginRequired in the same words for whatever is wrong.
        """
        found = self._db.execute(
            select(ClientCredential, User)
            .join(User, User.id == ClientCredential.user_id)
            .where(User.name == signature.user.lower())
        ).first()
        # Also for nobody's name all is computed: time must not tell who has a secret.
        secret = self._secret(found[0]) if found else self._derived("nobody", "none")
        holds = [_digits(secret, signature, one) for one in spellings]
        given = signature.digits.lower().encode()
        right = any([hmac.compare_digest(one.encode(), given) for one in holds])
        now = self._facilities.clock()
        if (
            not right
            or found is None
            or found[1].is_shut_out
            or signature.action != action
            or not _is_near(signature.hour, began_at or now)
        ):
            raise LoginRequired(_REFUSED)
        user = found[1]
        self._facilities.tally.count_client(user.id, now)
        return self._accounts.caller_of(user, scope=SCOPES[action])

    def _require_own(self, user: User) -> None:
        # Not even an administrator is shown what others sign with; the command line may.
        self._access.require_self(user.id)
        caller = self._access.caller
        if caller.user_id != user.id and not caller.is_system:
            raise NotAllowed(f"the secret of {user.name} is shown to nobody else")

    def _shown(self, user: User, row: ClientCredential) -> ClientSecret:
        return ClientSecret(user.name, self._secret(row), row.created_at, row.last_used_at)

    def _secret(self, row: ClientCredential) -> str:
        return self._derived(row.user_id, row.generation)

    def _derived(self, user_id: str, generation: str) -> str:
        return self._facilities.signer.derive(PURPOSE, f"{user_id}:{generation}", SECRET_LENGTH)


def _digits(secret: str, signature: Signature, spelling: Spelling) -> str:
    """Sign as the client does: sregistry-cli, main/registry/auth.py, unchanged since 2017."""
    payload = (
        f"{signature.action}|{spelling.collection}|{signature.hour}|{spelling.name}|{spelling.tag}|"
    )
    return hmac.new(secret.encode(), payload.encode("utf-8", "replace"), "sha256").hexdigest()


def _is_near(hour: str, at: datetime) -> bool:
    try:
        signed_in = datetime.strptime(hour, "%Y%m%dT%HZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    this_hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return abs(this_hour - signed_in) <= _HOUR
