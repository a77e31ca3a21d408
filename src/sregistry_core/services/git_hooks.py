"""Webhooks: a forge says that there is something new, and proves that it is the forge."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from sregistry_core.errors import NotAllowed
from sregistry_core.models import Forge, GitConnection

from .git_connections import ask_for_a_look
from .git_secrets import GitSecrets
from .outbox import OutboxService

if TYPE_CHECKING:
    from . import Facilities

_REFUSED = "this webhook does not exist, or its signature does not hold"


class GitHooks:
    """Hears them. What is new is a worker's matter: nothing that a message says is believed."""

    def __init__(self, db: Session, outbox: OutboxService, facilities: "Facilities"):
        self._db = db
        self._outbox = outbox
        self._facilities = facilities
        self._secrets = GitSecrets(facilities.signer, facilities.settings.id)

    def hear(self, hook: str, proofs: Mapping[Forge, str], body: bytes, *, is_news: bool) -> None:
        """Take a message in; a worker looks at the repository when it is news.

        proofs   what was shown, as each forge would show it
        is_news  whether it tells of a push, and not only that it works
        A message that comes twice is harmless: the second look finds nothing new.
        Raises NotAllowed in the same words for whatever is wrong.
        """
        row = self._db.get(GitConnection, hook)
        proof = proofs.get(row.forge if row is not None else Forge.PLAIN, "")
        if not self._secrets.is_signed(row, proof, body) or row is None:
            raise NotAllowed(_REFUSED)
        row.heard_at = self._facilities.clock()
        if is_news:
            ask_for_a_look(self._outbox, row, at=row.heard_at)
