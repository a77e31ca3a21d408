"""How close what is found is to words: called so, of a name with them, in such a place, or else."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session

from sregistry_core.models import SearchEntry

from .search_words import FEW, at_most, matches

CALLED, OWN, PATH, ANYWHERE = 3, 2, 1, 0
"""What comes first has the greatest number."""
MANY = 300
"""With more, those that are shown first are met soon in the order of a list."""
_PARTS = {OWN: ("own",), PATH: ("own", "path")}


class Closeness:
    """Divides what words and facets find, where it is much, so that one part comes after another.

    All of it would have to be sorted otherwise, and of the best there are enough mostly.
    """

    def __init__(self, db: Session, text: str, words: Sequence[str], facets: Sequence[str]):
        """text   as it was said; words   those of it"""
        self._db = db
        self._called = text.strip().lower()
        self._words = words
        self._facets = facets
        self._numbers: dict[int, Sequence[int] | None] = {}

    def of(self, closeness: int) -> ColumnElement[bool] | None:
        """Give the condition of what is so close and no closer; None when nothing is.

        Of ANYWHERE it says what is no closer alone.
        """
        conditions = [*self._has(closeness), *self._is_no_closer(closeness)]
        if closeness in _PARTS and self._found(closeness) == []:
            return None
        return and_(True, *conditions)

    def _has(self, closeness: int) -> Iterator[ColumnElement[bool]]:
        if closeness == CALLED:
            # The words are those of its name.
            yield SearchEntry.name == self._called
            if self._facets:
                yield matches(self._db, (), self._facets, is_broad=True)
        elif closeness in _PARTS:
            yield self._matches(closeness)

    def _is_no_closer(self, closeness: int) -> Iterator[ColumnElement[bool]]:
        if closeness == OWN:
            yield SearchEntry.name != self._called
        elif closeness in (PATH, ANYWHERE) and self._found(closeness + 1) != []:
            yield ~self._matches(closeness + 1)

    def _matches(self, closeness: int) -> ColumnElement[bool]:
        found = self._found(closeness)
        if found is not None and len(found) <= FEW:
            return SearchEntry.number.in_(found)
        return matches(
            self._db,
            self._words,
            self._facets,
            parts=_PARTS[closeness],
            is_broad=found is None,
        )

    def _found(self, closeness: int) -> Sequence[int] | None:
        """Give all that is so close at least, seen or not; None when it is much."""
        if closeness not in self._numbers:
            self._numbers[closeness] = at_most(
                self._db, self._words, self._facets, parts=_PARTS[closeness], most=MANY
            )
        return self._numbers[closeness]
