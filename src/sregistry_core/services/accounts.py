"""Users: made, listed, disabled, and given a password."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import Caller, Scope, Subject, TeamRole, UserJoined
from sregistry_core.contracts.policy import Workplace
from sregistry_core.db.session import begin_writing
from sregistry_core.errors import (
    Conflict,
    LoginRequired,
    LoginUnavailable,
    Malformed,
    NotAllowed,
    NotFound,
)
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import (
    Credential,
    Entity,
    EntityKind,
    Membership,
    Token,
    User,
    WebSession,
)
from sregistry_core.names import fold_entity_name, parse_entity_name, parse_new_entity_name

from .access import Access
from .affiliations import Affiliations, usable_email
from .federation import is_of_another_registry
from .listeners import tell
from .outbox import OutboxService
from .passwords import PROVIDER

if TYPE_CHECKING:
    from . import Facilities


_SCOPES = list(Scope)


class Accounts:
    """Users and their credentials."""

    def __init__(
        self,
        db: Session,
        access: Access,
        affiliations: Affiliations,
        outbox: OutboxService,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._affiliations = affiliations
        self._outbox = outbox
        self._facilities = facilities

    def create(
        self,
        name: str,
        *,
        password: str | None = None,
        email: str | None = None,
        is_admin: bool = False,
    ) -> User:
        """Make a user and the entity of the same name.

        Raises Conflict when the name is taken, Malformed when it is outside the rule.
        """
        self._access.require_admin()
        canonical = parse_new_entity_name(name)
        return self._create(canonical, password=password, email=email, is_admin=is_admin)

    def create_first(self, name: str, *, password: str) -> User | None:
        """Make the administrator of a registry without users; None when it has some.

        Nobody else can have this name: it may be one that the registry reserves.
        """
        self._access.require_system()
        if self._db.scalars(select(User.id).limit(1)).first() is not None:
            return None
        return self._create(parse_entity_name(name), password=password, is_admin=True)

    def find(self, name: str) -> User:
        """Give a user by name: oneself, or anybody to an administrator. Raises NotFound."""
        self._access.require_login()
        user = self._by_name(name)
        is_self = user is not None and user.id == self._access.caller.user_id
        is_shown = user is not None and user.robot_id is None and self._access.sees_everybody
        if user is None or not (is_self or is_shown):
            raise NotFound(f"the user {name} does not exist")
        return user

    def all(self, *, text: str = "", after: str = "", limit: int = 1000) -> Sequence[User]:
        """Give users in the order of their names, from the one after `after` on.

        text   a part of the name, the full name or the mail address
        """
        self._access.require_admin()
        wanted = select(User).where(User.name > after, User.robot_id.is_(None))
        if text:
            columns = (User.name, User.full_name, User.email)
            fits = [func.lower(one).contains(text.lower(), autoescape=True) for one in columns]
            wanted = wanted.where(or_(*fits))
        return self._db.scalars(wanted.order_by(User.name).limit(limit)).all()

    def end_everything(self, name: str) -> int:
        """End every session and every token of a user, who may come in again; how many tokens."""
        self._access.require_admin()
        user = self.find(name)
        self._db.execute(delete(WebSession).where(WebSession.user_id == user.id))
        tokens = self._db.scalars(select(Token).where(Token.user_id == user.id)).all()
        for token in tokens:
            self._db.delete(token)
        self._access.audit.record("user.end_sessions", user.name, about=user, tokens=len(tokens))
        return len(tokens)

    def disable(self, name: str) -> User:
        """Shut a user out: no login, no token and no session of theirs works any more."""
        self._access.require_admin()
        user = self.find(name)
        if user.id == self._access.caller.user_id:
            raise NotAllowed("nobody disables their own account")
        user.disabled_at = user.disabled_at or self._facilities.clock()
        self._access.audit.record("user.disable", user.name, about=user)
        self._db.execute(delete(WebSession).where(WebSession.user_id == user.id))
        return user

    def enable(self, name: str) -> User:
        """Let a disabled user in again, or one whom a directory no longer lets in.

        The latter stay until they come in through the directory and leave it once more.
        """
        self._access.require_admin()
        user = self.find(name)
        user.disabled_at = user.left_at = None
        self._access.audit.record("user.enable", user.name, about=user)
        return user

    def set_admin(self, name: str, is_admin: bool) -> User:
        """Make a user an administrator, or an ordinary user again."""
        self._access.require_admin()
        user = self.find(name)
        if user.id == self._access.caller.user_id and not is_admin:
            raise NotAllowed("nobody takes away their own administration")
        if user.admin_through is not None and not is_admin:
            raise Conflict(
                f"{user.name} is an administrator through {user.admin_through}: "
                "take them out of the group there"
            )
        user.is_admin, user.admin_through = is_admin, None
        action = "user.make_admin" if is_admin else "user.unmake_admin"
        self._access.audit.record(action, user.name, about=user)
        return user

    def set_password(self, name: str, password: str) -> None:
        """Give a user a new password; every session of theirs ends."""
        user = self.find(name)
        self._access.require_self(user.id)
        self._set_password(user, password)
        self._db.execute(delete(WebSession).where(WebSession.user_id == user.id))
        self._access.audit.record("user.set_password", user.name, about=user)

    def of_subject(self, subject: Subject, *, name: str | None = None) -> User:
        """Give the user whom a way to log in has recognised; made at the first time.

        name   to be called so here at the first time, in place of the name they wish for
        Teams and administration follow the groups, as the ini file has it. Raises LoginRequired
        when no group lets them in, Conflict when the name they wish for is somebody else's here,
        Malformed when it can be nobody's.
        """
        if subject.provider not in {*self._facilities.logins, PROVIDER}:
            # Its rules would not be found, and nobody would be kept out.
            raise LoginUnavailable(f"no login is called {subject.provider}, as one calls itself")
        rules = self._facilities.plugins.login_rules.get(subject.provider)
        if rules is not None and not rules.lets_in(subject):
            raise LoginRequired(f"{subject.name} is in no group that may log in here")
        user = self._db.scalar(
            select(User)
            .join(Credential, Credential.user_id == User.id)
            .where(Credential.provider == subject.provider, Credential.key == subject.key)
        )
        if user is None:
            if name is None:
                name = fold_entity_name(subject.name) or subject.name
            user = self._first_time(subject, name)
        return user if rules is None else self._affiliations.take_over(user, subject)

    def caller_of(
        self, user: User, *, scope: Scope = Scope.ADMIN, token_id: str | None = None
    ) -> Caller:
        """Give the caller that a user or a robot is, with the teams and rights of this moment.

        A robot's token reaches no further than the robot does now.
        """
        if (robot := user.robot) is not None:
            place = Workplace(Scope(robot.scope), robot.collection_id, robot.team_id)
            return Caller(
                user_id=user.id,
                name=user.name,
                scope=min(scope, place.scope, key=_SCOPES.index),
                token_id=token_id,
                workplace=place,
            )
        teams = self._db.execute(
            select(Membership.team_id, Membership.role).where(Membership.user_id == user.id)
        )
        return Caller(
            user_id=user.id,
            name=user.name,
            is_admin=user.is_admin,
            scope=scope,
            teams=tuple((row.team_id, TeamRole(row.role)) for row in teams),
            token_id=token_id,
        )

    def _first_time(self, subject: Subject, name: str) -> User:
        if self._by_name(name) is not None:
            raise Conflict(
                f"the name {name} is somebody else's here: ask an administrator to link it"
            )
        begin_writing(self._db)
        canonical = parse_new_entity_name(name)
        user = self._create(canonical, email=usable_email(subject))
        self._db.add(Credential(user_id=user.id, provider=subject.provider, key=subject.key))
        self._db.flush()
        return user

    def _by_name(self, name: str) -> User | None:
        return self._db.scalar(select(User).where(User.name == name.lower()))

    def _create(
        self,
        canonical: str,
        *,
        password: str | None = None,
        email: str | None = None,
        is_admin: bool = False,
    ) -> User:
        if email is not None and ("@" not in email or len(email) > 254):
            raise Malformed(f"{email[:80]!r} is no mail address")
        if self._db.scalar(
            select(Entity.id).where(Entity.name == canonical)
        ) or is_of_another_registry(self._db, canonical):
            raise Conflict(f"the name {canonical} is taken")
        now = self._facilities.clock()
        user = User(name=canonical, email=email, is_admin=is_admin, created_at=now)
        self._db.add(user)
        self._db.flush()
        self._db.add(Entity(name=canonical, kind=EntityKind.USER, user_id=user.id, created_at=now))
        if password is not None:
            self._set_password(user, password)
        self._access.audit.record("user.create", canonical, about=user, admin=is_admin)
        tell(
            self._outbox,
            self._facilities.plugins.listeners,
            UserJoined(identifier=new_identifier(), at=now, user=canonical),
        )
        return user

    def _set_password(self, user: User, password: str) -> None:
        secret = self._facilities.hashes.hash(password)
        credential = self._db.scalar(
            select(Credential).where(Credential.provider == PROVIDER, Credential.key == user.id)
        )
        if credential is None:
            credential = Credential(user_id=user.id, provider=PROVIDER, key=user.id)
            self._db.add(credential)
        credential.secret = secret
