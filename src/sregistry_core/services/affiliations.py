"""What a directory says of its people: their teams here, administration, and who has left."""

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from sregistry_core.contracts import Subject, TeamRole
from sregistry_core.db.session import begin_writing, mark_changed
from sregistry_core.errors import Conflict
from sregistry_core.login_rules import LoginRules
from sregistry_core.models import Credential, Entity, EntityKind, Membership, Team, User, WebSession

from .access import Access
from .federation import is_of_another_registry

if TYPE_CHECKING:
    from . import Facilities

log = logging.getLogger(__name__)
_LONGEST_NAME = 200
_LONGEST_EMAIL = 254


class Affiliations:
    """Keeps users in step with the ways to log in through which they came.

    What somebody here has given by hand is never touched: each membership and each administration
    says through which login it came.
    """

    def __init__(self, db: Session, access: Access, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._facilities = facilities

    def prepare(self) -> None:
        """Make the teams that follow groups, and end what the ini file leads to no more.

        Raises Conflict when such a team has the name of a user, or of another registry.
        """
        self._access.require_system()
        for provider, rules in self._facilities.plugins.login_rules.items():
            for name in sorted(rules.teams):
                self._ensure_team(provider, name)
        self._end_what_nobody_says()

    def people(self, provider: str, *, after: str = "", limit: int = 100) -> Sequence[str]:
        """Give keys of people who came in by a login, in their order, from `after` on."""
        self._access.require_system()
        return self._db.scalars(
            select(Credential.key)
            .where(Credential.provider == provider, Credential.key > after)
            .order_by(Credential.key)
            .limit(limit)
        ).all()

    def follow(self, provider: str, found: Mapping[str, Subject | None]) -> None:
        """Take over what a login has said of people, by key; None for those it knows no more.

        A second time changes nothing.
        """
        self._access.require_system()
        credentials = self._db.scalars(
            select(Credential).where(
                Credential.provider == provider, Credential.key.in_(list(found))
            )
        ).all()
        for credential in credentials:
            user = self._db.get_one(User, credential.user_id)
            subject = found[credential.key]
            if subject is not None and self._rules(provider).lets_in(subject):
                self.take_over(user, subject)
            else:
                self._leave(user, credential)

    def take_over(self, user: User, subject: Subject) -> User:
        """Give a user what a login says of them; for services that have proof who it is.

        On a request that only reads the transaction begins anew when there is something to write:
        rows must be looked up anew then, and so the user is given back.
        """
        if not self._differs(user, subject):
            return user
        user_id = user.id
        begin_writing(self._db)
        user = self._db.get_one(User, user_id)
        rules = self._rules(subject.provider)
        user.email = usable_email(subject) or user.email
        user.full_name = _full_name(subject)
        self._set_admin(user, subject.provider, rules.administers(subject))
        self._set_teams(user, subject.provider, rules.teams_for(subject))
        for credential in self._credentials(user, subject.provider):
            if credential.key == subject.key and credential.lost_at is not None:
                credential.lost_at = user.left_at = None
                self._access.audit.record(
                    "user.return", user.name, about=user, through=subject.provider
                )
                log.info("%s is back: %s knows them again", user.name, subject.provider)
        return user

    def part(self, user: User, provider: str) -> None:
        """Take away what a login has given a user; for services that have ended it for them."""
        self._set_admin(user, provider, False)
        self._set_teams(user, provider, frozenset())

    def _differs(self, user: User, subject: Subject) -> bool:
        rules = self._rules(subject.provider)
        teams = {
            name: through
            for name, through in self._db.execute(
                select(Team.name, Membership.through)
                .join(Membership, Membership.team_id == Team.id)
                .where(Membership.user_id == user.id)
            )
        }
        wanted = rules.teams_for(subject)
        return (
            (usable_email(subject) or user.email, _full_name(subject))
            != (user.email, user.full_name)
            or (rules.administers(subject) and not user.is_admin)
            or (user.admin_through == subject.provider and not rules.administers(subject))
            or not wanted <= teams.keys()
            or any(
                through == subject.provider and name not in wanted
                for name, through in teams.items()
            )
            or any(
                one.lost_at is not None
                for one in self._credentials(user, subject.provider)
                if one.key == subject.key
            )
        )

    def _leave(self, user: User, credential: Credential) -> None:
        self._set_admin(user, credential.provider, False)
        self._set_teams(user, credential.provider, frozenset())
        if credential.lost_at is not None:
            return
        now = self._facilities.clock()
        credential.lost_at = now
        self._db.flush()
        others = self._db.scalars(
            select(Credential.id).where(
                Credential.user_id == user.id,
                # No way round the directory: whoever leaves could have set a password here, or
                # added a login of another site.
                Credential.provider.in_(self._followed()),
                Credential.lost_at.is_(None),
            )
        ).first()
        if others is None:
            user.left_at = now
            self._access.audit.record(
                "user.leave", user.name, about=user, through=credential.provider
            )
            self._db.execute(delete(WebSession).where(WebSession.user_id == user.id))
            mark_changed(self._db)
            log.info("%s is shut out: %s lets them in no more", user.name, credential.provider)

    def _set_admin(self, user: User, provider: str, is_admin: bool) -> None:
        if is_admin and not user.is_admin:
            user.is_admin, user.admin_through = True, provider
            self._access.audit.record("user.make_admin", user.name, about=user, through=provider)
            log.info("%s is an administrator through %s", user.name, provider)
        elif not is_admin and user.admin_through == provider:
            user.is_admin, user.admin_through = False, None
            self._access.audit.record("user.unmake_admin", user.name, about=user, through=provider)
            log.info("%s is an administrator through %s no more", user.name, provider)

    def _set_teams(self, user: User, provider: str, names: frozenset[str]) -> None:
        wanted = {team.id: team for team in self._teams(names)}
        held = self._db.scalars(select(Membership).where(Membership.user_id == user.id)).all()
        for membership in held:
            if membership.through == provider and membership.team_id not in wanted:
                self._db.delete(membership)
        for team_id in wanted.keys() - {membership.team_id for membership in held}:
            self._db.add(
                Membership(
                    team_id=team_id,
                    user_id=user.id,
                    role=TeamRole.MEMBER,
                    through=provider,
                    created_at=self._facilities.clock(),
                )
            )
        self._db.flush()

    def _teams(self, names: frozenset[str]) -> Sequence[Team]:
        return self._db.scalars(select(Team).where(Team.name.in_(names))).all()

    def _credentials(self, user: User, provider: str) -> Sequence[Credential]:
        return self._db.scalars(
            select(Credential).where(Credential.user_id == user.id, Credential.provider == provider)
        ).all()

    def _rules(self, provider: str) -> LoginRules:
        return self._facilities.plugins.login_rules.get(provider, LoginRules())

    def _followed(self) -> Sequence[str]:
        """The logins that say by themselves who has left."""
        rules = self._facilities.plugins.login_rules
        return [name for name, one in rules.items() if one.refresh is not None]

    def _ensure_team(self, provider: str, name: str) -> None:
        if self._db.scalar(select(Team.id).where(Team.name == name)) is not None:
            return
        if self._db.scalar(select(Entity.id).where(Entity.name == name)):
            raise Conflict(f"{provider}.teams names the team {name}, and {name} is no team here")
        if is_of_another_registry(self._db, name):
            raise Conflict(f"{provider}.teams names the team {name}, which is another registry")
        now = self._facilities.clock()
        team = Team(name=name, created_at=now)
        self._db.add(team)
        self._db.flush()
        self._db.add(Entity(name=name, kind=EntityKind.TEAM, team_id=team.id, created_at=now))

    def _end_what_nobody_says(self) -> None:
        """End memberships and administration of logins that the ini file no longer gives them."""
        rules = self._facilities.plugins.login_rules
        for membership, team in self._db.execute(
            select(Membership, Team.name)
            .join(Team, Team.id == Membership.team_id)
            .where(Membership.through.is_not(None))
        ).all():
            if team not in rules.get(membership.through or "", LoginRules()).teams:
                self._db.delete(membership)
        appointing = [name for name, one in rules.items() if one.administrators]
        ended = self._db.execute(
            update(User)
            .where(User.admin_through.is_not(None), User.admin_through.not_in(appointing))
            .values(is_admin=False, admin_through=None)
            .execution_options(synchronize_session=False)
        )
        if ended.rowcount:  # type: ignore[attr-defined]
            mark_changed(self._db)


def usable_email(subject: Subject) -> str | None:
    """The mail address, unless it is none: nobody is kept out by a strange entry."""
    email = subject.email
    return email if email and "@" in email and len(email) <= _LONGEST_EMAIL else None


def _full_name(subject: Subject) -> str | None:
    return (subject.full_name or "")[:_LONGEST_NAME] or None
