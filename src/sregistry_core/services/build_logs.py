"""What builds have said, to be looked at: in pieces, from the end, or where some text is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sregistry_core.models import Build, BuildOutputLine

from .access import Access
from .builds import ENDS, Builds

if TYPE_CHECKING:
    from . import Facilities

MOST_FOUND = 1000
"""Lines that a search names."""
_PIECE = 1000


@dataclass(frozen=True, slots=True)
class Found:
    """Where a text is: how many lines hold it, and the numbers of the first MOST_FOUND."""

    count: int
    numbers: Sequence[int]


class BuildLogs:
    """Reads the log of a build that the caller may see."""

    def __init__(self, db: Session, access: Access, builds: Builds, facilities: "Facilities"):
        self._db = db
        self._access = access
        self._builds = builds
        self._facilities = facilities

    def last_number(self, build: Build) -> int:
        """Give the number of the last line; 0 when there is none."""
        self._builds.find(build.id)
        query = select(func.max(BuildOutputLine.number)).where(BuildOutputLine.build_id == build.id)
        return self._db.scalar(query) or 0

    def before(self, build: Build, number: int, *, limit: int) -> Sequence[BuildOutputLine]:
        """Give the lines before a number, in order: the last ones of them."""
        self._builds.find(build.id)
        found = self._db.scalars(
            select(BuildOutputLine)
            .where(BuildOutputLine.build_id == build.id, BuildOutputLine.number < number)
            .order_by(BuildOutputLine.number.desc())
            .limit(limit)
        ).all()
        return found[::-1]

    def find(self, build: Build, text: str) -> Found:
        """Find the lines that hold a text, in whatever case its letters are."""
        self._builds.find(build.id)
        held = BuildOutputLine.text.icontains(text, autoescape=True)
        condition = (BuildOutputLine.build_id == build.id, held)
        numbers = self._db.scalars(
            select(BuildOutputLine.number)
            .where(*condition)
            .order_by(BuildOutputLine.number)
            .limit(MOST_FOUND + 1)
        ).all()
        if len(numbers) <= MOST_FOUND:
            return Found(len(numbers), numbers)
        count = self._db.scalar(select(func.count()).select_from(BuildOutputLine).where(*condition))
        return Found(count or 0, numbers[:MOST_FOUND])

    def pieces(self, build: Build) -> Iterator[str]:
        """Give the whole log, a piece of many lines at a time."""
        self._builds.find(build.id)
        after = 0
        while lines := self._builds.lines(build, after=after, limit=_PIECE):
            yield "".join(f"{line.text}\n" for line in lines)
            after = lines[-1].number
            self._db.expunge_all()

    def kept_until(self, build: Build) -> datetime | None:
        """Give when the lines of a build that has ended are let go; None while it is under way."""
        self._builds.find(build.id)
        if build.state not in ENDS or build.ended_at is None:
            return None
        return build.ended_at + self._facilities.settings.build_log_lifetime
