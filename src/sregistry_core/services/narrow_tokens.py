"""Narrow tokens of OCI clients: signed, short-lived, and for the repositories they name."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.orm import Session

from sregistry_core.contracts import Action, Caller, Scope
from sregistry_core.contracts.policy import CATALOG, Reach
from sregistry_core.db.session import begin_writing
from sregistry_core.errors import LoginRequired, Malformed, NotAllowed, NotFound
from sregistry_core.models import Token, User
from sregistry_core.names import CollectionName, ContainerName

from .access import Access, name_of
from .authentication import Authentication
from .catalog import Catalog
from .tokens import Tokens

if TYPE_CHECKING:
    from . import Facilities

PURPOSE: Final = "oci"
LIFETIME: Final = timedelta(minutes=10)
MOST_SCOPES: Final = 50
_ACTIONS = {
    "pull": frozenset({Action.READ}),
    "push": frozenset({Action.READ, Action.PUSH}),
    "delete": frozenset({Action.READ, Action.DELETE}),
    "*": frozenset({Action.READ, Action.PUSH, Action.DELETE}),
}
_CATALOG_SCOPE = "registry:catalog:*"
_SCOPES = list(Scope)


@dataclass(frozen=True, slots=True)
class NarrowToken:
    """A token as the client gets it."""

    text: str
    issued_at: datetime
    lifetime: timedelta


class NarrowTokens:
    """Makes narrow tokens, and believes them.

    A token says who asked for it and which repositories it names; what its user may do there is
    asked anew at every use. It dies with the long token that it was made from, with the user, and
    with the collection and container that it named.
    """

    def __init__(
        self,
        db: Session,
        access: Access,
        authentication: Authentication,
        catalog: Catalog,
        tokens: Tokens,
        facilities: "Facilities",
    ):
        self._db = db
        self._access = access
        self._authentication = authentication
        self._catalog = catalog
        self._tokens = tokens
        self._facilities = facilities

    def issue(self, scopes: Sequence[str]) -> NarrowToken:
        """Make a token of the caller's for `repository:NAME:ACTIONS` and `registry:catalog:*`.

        Scopes that cannot be understood are left out, as the caller has them not. Nobody gets a
        token for more than pulling. What the caller may not do is not looked at: the answer would
        tell what there is.
        """
        if len(scopes) > MOST_SCOPES:
            raise Malformed(f"{len(scopes)} scopes are more than the {MOST_SCOPES} of one token")
        caller = self._access.caller
        if caller.reach is not None:
            raise LoginRequired("a narrow token is no proof for another one")
        reach = [found for scope in scopes for found in self._reach_of(scope)]
        claims = {"user": caller.user_id, "token": caller.token_id, "reach": _as_text(reach)}
        return NarrowToken(
            self._facilities.signer.sign(PURPOSE, claims, LIFETIME),
            self._facilities.clock(),
            LIFETIME,
        )

    def issue_refreshing(self, client: str) -> str | None:
        """Make a long token that a client keeps in place of the password; None for other logins.

        It is one of the user's tokens: listed with the others, and revoked as they are.
        """
        caller = self._access.caller
        if caller.user_id is None or caller.token_id is not None:
            return None
        begin_writing(self._db)
        user = self._db.get_one(User, caller.user_id)
        name = f"refresh token of {client or 'an OCI client'}"[:80]
        return self._tokens.issue(user, name=name, scope=Scope.PUSH).secret

    def caller_of(self, text: str) -> Caller:
        """Give the caller behind a narrow token.

        Raises LoginRequired when it was not made here, has expired, or what it was made from is
        gone.
        """
        try:
            claims = self._facilities.signer.read(PURPOSE, text)
        except NotFound as error:
            raise LoginRequired("this token is not one of ours, or has expired") from error
        reach = _from_text(str(claims["reach"]))
        user_id, token_id = claims["user"], claims["token"]
        if user_id is None:
            return replace(Caller.anonymous(), reach=reach)
        caller = self._authentication.caller_of_user(str(user_id))
        if caller.is_anonymous:
            raise LoginRequired("the user of this token is gone")
        scope = Scope.PUSH
        if token_id is not None:
            token = self._db.get(Token, str(token_id))
            now = self._facilities.clock()
            if token is None or (token.expires_at is not None and token.expires_at <= now):
                raise LoginRequired("the token that this one was made from is gone")
            scope = min(Scope(token.scope), Scope.PUSH, key=_SCOPES.index)
        token_id = None if token_id is None else str(token_id)
        return replace(caller, scope=scope, reach=reach, token_id=token_id)

    def _reach_of(self, scope: str) -> Sequence[Reach]:
        if scope == _CATALOG_SCOPE:
            return [Reach(CATALOG, frozenset({Action.READ}))]
        kind, _, rest = scope.partition(":")
        text, _, words = rest.rpartition(":")
        if kind.partition("(")[0] != "repository":
            return []
        try:
            name = ContainerName.parse(text, home=self._facilities.settings.id)
        except Malformed:
            return []
        actions = frozenset().union(*(_ACTIONS.get(word, ()) for word in words.split(",")))
        if self._access.caller.is_anonymous:
            actions &= {Action.READ}
        if not actions:
            return []
        objects = self._objects(name)
        # A collection that had this name before is reached under the one it has now.
        return [Reach(one, actions, objects) for one in self._names(name)]

    def _names(self, name: ContainerName) -> Sequence[str]:
        try:
            found = self._catalog.collection(name.of_collection)
        except (NotFound, NotAllowed):
            return [str(name)]
        return list(dict.fromkeys([str(name), f"{name_of(found)}/{name.container}"]))

    def _objects(self, name: ContainerName) -> tuple[str, ...]:
        """Identify what the name means now, as far as the caller may know."""
        try:
            collection = self._catalog.collection(CollectionName(name.entity, name.collection))
        except (NotFound, NotAllowed):
            return ()
        try:
            return collection.id, self._catalog.container(name).id
        except (NotFound, NotAllowed):
            return (collection.id,)


def _as_text(reach: Iterable[Reach]) -> str:
    return json.dumps(
        [[one.repository, sorted(one.actions), list(one.objects)] for one in reach],
        separators=(",", ":"),
    )


def _from_text(text: str) -> tuple[Reach, ...]:
    listed: list[Any] = json.loads(text)
    return tuple(
        Reach(repository, frozenset(Action(action) for action in actions), tuple(objects))
        for repository, actions, objects in listed
    )
