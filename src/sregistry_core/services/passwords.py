"""The built-in login `passwords`: argon2 hashes, kept with the credentials."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select

from sregistry_core.contracts import PasswordLogin, Subject, WrongPassword
from sregistry_core.db.session import Database
from sregistry_core.errors import Malformed
from sregistry_core.models import Credential, User

PROVIDER = "passwords"
SHORTEST = 8
LONGEST = 1024
_AT_ONCE = 2
_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$e7oxEo0b3Q9kNZPdfuYDog"
    "$uH6FTSIvxGkyrjx5qCL0Vgvh9gj100CmjNPVei7BRqI"
)
"""The hash of a password that was thrown away: who has none is compared with it, and takes as long.

It is not made anew at every start, since that is slow on purpose.
"""


class PasswordHashes:
    """Hashes and checks passwords, a few at a time: each takes 19 MiB of memory on purpose."""

    def __init__(self) -> None:
        # The second choice of OWASP's password storage page: slow enough, and small.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._turn = threading.BoundedSemaphore(_AT_ONCE)

    def hash(self, password: str) -> str:
        """Give the hash of a new password. Raises Malformed when it is too short or too long."""
        if len(password) < SHORTEST:
            raise Malformed(f"a password has at least {SHORTEST} characters")
        if len(password) > LONGEST:
            raise Malformed(f"a password has at most {LONGEST} characters")
        with self._turn:
            return self._hasher.hash(password)

    def fits(self, secret: str | None, password: str) -> bool:
        """Say whether a password has this hash; None takes as long and says no."""
        if len(password) > LONGEST:
            return False
        with self._turn:
            try:
                return self._hasher.verify(secret or _NOBODY, password) and secret is not None
            except (VerificationError, InvalidHashError):
                return False


class StoredPasswords(PasswordLogin):
    """Names and passwords of our own database."""

    def __init__(self, database: Database, hashes: PasswordHashes):
        self._database = database
        self._hashes = hashes

    def check(self, name: str, password: str) -> Subject | None:
        """Who this is; None when nobody has a password of ours under this name."""
        if "\0" in name or not _is_text(name) or not _is_text(password):
            return None
        with self._database.transaction(writes=False) as db:
            found = db.execute(
                select(Credential.key, Credential.secret, User.name, User.email)
                .join(User, User.id == Credential.user_id)
                .where(Credential.provider == PROVIDER, User.name == name.lower())
            ).first()
        # Nobody is told by the time it takes whether a name exists.
        fits = self._hashes.fits(found.secret if found else None, password)
        if found is None:
            return None
        if not fits:
            raise WrongPassword("unknown name or wrong password")
        return Subject(provider=PROVIDER, key=found.key, name=found.name, email=found.email)


def _is_text(text: str) -> bool:
    """Half a character is in no name and no password."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)
