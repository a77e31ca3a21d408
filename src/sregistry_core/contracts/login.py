"""What a way to log in is: by a password, or by a trip to another site and back."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from sregistry_core.errors import LoginRequired, LoginUnavailable


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
    """The name that is wished for here."""
    email: str | None = None
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send the browser, and what to keep until it comes back."""

    url: str
    keepsake: str = ""


class PasswordLogin(ABC):
    """Logs in with a name and a password. Used by many threads at once."""

    @abstractmethod
    def check(self, name: str, password: str) -> Subject | None:
        """Who this is; None when the name is not known here, so that the next way is asked.

        Raises WrongPassword when the name is known and the password is not its own (nobody else
        is asked), LoginUnavailable when the answer cannot be had.
        """


class RedirectLogin(ABC):
    """Logs in by sending the browser to another site. Used by many threads at once."""

    label: str
    """What the button says."""

    @abstractmethod
    def begin(self, callback: str, state: str) -> Departure:
        """Say where to send the browser; `callback` is our address to come back to."""

    @abstractmethod
    def finish(self, callback: str, answer: Mapping[str, str], keepsake: str) -> Subject:
        """Tell from the answer who came back.

        Raises LoginRequired when the answer proves nobody, LoginUnavailable when the other site
        does not answer.
        """


__all__ = [
    "Departure",
    "LoginUnavailable",
    "PasswordLogin",
    "RedirectLogin",
    "Subject",
    "WrongPassword",
]
