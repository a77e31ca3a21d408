"""The ways to log in that belong to one user: further ones are added, and taken away again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Subject
from sregistry_core.db.session import begin_writing
from sregistry_core.errors import Conflict, LoginRequired, NotAllowed, NotFound
from sregistry_core.login_rules import LoginRules
from sregistry_core.models import Credential, User

from .access import Access
from .affiliations import Affiliations
from .passwords import PROVIDER

if TYPE_CHECKING:
    from . import Facilities


@dataclass(frozen=True, slots=True)
class LinkedLogin:
    """One way in of a user's.

    may_go   the user may take it away
    """

    name: str
    is_password: bool
    may_go: bool


class LinkedLogins:
    """Adds ways in by proof alone: nobody is recognised by a name or a mail address."""

    def __init__(
        self, db: Session, access: Access, affiliations: Affiliations, facilities: "Facilities"
    ):
        self._db = db
        self._access = access
        self._affiliations = affiliations
        self._facilities = facilities

    def of(self, user: User) -> Sequence[LinkedLogin]:
        """Give the ways in of a user, in the order of the ini file; those that are gone last."""
        self._access.require_self(user.id)
        held = set(
            self._db.scalars(select(Credential.provider).where(Credential.user_id == user.id))
        )
        order = [*self._facilities.logins, *sorted(held - self._facilities.logins.keys())]
        return [
            LinkedLogin(name, name == PROVIDER, self._may_go(name) and len(held) > 1)
            for name in order
            if name in held
        ]

    def link(self, user_id: str, subject: Subject) -> None:
        """Give a user a further way in, with the teams that it brings.

        Raises LoginRequired when its groups do not let them in, Conflict when it is another
        user's, or they have one from there already. A second time changes nothing.
        """
        self._access.require_self(user_id)
        rules = self._facilities.plugins.login_rules.get(subject.provider, LoginRules())
        if not rules.lets_in(subject):
            raise LoginRequired(f"{subject.name} is in no group that may log in here")
        begin_writing(self._db)
        user = self._db.get_one(User, user_id)
        for held in self._db.scalars(
            select(Credential)
            .where(Credential.provider == subject.provider)
            # Either the same person there, or the same user here.
            .where((Credential.key == subject.key) | (Credential.user_id == user.id))
        ).all():
            if held.user_id != user.id:
                raise Conflict(f"{subject.name} of {subject.provider} is another user here already")
            if held.key != subject.key:
                raise Conflict(f"{user.name} comes from {subject.provider} already, as another")
            return
        self._db.add(Credential(user_id=user.id, provider=subject.provider, key=subject.key))
        self._db.flush()
        self._access.audit.record("login.link", user.name, about=user, login=subject.provider)
        self._affiliations.take_over(user, subject)

    def unlink(self, user: User, name: str) -> None:
        """Take a way in away, with the teams it brought.

        Raises NotFound when the user has none of this name, NotAllowed for the only one, a
        password, and a directory, which would not be followed any more.
        """
        self._access.require_self(user.id)
        held = self._db.scalars(select(Credential).where(Credential.user_id == user.id)).all()
        leaving = [one for one in held if one.provider == name]
        if not leaving:
            raise NotFound(f"{user.name} has no login called {name}")
        if not self._may_go(name):
            raise NotAllowed(f"the login {name} is not taken away here: ask an administrator")
        if len(held) == len(leaving):
            raise NotAllowed(f"{name} is the only way in: nobody could log in as {user.name}")
        for credential in leaving:
            self._db.delete(credential)
        self._access.audit.record("login.unlink", user.name, about=user, login=name)
        self._affiliations.part(user, name)

    def _may_go(self, name: str) -> bool:
        login = self._facilities.logins.get(name)
        return name != PROVIDER and not (login is not None and login.can_refresh)
