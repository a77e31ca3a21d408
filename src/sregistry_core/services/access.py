"""Who may do what: one table for every protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session

from sregistry_core.contracts import Action, Caller, Scope, TeamRole
from sregistry_core.contracts.policy import CATALOG
from sregistry_core.errors import LoginRequired, NotAllowed, NotFound, TermsNotAccepted
from sregistry_core.models import (
    Collection,
    CollectionRole,
    Container,
    Entity,
    EntityKind,
    Grant,
    User,
)

from .audit import Audit
from .seen import AnyCollection, AnyContainer, AnyEntity, SeenContainer

if TYPE_CHECKING:
    from . import Facilities


@dataclass(frozen=True, slots=True)
class Rule:
    """What an action on a collection, or on anything in it, takes at least."""

    scope: Scope
    role: CollectionRole


RULES: Final = {
    Action.READ: Rule(Scope.PULL, CollectionRole.READER),
    Action.PUSH: Rule(Scope.PUSH, CollectionRole.WRITER),
    Action.DELETE: Rule(Scope.PUSH, CollectionRole.OWNER),
    Action.MANAGE: Rule(Scope.ADMIN, CollectionRole.OWNER),
}
"""The table. A public collection makes a reader of everybody, also of nobody at all."""

_SCOPES = list(Scope)
_ROLES = list(CollectionRole)
_ROLE_OF_TEAM = {
    TeamRole.OWNER: CollectionRole.OWNER,
    TeamRole.MEMBER: CollectionRole.WRITER,
}
"""What the members of a team are in the collections of the team's own entity."""


