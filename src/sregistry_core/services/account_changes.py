"""Accounts as their own users change them: profile, password, and their end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from sregistry_core.contracts import TeamRole
from sregistry_core.errors import Conflict, Malformed, NotAllowed
from sregistry_core.models import (
    Collection,
    Container,
    Credential,
    Entity,
    FormerName,
    Image,
    Membership,
    Team,
    User,
    WebSession,
)

from .access import Access
from .authentication import digest_of
from .collection_changes import CollectionChanges, require_typed
from .passwords import PROVIDER

if TYPE_CHECKING:
    from . import Facilities

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Owned:
    """A collection of a user's own entity, and how many images it holds."""

    name: str
    images: int


@dataclass(frozen=True, slots=True)
class Belongings:
    """What stands in the way of deleting an account, and what would go with it.

    collections   those of the user's own entity, or a page of them
    images        how many there are in all of them
    teams         names of teams that would be without an owner
    """

    collections: Sequence[Owned]
    images: int
    teams: Sequence[str]


class AccountChanges:
    """What users do with their own accounts."""

    def __init__(
        self,
        db: Session,
        access: Access,
        collection_changes: CollectionChanges,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._collection_changes = collection_changes
        self._facilities = facilities

    def has_password(self, user: User) -> bool:
        """Tell whether a user has a password here."""
        self._access.require_self(user.id)
        return self._credential(user) is not None

    def may_change_email(self, user: User) -> bool:
        """Tell whether the mail address is the user's own, and not that of a directory."""
        self._access.require_self(user.id)
        held = self._db.scalars(select(Credential.provider).where(Credential.user_id == user.id))
        logins = self._facilities.logins
        return not any(name in logins and logins[name].can_refresh for name in held)

    def describe(self, user: User, *, full_name: str, email: str | None = None) -> None:
        """Say what a user is called, and where mail reaches them; an empty text for nothing.

        email   None leaves it as it is
        Raises Malformed for what is no mail address, NotAllowed when it comes from a directory.
        """
        self._access.require_self(user.id)
        if len(full_name) > LONGEST_NAME:
            raise Malformed(f"a name has at most {LONGEST_NAME} characters")
        if email is not None and email != (user.email or ""):
            if not self.may_change_email(user):
                raise NotAllowed("your mail address comes from the directory: change it there")
            if email and not _is_email(email):
                raise Malformed(f"{email[:80]!r} is no mail address")
            user.email = email or None
        user.full_name = full_name or None
        self._access.audit.record("user.describe", user.name, about=user)

    def change_password(self, user: User, *, old: str, new: str, this: str | None = None) -> None:
        """Give oneself another password; every other session ends.

        this   the secret of the session that is asking, which stays
        Raises NotAllowed when the old one is wrong, or there is none here; TooManyGuesses after
        too many wrong ones.
        """
        self._access.require_self(user.id)
        credential = self._credential(user)
        if credential is None or credential.secret is None:
            raise NotAllowed("you have no password here: it is changed where you sign in")
        guesses, hashes = self._facilities.guesses, self._facilities.hashes
        guesses.require_few(user.name, None)
        if not old or not hashes.fits(credential.secret, old):
            guesses.count(user.name, None)
            raise NotAllowed("the old password is wrong")
        guesses.forget(user.name)
        credential.secret = hashes.hash(new)
        own = digest_of(this) if this else ""
        self._db.execute(
            delete(WebSession).where(WebSession.user_id == user.id, WebSession.digest != own)
        )
        self._access.audit.record("user.change_password", user.name, about=user)

    def belongings(self, user: User, *, after: str = "", limit: int | None = None) -> Belongings:
        """Give what a user owns, by name.

        after, limit   of the collections: the full name after which to go on
        """
        self._access.require_self(user.id)
        images = (
            select(func.count(Image.id))
            .join(Container, Container.id == Image.container_id)
            .where(Container.collection_id == Collection.id, Image.blob_id.is_not(None))
            .scalar_subquery()
        )
        rows = self._db.execute(
            select(Entity.name, Collection.name, images)
            .join(Collection, Collection.entity_id == Entity.id)
            .where(Entity.user_id == user.id, Collection.name > after.rpartition("/")[2])
            .order_by(Collection.name)
            .limit(limit)
        )
        return Belongings(
            [Owned(f"{entity}/{name}", count or 0) for entity, name, count in rows],
            self._image_count(user),
            self._only_owned_by(user),
        )

    def delete(self, user: User, *, typed: str, with_collections: bool = False) -> None:
        """Delete an account with its logins, tokens, sessions and roles.

        typed              the user's name, typed to be sure
        with_collections   also delete the collections of the user with all that is in them; without
                           it, those must be handed on or deleted before
        What they have pushed elsewhere stays, and is nobody's then. Raises Conflict when the user
        still owns something, is the last owner of a team, or the last administrator; Malformed for
        another name.
        """
        self._access.require_self(user.id)
        if user.robot_id is not None:
            raise NotAllowed("a robot is removed by those who manage it")
        require_typed(user.name, typed)
        if teams := self._only_owned_by(user):
            raise Conflict(
                f"{user.name} is the last owner of the team {', '.join(teams)}: "
                "make somebody else its owner first, or delete it"
            )
        if user.is_admin and not self._is_another_admin(user):
            raise Conflict(f"{user.name} is the last administrator of the registry")
        images = self._image_count(user)
        if images and not with_collections:
            raise Conflict(
                f"{user.name} owns {self._collection_count(user)} collections with {images} images:"
                " hand them on first, or say that they are to be deleted too"
            )
        entity = self._db.scalar(select(Entity).where(Entity.user_id == user.id))
        if entity is not None:
            for collection in self._db.scalars(
                select(Collection).where(Collection.entity_id == entity.id)
            ).all():
                name = f"{entity.name}/{collection.name}"
                self._collection_changes.delete(collection, typed=name)
            self._db.execute(delete(FormerName).where(FormerName.entity_id == entity.id))
            self._db.delete(entity)
            self._db.flush()
        self._access.audit.record("user.delete", user.name)
        self._db.flush()
        self._db.execute(delete(User).where(User.id == user.id))
        self._db.expire_all()

    def _credential(self, user: User) -> Credential | None:
        return self._db.scalar(
            select(Credential).where(Credential.provider == PROVIDER, Credential.key == user.id)
        )

    def _collection_count(self, user: User) -> int:
        query = (
            select(func.count(Collection.id))
            .join(Entity, Entity.id == Collection.entity_id)
            .where(Entity.user_id == user.id)
        )
        return self._db.scalar(query) or 0

    def _image_count(self, user: User) -> int:
        query = (
            select(func.count(Image.id))
            .join(Container, Container.id == Image.container_id)
            .join(Collection, Collection.id == Container.collection_id)
            .join(Entity, Entity.id == Collection.entity_id)
            .where(Entity.user_id == user.id, Image.blob_id.is_not(None))
        )
        return self._db.scalar(query) or 0

    def _only_owned_by(self, user: User) -> Sequence[str]:
        other = Membership.__table__.alias()
        return self._db.scalars(
            select(Team.name)
            .join(Membership, Membership.team_id == Team.id)
            .where(
                Membership.user_id == user.id,
                Membership.role == TeamRole.OWNER,
                ~exists().where(
                    other.c.team_id == Team.id,
                    other.c.role == TeamRole.OWNER,
                    other.c.user_id != user.id,
                ),
            )
            .order_by(Team.name)
        ).all()

    def _is_another_admin(self, user: User) -> bool:
        return bool(
            self._db.scalar(
                select(
                    exists().where(
                        User.is_admin.is_(True), User.id != user.id, User.disabled_at.is_(None)
                    )
                )
            )
        )


def _is_email(text: str) -> bool:
    return len(text) <= 254 and "@" in text.strip("@") and text.isprintable() and " " not in text
