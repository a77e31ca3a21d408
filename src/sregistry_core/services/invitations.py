"""Invitations: links that let one person join a team, once, until they expire."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sregistry_core.contracts import TeamRole
from sregistry_core.db.session import mark_changed
from sregistry_core.errors import Conflict, Malformed, NotFound
from sregistry_core.identifiers import new_secret
from sregistry_core.models import Invitation, Membership, Team

from .access import Access
from .authentication import digest_of
from .people import person_of
from .teams import Teams
from .time_keys import later_than, time_key

if TYPE_CHECKING:
    from . import Facilities

LONGEST_LIFETIME = timedelta(days=90)
_SECRET_LENGTH = 32
_ABSENT = "this invitation does not exist, was used, has expired or was revoked"


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation that was just made, with the only copy of its secret."""

    invitation: Invitation
    secret: str


@dataclass(frozen=True, slots=True)
class Invited:
    """What whoever has the link is invited to."""

    team: Team
    role: TeamRole
    invitation: Invitation
    is_member: bool


def key_of(invitation: Invitation) -> str:
    """Give the key of an invitation, after which a page of those that expire later begins."""
    return time_key(invitation.expires_at, invitation.id)


class Invitations:
    """Makes, lists, revokes and accepts invitations."""

    def __init__(self, db: Session, access: Access, teams: Teams, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._teams = teams
        self._facilities = facilities

    def of(
        self, team_name: str, *, after: str = "", limit: int | None = None
    ) -> Sequence[Invitation]:
        """Give the invitations of a team that still work, those that expire first before others.

        after   the key after which to go on. Raises Malformed for what is none.
        """
        team = self._teams.managed(team_name)
        return self._db.scalars(
            select(Invitation)
            .where(
                Invitation.team_id == team.id,
                Invitation.used_at.is_(None),
                Invitation.expires_at > self._facilities.clock(),
                *later_than(after, Invitation.expires_at, Invitation.id),
            )
            .order_by(Invitation.expires_at, Invitation.id)
            .limit(limit)
        ).all()

    def create(
        self, team_name: str, *, lifetime: timedelta, role: TeamRole = TeamRole.MEMBER
    ) -> NewInvitation:
        """Make an invitation to a team, and give its secret: now and never again."""
        team = self._teams.managed(team_name)
        if not timedelta(0) < lifetime <= LONGEST_LIFETIME:
            raise Malformed(f"an invitation works for {LONGEST_LIFETIME.days} days at most")
        secret = new_secret(_SECRET_LENGTH)
        now = self._facilities.clock()
        invitation = Invitation(
            digest=digest_of(secret),
            team_id=team.id,
            role=role,
            created_by=self._access.caller.user_id,
            created_at=now,
            expires_at=now + lifetime,
        )
        self._db.add(invitation)
        self._db.flush()
        self._access.audit.record("team.invite", team.name, role=str(role))
        return NewInvitation(invitation, secret)

    def one(self, team_name: str, invitation_id: str) -> Invitation:
        """Give an invitation that still works. Raises NotFound for one that is not of this team."""
        team = self._teams.managed(team_name)
        found = self._db.get(Invitation, invitation_id)
        if found is None or found.team_id != team.id or self._is_over(found):
            raise NotFound("there is no such invitation")
        return found

    def revoke(self, team_name: str, invitation_id: str) -> None:
        """End an invitation at once. Raises NotFound for one that is not of this team."""
        team = self._teams.managed(team_name)
        found = self._db.get(Invitation, invitation_id)
        if found is None or found.team_id != team.id:
            raise NotFound("there is no such invitation")
        self._db.delete(found)
        self._access.audit.record("team.revoke_invitation", team.name)

    def find(self, secret: str) -> Invited:
        """Give what a link invites to; whoever has it may know. Raises NotFound when it is over."""
        found = self._db.scalar(select(Invitation).where(Invitation.digest == digest_of(secret)))
        if found is None or self._is_over(found):
            raise NotFound(_ABSENT)
        team = self._db.get_one(Team, found.team_id)
        is_member = any(one == team.id for one, _ in self._access.caller.teams)
        return Invited(team, TeamRole(found.role), found, is_member)

    def accept(self, secret: str) -> Team:
        """Join the team that a link invites to; it works no second time.

        Raises NotFound when it is over, Conflict when the caller is in the team already.
        """
        user = person_of(self._db, self._access)
        invited = self.find(secret)
        if self._db.get(Membership, (invited.team.id, user.id)) is not None:
            raise Conflict(f"you are in the team {invited.team.name} already")
        now = self._facilities.clock()
        used = self._db.execute(
            update(Invitation)
            .where(Invitation.id == invited.invitation.id, Invitation.used_at.is_(None))
            .values(used_at=now, used_by=user.id)
            .execution_options(synchronize_session=False)
        )
        mark_changed(self._db)
        if used.rowcount != 1:  # type: ignore[attr-defined]
            # Somebody else was faster by a moment.
            raise NotFound(_ABSENT)
        self._db.add(
            Membership(team_id=invited.team.id, user_id=user.id, role=invited.role, created_at=now)
        )
        self._db.flush()
        self._access.audit.record("team.join", invited.team.name, about=user, by="invitation")
        return invited.team

    def _is_over(self, invitation: Invitation) -> bool:
        return invitation.used_at is not None or invitation.expires_at <= self._facilities.clock()
