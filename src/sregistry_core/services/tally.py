"""Counts that are kept in memory and written down together, so that a pull writes nothing."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """What has been counted since the last time."""

    pulls: Mapping[tuple[str, date], int]
    """By container and day."""
    tokens_used: Mapping[str, datetime]
    """When each token was last seen."""
    clients_used: Mapping[str, datetime]
    """When each user's secret of the sregistry client was last seen, by user."""
    refused_logins: Mapping[tuple[str, str | None], int] = field(default_factory=dict)
    """How often a login was refused, by the name and the address; past many, without the name."""

    def __bool__(self) -> bool:
        return bool(self.pulls or self.tokens_used or self.clients_used or self.refused_logins)


_MOST_NAMES = 200
"""Names that are told apart among refused logins: whoever guesses must not fill the log."""
_LONGEST_NAME = 120


class Tally:
    """Counts pulls, the use of tokens and refused logins.

    A crash loses the last seconds of it, nothing else.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pulls: Counter[tuple[str, date]] = Counter()
        self._tokens: dict[str, datetime] = {}
        self._clients: dict[str, datetime] = {}
        self._refused: Counter[tuple[str, str | None]] = Counter()

    def count_pull(self, container: str, at: datetime) -> None:
        """Count one pull of a container."""
        with self._lock:
            self._pulls[container, at.date()] += 1

    def count_token(self, token: str, at: datetime) -> None:
        """Note that a token was used."""
        with self._lock:
            self._tokens[token] = at

    def count_client(self, user_id: str, at: datetime) -> None:
        """Note that a user's sregistry client has signed something."""
        with self._lock:
            self._clients[user_id] = at

    def count_refused_login(self, name: str, address: str | None) -> None:
        """Count a wrong password, or one for a name that nobody has."""
        shown = "".join(sign for sign in name if sign.isprintable())[:_LONGEST_NAME]
        with self._lock:
            known = (shown, address) in self._refused or len(self._refused) < _MOST_NAMES
            self._refused[(shown, address) if known else ("", None)] += 1

    def drain(self) -> Counted:
        """Give what has been counted, and begin anew."""
        with self._lock:
            counted = Counted(
                dict(self._pulls), dict(self._tokens), dict(self._clients), dict(self._refused)
            )
            self._pulls.clear()
            self._tokens.clear()
            self._clients.clear()
            self._refused.clear()
        return counted

    def put_back(self, counted: Counted) -> None:
        """Take back what could not be written down."""
        with self._lock:
            self._pulls.update(counted.pulls)
            self._refused.update(counted.refused_logins)
            for token, at in counted.tokens_used.items():
                self._tokens.setdefault(token, at)
            for user_id, at in counted.clients_used.items():
                self._clients.setdefault(user_id, at)
