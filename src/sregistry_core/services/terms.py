"""The terms of use: their text, and who has accepted it as it is now."""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from sregistry_core.errors import Conflict, NotFound
from sregistry_core.models import User
from sregistry_core.settings import TermsOfUse

from .access import Access

if TYPE_CHECKING:
    from . import Facilities


class Terms:
    """Shows the terms to everybody, and keeps who has accepted which text, and when."""

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def current(self) -> TermsOfUse:
        """Give the terms as they are now. Raises NotFound where there are none."""
        terms = self._facilities.settings.terms
        if terms is None:
            raise NotFound("this registry has no terms of use")
        return terms

    def are_awaited(self) -> bool:
        """True when the caller is somebody who has not accepted the text as it is now."""
        return self._access.awaits_terms

    def accept(self, digest: str) -> None:
        """Note that the caller accepts the text with this SHA-256.

        Raises Conflict when it is not the text as it is now.
        """
        self._access.require_login()
        terms = self.current()
        if digest != terms.digest:
            raise Conflict("the terms of use have changed meanwhile: read them once more")
        user = self._db.get_one(User, self._access.caller.user_id)
        user.terms_accepted, user.terms_accepted_at = digest, self._facilities.clock()
        self._access.audit.record("user.accept_terms", user.name, sha256=digest)