class Access:
    """The table, asked for one caller. Every public method of a service begins here."""

    def __init__(self, db: Session, caller: Caller, facilities: "Facilities", audit: Audit):
        """audit   the log: every service that was let through here writes what was done there"""
        self._db = db
        self._facilities = facilities
        self._roles: dict[str, CollectionRole | None] = {}
        self.caller = caller
        self.audit = audit

    def may(self, action: Action, thing: AnyCollection | AnyContainer) -> bool:
        """True when the caller may do this to the collection and what is in it."""
        if not self._is_in_reach(action, thing):
            return False
        collection = thing.collection if isinstance(thing, Container | SeenContainer) else thing
        rule = RULES[action]
        if action is Action.READ and self._is_public(collection):
            return True
        role = self.role_in(collection)
        return (
            role is not None
            and _ROLES.index(role) >= _ROLES.index(rule.role)
            and self.has(rule.scope)
        )

    def require(
        self, action: Action, thing: AnyCollection | AnyContainer, *, called: str = ""
    ) -> None:
        """Raise when the caller may not do this.

        called   how the caller spelled it, for the message
        Raises NotFound for what the caller may not see, as if it were absent; else LoginRequired
        when nobody is logged in, NotAllowed when the caller is known, or a policy says no.
        """
        name = name_of(thing)
        if not self.may(Action.READ, thing):
            raise NotFound(f"{called or name} does not exist")
        if not self.may(action, thing):
            raise self._refusal(action, name, RULES[action].scope)
        if action is not Action.READ:
            self._require_terms_of_clients()
        self.ask_policies(action, name)

    @property
    def awaits_terms(self) -> bool:
        """True for a person who has not accepted the terms of use as they are now."""
        terms, caller = self._facilities.settings.terms, self.caller
        if terms is None or caller.user_id is None or caller.workplace is not None:
            return False
        user = self._db.get(User, caller.user_id)
        return user is None or user.terms_accepted != terms.digest

    def require_terms(self) -> None:
        """Raise TermsNotAccepted when the caller has not accepted the terms of use."""
        if self.awaits_terms:
            raise TermsNotAccepted(
                "accept the terms of use first, in a browser: "
                f"{self._facilities.settings.public_url}/-/terms"
            )

    def require_create(self, entity: Entity, collection: str) -> None:
        """Raise when the caller may not make a collection in the entity.

        The message tells nothing of what is in the entity.
        """
        name = f"{entity.name}/{collection}"
        if (
            not self.may_create_in(entity)
            or not self.has(Scope.PUSH)
            or not self._may_begin(f"{name}/")
        ):
            raise self._refusal(Action.CREATE, name, Scope.PUSH)
        self._require_terms_of_clients()
        self.ask_policies(Action.CREATE, name)

    def may_create_in(self, entity: Entity) -> bool:
        """True when the caller may make collections in an entity."""
        caller = self.caller
        if caller.is_admin:
            return True
        if caller.user_id is None or caller.workplace is not None:
            return False
        if self._facilities.settings.collections_by == "admins":
            return False
        return entity.kind is EntityKind.HOME or self.owns(entity) is not None

    def require_reach(self, action: Action, repository: str) -> None:
        """Raise LoginRequired when the caller shows a narrow token that was not made for this.

        repository   its full name, or CATALOG; whether there is such a one is not asked
        """
        reach = self.caller.reach
        if reach is not None and not any(
            one.repository == repository and action in one.actions for one in reach
        ):
            raise LoginRequired(f"this token was not made to {action} {repository}")

    def require_admin(self) -> None:
        """Raise when the caller is no administrator, or shows a token for less."""
        if not self.caller.is_admin or not self.has(Scope.ADMIN):
            raise self._refusal(Action.ADMINISTER, "the registry", Scope.ADMIN)
        self.ask_policies(Action.ADMINISTER, "")

    @property
    def sees_everybody(self) -> bool:
        """True for an administrator; not with a token for less, which reads of nobody else."""
        return self.caller.is_admin and self.has(Scope.ADMIN)

    def require_self(self, user_id: str, scope: Scope = Scope.ADMIN) -> None:
        """Raise unless the caller is this user, or an administrator."""
        if self.caller.user_id != user_id or not self.has(scope):
            self.require_admin()

    def require_system(self) -> None:
        """Raise unless the registry itself is calling: a job, or the command line."""
        if not self.caller.is_system:
            raise NotAllowed("only the registry itself does this")

    def require_login(self) -> None:
        """Raise LoginRequired when nobody is logged in."""
        if self.caller.is_anonymous:
            raise LoginRequired("you are not logged in")

    def ask_policies(self, action: Action, target: str) -> None:
        """Raise NotAllowed with the reason that a policy plugin gives."""
        if self.caller.is_system:
            return
        if reason := self._facilities.plugins.refuse(action, self.caller, target):
            raise NotAllowed(reason)

    def lets(self, action: Action, thing: AnyCollection | AnyContainer) -> bool:
        """True when neither the table nor a policy plugin keeps the caller from it."""
        collection = thing.collection if isinstance(thing, Container | SeenContainer) else thing
        refused = self._facilities.plugins.refuse
        return self.may(action, collection) and (
            self.caller.is_system or refused(action, self.caller, name_of(thing)) is None
        )

    def is_kept_from(self, action: Action, name: str) -> bool:
        """True when a policy plugin keeps the caller from what the table lets through.

        For what a statement with one of the conditions below has found.
        """
        refused = self._facilities.plugins.refuse
        return not self.caller.is_system and refused(action, self.caller, name) is not None

    def has(self, scope: Scope) -> bool:
        """True when what the caller has shown reaches as far as `scope`."""
        return _SCOPES.index(self.caller.scope) >= _SCOPES.index(scope)

    def role_in(self, collection: AnyCollection) -> CollectionRole | None:
        """What the caller is in a collection, by ownership or by a grant; None for a stranger."""
        if collection.id not in self._roles:
            self._roles[collection.id] = self._find_role(collection)
        return self._roles[collection.id]

    def owns(self, entity: AnyEntity) -> CollectionRole | None:
        """What the caller is in every collection of an entity, without any grant."""
        caller = self.caller
        if caller.is_admin:
            return CollectionRole.OWNER
        if caller.user_id is not None and entity.user_id == caller.user_id:
            return CollectionRole.OWNER
        for team, role in caller.teams:
            if entity.team_id == team:
                return _ROLE_OF_TEAM[role]
        return None

    def forget(self) -> None:
        """Look roles up anew: a grant has been changed."""
        self._roles.clear()

    def visible(self) -> ColumnElement[bool]:
        """The rule of READ as a condition; the statement joins Collection with Entity."""
        reach = self.caller.reach
        if reach is None or any(one.repository == CATALOG for one in reach):
            return self._visible()
        within = [one.objects[0] for one in reach if one.objects]
        return and_(self._visible(), Collection.id.in_(within))

    def visible_containers(self) -> ColumnElement[bool]:
        """The rule of READ for statements that join Container, Collection and Entity.

        A narrow token reaches what everybody may read, and the containers it was made for.
        """
        reach = self.caller.reach
        if reach is None:
            return self._visible()
        within = [one.objects[1] for one in reach if len(one.objects) > 1]
        return or_(self._public(), and_(self._visible(), Container.id.in_(within)))

    def may_push_to(self) -> ColumnElement[bool]:
        """The rule of PUSH as a condition; the statement joins Collection with Entity."""
        caller = self.caller
        if not self.has(Scope.PUSH):
            return false()
        if caller.is_admin or (
            caller.workplace is not None and caller.workplace.scope != Scope.PULL
        ):
            return self.visible()
        if caller.user_id is None or caller.workplace is not None:
            return false()
        teams = [team for team, _ in caller.teams]
        granted = select(Grant.collection_id).where(
            or_(Grant.user_id == caller.user_id, Grant.team_id.in_(teams)),
            Grant.role != CollectionRole.READER,
        )
        return or_(
            Entity.user_id == caller.user_id,
            Entity.team_id.in_(teams),
            Collection.id.in_(granted),
        )

    def visible_to_user(self) -> ColumnElement[bool]:
        """The rule of READ for the user behind a narrow token, whatever that was made for.

        For what is compared and not shown; the statement joins Collection with Entity.
        """
        return self._visible()

    def belonging(self) -> ColumnElement[bool]:
        """What is the caller's own, their team's, or was granted to them or to a team of theirs.

        To narrow `visible` down, in statements of the same form.
        """
        caller = self.caller
        if caller.user_id is None:
            return false()
        teams = [team for team, _ in caller.teams]
        return or_(
            Entity.user_id == caller.user_id,
            Entity.team_id.in_(teams),
            Collection.id.in_(self._granted(teams)),
        )

    def _granted(self, teams: Sequence[str]) -> Select[str]:
        return select(Grant.collection_id).where(
            or_(Grant.user_id == self.caller.user_id, Grant.team_id.in_(teams))
        )

    def _visible(self) -> ColumnElement[bool]:
        caller = self.caller
        if caller.is_admin:
            return true()
        if caller.workplace is not None:
            place = caller.workplace
            if place.team_id is not None:
                return Entity.team_id == place.team_id
            return Collection.id == place.collection_id
        public = self._public()
        if caller.user_id is None:
            return public
        return or_(public, self.belonging())

    def _is_in_reach(self, action: Action, thing: AnyCollection | AnyContainer) -> bool:
        """The one place where a narrow token is held against what it is shown for."""
        if self.caller.reach is None:
            return True
        name = name_of(thing)
        if isinstance(thing, Container | SeenContainer):
            now: tuple[str, ...] = (thing.collection_id, thing.id)
        else:
            now, name = (thing.id,), f"{name}/"
        return any(
            action in one.actions
            and (one.repository == name or (len(now) == 1 and one.repository.startswith(name)))
            and all(then == today for then, today in zip(one.objects, now, strict=False))
            for one in self.caller.reach
        )

    def _may_begin(self, prefix: str) -> bool:
        """True when the caller may make things whose names begin so, as far as a token says."""
        reach = self.caller.reach
        return reach is None or any(
            one.repository.startswith(prefix) and Action.PUSH in one.actions and not one.objects
            for one in reach
        )

    def _require_terms_of_clients(self) -> None:
        if self._facilities.settings.terms_for == "everything":
            self.require_terms()

    @property
    def _sees_what_is_public(self) -> bool:
        # To a robot nothing is there but its workplace: a wrong name in a job is found at once.
        return self.caller.workplace is None and not self._facilities.settings.private_only

    def _public(self) -> ColumnElement[bool]:
        return Collection.private == false() if self._sees_what_is_public else false()

    def _is_public(self, collection: AnyCollection) -> bool:
        return not collection.private and self._sees_what_is_public

    def _find_role(self, collection: AnyCollection) -> CollectionRole | None:
        if self.caller.workplace is not None:
            return self._role_of_robot(collection)
        roles = [role for role in [self.owns(collection.entity)] if role]
        if self.caller.user_id is not None and CollectionRole.OWNER not in roles:
            teams = [team for team, _ in self.caller.teams]
            roles += self._db.scalars(
                select(Grant.role).where(
                    Grant.collection_id == collection.id,
                    or_(Grant.user_id == self.caller.user_id, Grant.team_id.in_(teams)),
                )
            )
        return max(roles, key=_ROLES.index, default=None)

    def _role_of_robot(self, collection: AnyCollection) -> CollectionRole | None:
        """What a robot is, by the one place where it works."""
        place = self.caller.workplace
        if place is None or not (
            collection.id == place.collection_id
            or (place.team_id is not None and collection.entity.team_id == place.team_id)
        ):
            return None
        return CollectionRole.READER if place.scope is Scope.PULL else CollectionRole.WRITER

    def _refusal(self, action: Action, target: str, scope: Scope) -> LoginRequired | NotAllowed:
        if self.caller.is_anonymous:
            return LoginRequired(f"log in to {action} {target}")
        if not self.has(scope):
            return NotAllowed(
                f"this token is for {self.caller.scope} only, not to {action} {target}"
            )
        if action is Action.CREATE and self._facilities.settings.collections_by == "admins":
            return NotAllowed(f"only administrators create collections here, such as {target}")
        return NotAllowed(f"{self.caller.name} may not {action} {target}")


def name_of(thing: AnyCollection | AnyContainer) -> str:
    """The full name of a collection or a container."""
    if isinstance(thing, Container | SeenContainer):
        return f"{name_of(thing.collection)}/{thing.name}"
    return f"{thing.entity.name}/{thing.name}"
