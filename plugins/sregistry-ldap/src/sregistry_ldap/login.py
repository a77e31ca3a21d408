"""Logs in with the names and passwords of an LDAP directory."""

import logging
from collections.abc import Iterator

import ldap
from ldap.ldapobject import LDAPObject

from sregistry_core.contracts import (
    ConfigurationError,
    LoginUnavailable,
    PasswordLogin,
    Secret,
    Step,
    Subject,
    WrongPassword,
)

from .directory import Directory, ProofRefusedError, said
from .distinguished_names import canonical
from .groups import Groups
from .people import DirectoryIsWrongError, People, Person, can_be_a_name
from .settings import LdapSettings

_LONGEST_PASSWORD = 1024
_REFUSED = "unknown name or wrong password"

log = logging.getLogger(__name__)


class LdapLogin(PasswordLogin):
    """One directory, of one or several servers."""

    def __init__(self, settings: LdapSettings):
        self._name = settings.server.name
        self._directory = Directory(settings.server)
        self._people = People(settings.people)
        self._groups = Groups(settings.groups)
        self._asks_by_itself = settings.asks_by_itself
        self.can_refresh = settings.asks_by_itself

    def check(self, name: str, password: str) -> Subject | None:
        """Who this is; None when the directory does not know the name.

        Where only people themselves may look at their entry, a wrong password looks like an
        unknown name, and the next way is asked.
        """
        if not can_be_a_name(name):
            return None
        if not self._asks_by_itself:
            return self._as_themselves(name, password)
        person = self._directory.ask(lambda connection: self._found(connection, name))
        if person is None:
            return None
        try:
            _require_password(password)
            self._directory.prove(person.dn, password, lambda _: None)
        except ProofRefusedError as error:
            raise WrongPassword(_REFUSED) from error
        return self._directory.ask(lambda connection: self._subject(connection, person))

    def refresh(self, key: str) -> Subject | None:
        """Who this is now; None when the directory has nobody with this key any more."""

        def question(connection: LDAPObject) -> Subject | None:
            person = self._people.with_key(connection, key)
            return self._subject(connection, person) if person else None

        try:
            return self._directory.ask(question)
        except DirectoryIsWrongError as error:
            raise LoginUnavailable(
                f"the directory {self._name} shows no people: {error}"
            ) from error

    def group_named(self, text: str) -> str:
        """Spell the distinguished name of a group as all are spelled."""
        try:
            return canonical(text)
        except ValueError as error:
            raise ConfigurationError(f"{self._name}: a group is named wrongly: {error}") from error

    def explain(self, name: str, password: Secret | None = None) -> Iterator[Step | Subject]:
        """Tell how the directory is reached, and what it says of somebody."""
        works = yield from self._directory.explain()
        if not works:
            return
        try:
            yield from self._explain_person(name, password)
        except (DirectoryIsWrongError, LoginUnavailable) as error:
            cause = error.__cause__
            why = f": {said(cause)}" if isinstance(cause, ldap.LDAPError) else ""
            yield Step(f"{error}{why}", works=False)

    def _explain_person(self, name: str, password: Secret | None) -> Iterator[Step | Subject]:
        if not can_be_a_name(name):
            yield Step(f"nobody can be called {name!r}", works=False)
            return
        if not self._asks_by_itself:
            yield from self._explain_themselves(name, password)
            return
        person = self._directory.ask(lambda connection: self._people.named(connection, name))
        if person is None:
            yield Step(f"nobody is found for {self._people.filter_of(name)}", works=False)
            return
        yield Step(f"found {person.dn}")
        if password is not None:
            try:
                _require_password(password.value)
                self._directory.prove(person.dn, password.value, lambda _: None)
            except ProofRefusedError as error:
                yield Step(f"the password is not theirs: {_cause(error)}", works=False)
                return
            yield Step("the password is theirs")
        yield self._directory.ask(lambda connection: self._subject(connection, person))

    def _explain_themselves(self, name: str, password: Secret | None) -> Iterator[Step | Subject]:
        dn = self._people.dn_of(name)
        if password is None:
            yield Step(f"{dn} can be asked for with their password only: add --password-stdin")
            return
        subject = self._as_themselves(name, password.value)
        if subject is None:
            yield Step(f"the directory does not let {dn} in with this password", works=False)
            return
        yield Step(f"the directory lets {dn} in")
        yield subject

    def _found(self, connection: LDAPObject, name: str) -> Person | None:
        try:
            return self._people.named(connection, name)
        except DirectoryIsWrongError as error:
            log.warning("nobody comes in by %s as %s: %s", self._name, name, error)
            raise WrongPassword(_REFUSED) from error

    def _as_themselves(self, name: str, password: str) -> Subject | None:
        dn = self._people.dn_of(name)

        def question(connection: LDAPObject) -> Subject | None:
            person = self._people.at(connection, dn, name)
            return self._subject(connection, person) if person else None

        try:
            _require_password(password)
            return self._directory.prove(dn, password, question)
        except ProofRefusedError:
            return None
        except DirectoryIsWrongError as error:
            log.warning("nobody comes in by %s as %s: %s", self._name, name, error)
            return None

    def _subject(self, connection: LDAPObject, person: Person) -> Subject:
        return Subject(
            provider=self._name,
            key=person.key,
            name=person.name,
            email=person.email,
            groups=self._groups.of(connection, person),
            full_name=person.full_name,
        )


def _require_password(password: str) -> None:
    """Raise ProofRefusedError for what no directory should be asked: nothing above all."""
    is_text = not any("\ud800" <= sign <= "\udfff" for sign in password)
    if not password or "\0" in password or len(password) > _LONGEST_PASSWORD or not is_text:
        raise ProofRefusedError


def _cause(error: ProofRefusedError) -> str:
    cause = error.__cause__
    return type(cause).__name__ if isinstance(cause, ldap.LDAPError) else "it is none"
