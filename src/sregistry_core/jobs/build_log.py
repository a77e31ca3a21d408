"""What a build says, written down line by line, a few at a time: bounded, and fit to be shown."""

import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable, Sequence

from sregistry_core.contracts import BuildOutput
from sregistry_core.db import failures

from .outages import is_outage, outlasting
from .unit import Unit

log = logging.getLogger(__name__)

LONGEST_LINE = 4000
"""In characters; what is longer is cut."""
MOST_LINES = 100_000
PAUSE_SECONDS = 0.5
_MOST_WAITING = 500
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
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
                self._write_soon()

    def remember(self, handle: str) -> None:
        """Keep what leads back to this build."""

        def remember() -> None:
            with self._unit() as services:
                services.building.remember(self._build_id, handle)

        outlasting(remember)

    def hide(self, secret: str) -> None:
        """Never show these signs in any further line."""
        if secret:
            # A secret that holds another one goes first.
            self._secrets = sorted({*self._secrets, secret}, key=len, reverse=True)

    def write(self) -> None:
        """Write down what waits, however long the database is away."""
        with self._lock:
            outlasting(self._write)

    def write_soon(self) -> None:
        """Write down what waits, now or, while the database is away, later."""
        with self._lock:
            self._write_soon()

    def _add(self, text: str) -> None:
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

    def _write_soon(self) -> None:
        try:
            self._write()
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("lines of a build wait for the database: %s", failures.cause_of(error))

    def _write(self) -> None:
        self._written_at = self._clock()
        if not self._waiting:
            return
        with self._unit() as services:
            services.building.say(self._build_id, self._waiting)
        self._waiting = []
