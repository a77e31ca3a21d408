"""What a build says, written down line by line, a few at a time: bounded, and fit to be shown."""

import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable, Sequence

from sqlalchemy.exc import SQLAlchemyError

from sregistry_core.contracts import BuildOutput
from sregistry_core.db.failures import cause_of
from sregistry_core.services.building import LONGEST_NAME, LONGEST_VALUE

from .outages import outlasting
from .unit import Unit

LONGEST_LINE = 4000
"""In characters; what is longer is cut."""
MOST_LINES = 100_000
PAUSE_SECONDS = 0.5
_MOST_WAITING = 500
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
log = logging.getLogger(__name__)
_CUT = "... the log is too long: what follows is not kept"


class BuildLog(BuildOutput):
    """Keeps what a builder says; safe to be called from many threads."""

    def __init__(
        self,
        unit: Unit,
        build_id: str,
        *,
        said: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ):
        """said: lines that are kept already."""
        self._unit = unit
        self._build_id = build_id
        self._number = len(said)
        self._skipped = self._said = len(said)
        self._secrets: list[str] = []
        self._clock = clock
        self._hash = hashlib.sha256()
        self._waiting: list[tuple[int, str]] = []
        self._lock = threading.Lock()
        self._written_at = clock()
        for line in said:
            self._hash.update(f"{line}\n".encode())

    @property
    def digest(self) -> str:
        """Of all lines so far."""
        return f"sha256:{self._hash.hexdigest()}"

    def line(self, text: str) -> None:
        """Keep what may be several lines, without what moves a cursor or hides text."""
        with self._lock:
            for part in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
                self._add(self._shown(part))
            if (
                len(self._waiting) >= _MOST_WAITING
                or self._clock() - self._written_at >= PAUSE_SECONDS
            ):
                try:
                    self._write()
                except SQLAlchemyError as error:
                    # A build does not end for that: what is said waits for the next time.
                    said = cause_of(error)
                    log.warning("lines of %s cannot be written yet: %s", self._build_id, said)

    def remember(self, handle: str) -> None:
        """Keep what leads back to this build."""

        def remember() -> None:
            with self._unit() as services:
                services.building.remember(self._build_id, handle)

        outlasting(remember)

    def fact(self, name: str, value: str) -> None:
        """Keep what was found out, without secrets."""
        name, value = self._shown(name)[:LONGEST_NAME], self._shown(value)[:LONGEST_VALUE]

        def note() -> None:
            with self._unit() as services:
                services.building.note(self._build_id, {name: value})

        outlasting(note)

    def begin_again(self) -> None:
        """Leave out as many lines as were kept before."""
        with self._lock:
            self._skipped = 0

    def hide(self, secret: str) -> None:
        """Never show these signs in any further line."""
        if secret:
            # A secret that holds another one goes first.
            self._secrets = sorted({*self._secrets, secret}, key=len, reverse=True)

    def write(self) -> None:
        """Write down what waits."""
        with self._lock:
            self._write()

    def _add(self, text: str) -> None:
        if self._skipped < self._said:
            self._skipped += 1
            return
        if self._number > MOST_LINES:
            return
        self._number += 1
        if self._number > MOST_LINES:
            text = _CUT
        self._hash.update(f"{text}\n".encode())
        self._waiting.append((self._number, text))

    def _shown(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = _ESCAPES.sub("", text[: 2 * LONGEST_LINE])
        text = "".join(sign if sign.isprintable() or sign == "\t" else "\ufffd" for sign in text)
        return text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]} ..."

    def _write(self) -> None:
        self._written_at = self._clock()
        if not self._waiting:
            return
        with self._unit() as services:
            services.building.say(self._build_id, self._waiting)
        self._waiting = []
