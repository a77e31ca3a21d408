"""What a way to log in is: by a password, or by a trip to another site and back."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sregistry_core.errors import LoginRequired, LoginUnavailable

from .settings import Secret


class WrongPassword(LoginRequired):
    """The name is known here, and the password is not its own."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody whom a way to log in knows."""

    provider: str
    """The name of the way in the ini file."""
    key: str
    """What never changes for this person at this provider."""
    name: str
    """The name that is wished for here; the registry folds it to what its names allow."""
    email: str | None = None
    groups: frozenset[str] = frozenset()
    """As `group_named` spells them: the ini file leads from them to teams and rights."""
    full_name: str | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send the browser, and what to keep until it comes back."""

    url: str
    keepsake: str = ""
    """Kept on the server, and for this one trip: what the answer must fit."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way to who somebody is, told to an administrator; never with a secret."""

    text: str
    works: bool = True


class Login:
    """What both kinds of login may do besides; all of it has an answer already."""

    can_refresh: bool = False
    """True when `refresh` may be asked."""

    def refresh(self, key: str) -> Subject | None:
        """Who this is now, without any proof; None when nobody has this key any more.

        Called in a worker every few minutes for everybody who has come in this way: whoever is
        None is shut out. Raises LoginUnavailable when the answer cannot be had.
        """
        raise NotImplementedError

    def group_named(self, text: str) -> str:
        """Spell a group of the ini file as `Subject.groups` does.

        Raises ConfigurationError for what cannot be the name of a group.
        """
        return text

    def explain(self, name: str, password: Secret | None = None) -> Iterator[Step | Subject]:
        """Tell each step on the way to who `name` is; last the Subject, when somebody was found.

        password   tried too, when it is given
        Whatever fails is a Step that does not work. Nothing is told where there is no telling.
        """
        return iter(())


class PasswordLogin(Login, ABC):
    """Logs in with a name and a password. Used by many threads at once."""

    @abstractmethod
    def check(self, name: str, password: str) -> Subject | None:
        """Who this is; None when the name is not known here, so that the next way is asked.

        Raises WrongPassword when the name is known and the password is not its own (nobody else
        is asked), LoginUnavailable when the answer cannot be had.
        """


class RedirectLogin(Login, ABC):
    """Logs in by sending the browser to another site. Used by many threads at once.

    The registry has checked, before `finish` is called, that the answer comes with the `state` of a
    trip that was begun for the same login in the same browser, is not over, and was not answered
    before. That the answer is for this trip, and from the right site, is for `finish` to see.
    """

    label: str
    """What the button says."""
    state_field: str = "state"
    """Which field of the answer brings the `state` of `begin` back."""
    answers_by_form: bool = False
    """True when the other site lets the browser send the answer as a form."""

    @abstractmethod
    def begin(self, callback: str, state: str) -> Departure:
        """Say where to send the browser; `callback` is our address to come back to.

        Raises LoginUnavailable when the other site must be asked first and does not answer.
        """

    @abstractmethod
    def finish(self, callback: str, answer: Mapping[str, str], keepsake: str) -> Subject:
        """Tell from the answer who came back.

        answer   every field of it, the state too
        Raises LoginRequired when the answer proves nobody, LoginUnavailable when the other site
        does not answer.
        """

    def metadata(self, callback: str) -> bytes | None:
        """What the other site must be told of us, as SAML metadata; None where it takes none."""
        return None

    def farewell(self, back: str) -> str | None:
        """Where one signs out of the other site too; None when there is no such place.

        back   our address to come to afterwards
        """
        return None


__all__ = [
    "Departure",
    "Login",
    "LoginUnavailable",
    "PasswordLogin",
    "RedirectLogin",
    "Step",
    "Subject",
    "WrongPassword",
]
