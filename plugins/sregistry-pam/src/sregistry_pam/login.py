"""The people of this machine: known by their name and number, proven by PAM."""

import grp
import os
import pwd
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sregistry_core.contracts import PasswordLogin, Secret, Step, Subject, WrongPassword
from sregistry_core.errors import LoginRequired

from .asking import LONGEST_PASSWORD, Answer, Asking
from .settings import PamSettings

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}")
"""What no module can take for anything but a name."""
_NO_PASSWORD = "\x01"  # noqa: S105 - shown only to learn whether PAM knows the user
_SAID = {
    Answer.FITS: "PAM takes the password, and the account is in order",
    Answer.WRONG: "PAM does not take the password",
    Answer.UNKNOWN: "PAM does not know this user",
    Answer.EXPIRED: "the password is right, and has expired",
    Answer.SHUT_OUT: "the password is right, and the account is locked or expired",
}


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    key: str
    groups: frozenset[str] = frozenset()
    full_name: str | None = None


class PamLogin(PasswordLogin):
    """Asks one service of PAM."""

    def __init__(self, settings: PamSettings):
        self._settings = settings
        self._asking = Asking(settings)

    def check(self, name: str, password: str) -> Subject | None:
        """Who this is; None for whom the machine does not know, for root, and for its daemons."""
        person = self._person(name)
        if person is None:
            return None
        answer = self._answer(person, password)
        if answer is Answer.UNKNOWN:
            return None
        if answer is Answer.WRONG:
            raise WrongPassword("unknown name or wrong password")
        if answer is Answer.EXPIRED:
            raise LoginRequired(f"the password of {person.name} has expired: change it first")
        if answer is Answer.SHUT_OUT:
            raise LoginRequired(f"the account {person.name} is locked or expired")
        return self._subject(person)

    def explain(self, name: str, password: Secret | None = None) -> Iterator[Step | Subject]:
        """Tell what the machine and PAM say of somebody."""
        person = self._person(name)
        if person is None:
            yield Step(
                f"the machine has no user {name[:64]!r} with a number of "
                f"{self._settings.least_uid} or more",
                works=False,
            )
            return
        yield Step(f"the service {self._settings.service} of PAM is asked for {person.name}")
        if password is not None:
            answer = self._answer(person, password.value)
            yield Step(_SAID[answer], works=answer is Answer.FITS)
            if answer is not Answer.FITS:
                return
        elif not self._settings.system_users:
            yield Step("without a password there is no telling whether PAM knows them")
            return
        yield self._subject(person)

    def _answer(self, person: _Person, password: str) -> Answer:
        if _can_be_a_password(password):
            return self._asking.ask(person.name, password)
        # Nothing that a module may cut short, or take for "no password is needed".
        answer = self._asking.ask(person.name, _NO_PASSWORD)
        return answer if answer is Answer.UNKNOWN else Answer.WRONG

    def _person(self, name: str) -> _Person | None:
        if not _NAME.fullmatch(name):
            return None
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            if self._settings.system_users or name == "root":
                return None
            return _Person(name, key=f"name:{name}")
        # Never root by whatever name, and no daemon: their passwords are not guessed at here.
        if entry.pw_uid < self._settings.least_uid:
            return None
        # Both: numbers are given out anew, and so are names.
        return _Person(
            entry.pw_name,
            key=f"{entry.pw_uid}:{entry.pw_name}",
            groups=frozenset(_groups(entry)),
            full_name=entry.pw_gecos.partition(",")[0].strip() or None,
        )

    def _subject(self, person: _Person) -> Subject:
        return Subject(
            provider=self._settings.name,
            key=person.key,
            name=person.name,
            groups=person.groups,
            full_name=person.full_name,
        )


def _can_be_a_password(text: str) -> bool:
    try:
        return 0 < len(text.encode()) <= LONGEST_PASSWORD and "\0" not in text
    except UnicodeEncodeError:
        return False


def _groups(entry: pwd.struct_passwd) -> Iterator[str]:
    for number in os.getgrouplist(entry.pw_name, entry.pw_gid):
        try:
            yield grp.getgrgid(number).gr_name
        except KeyError:
            # A number without a name leads to nothing in the ini file.
            continue
