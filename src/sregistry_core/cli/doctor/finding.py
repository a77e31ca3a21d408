"""What the doctor finds: one line each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from sregistry_core.cli.refusal import EXPECTED, told


class Level(StrEnum):
    """How bad a finding is; the worst comes last."""

    OK = "ok"
    WARNING = "warn"
    FAILURE = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    text: str

    @classmethod
    def ok(cls, text: str) -> Self:
        """It works."""
        return cls(Level.OK, text)

    @classmethod
    def warning(cls, text: str) -> Self:
        """It works, but an administrator should know."""
        return cls(Level.WARNING, text)

    @classmethod
    def failure(cls, text: str) -> Self:
        """It does not work."""
        return cls(Level.FAILURE, text)

    @property
    def line(self) -> str:
        """How it is printed."""
        return f"{self.level:<6}{' '.join(self.text.split())}"


def guarded(what: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give findings; an error that ends the examination is one of them."""
    try:
        yield from findings
    except EXPECTED as error:
        yield Finding.failure(f"{what}: {told(error)}")
    except Exception as error:
        # A plugin may raise anything, and the other examinations still are to be made.
        yield Finding.failure(f"{what}: {type(error).__name__}: {error}")
