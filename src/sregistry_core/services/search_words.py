"""Words and facets under which containers are found: the same on SQLite and on PostgreSQL."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import (
    ColumnElement,
    Select,
    TextClause,
    and_,
    bindparam,
    case,
    column,
    false,
    func,
    select,
    table,
    text,
    true,
)
from sqlalchemy.orm import Session

from sregistry_core.db.session import mark_changed
from sregistry_core.models import SearchEntry

_WORD = re.compile(r"[^\W_]+")
_LONGEST_WORD = 60
_MOST_WORDS = 4000
_FACET = "zqf"
"""How facets begin: they are words that no text holds."""
_LETTERS = {"own": "A", "path": "B", "about": "C"}
"""What PostgreSQL calls the places where words stand. Facets are at D."""
_WORDS = "search_words.words @@ CAST(:asked AS tsquery)"
_OWN_WORDS = "ts_filter(search_words.words, '{a}') @@ CAST(:asked AS tsquery)"
PARTS = tuple(_LETTERS)
"""Where words stand."""
FEW = 100
"""So many entries are looked at one by one, each with its collection."""
MUCH = 1000
"""Of what more entries have, PostgreSQL had better not find out all of them."""


def words_of(said: str) -> list[str]:
    """Take a text apart: without case, accents and signs."""
    plain = unicodedata.normalize("NFKD", said.lower())
    return [
        word[:_LONGEST_WORD]
        for word in _WORD.findall("".join(s for s in plain if not unicodedata.combining(s)))
    ]


def facet(kind: str, *values: str) -> str:
    """Give the one word that stands for a property: `facet("arch", "amd64")`."""
    spelled = "\0".join([kind, *(value.lower() for value in values)])
    return _FACET + sha256(spelled.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Document:
    """Under what a container is found.

    own     its name
    path    its full name
    about   all that is said of it
    facets  properties that it is filtered by
    """

    own: str
    path: str
    about: Iterable[str]
    facets: Iterable[str]

    def words(self) -> dict[str, list[str]]:
        """Give the words of each part, each once."""
        about: dict[str, None] = {}
        for said in self.about:
            about.update(dict.fromkeys(words_of(said)))
            if len(about) > _MOST_WORDS:
                break
        return {
            "own": list(dict.fromkeys(words_of(self.own))),
            "path": list(dict.fromkeys(words_of(self.path))),
            "about": list(about)[:_MOST_WORDS],
            "facets": sorted(set(self.facets)),
        }


def write_words(db: Session, number: int, document: Document) -> None:
    """Put the words of an entry in place of those it had."""
    words = document.words()
    if _is_postgresql(db):
        said = {"number": number, "words": _as_vector(words)}
        db.execute(_PUT_POSTGRESQL, said)
    else:
        db.execute(_FORGET_SQLITE, {"number": number})
        said = {"number": number, **{part: " ".join(found) for part, found in words.items()}}
        db.execute(_PUT_SQLITE, said)
    mark_changed(db)


def matches(
    db: Session,
    words: Iterable[str],
    facets: Iterable[str] = (),
    *,
    parts: Iterable[str] = PARTS,
    is_broad: bool = False,
) -> ColumnElement[bool]:
    """Give the condition that an entry has all facets, and in `parts` a word for each beginning.

    words      as `words_of` gives them
    is_broad   a good part of all entries have it: they are read in the order of the list until
               there is enough, instead of all that fit, which would be sorted; the statement
               selects from SearchEntry itself
    """
    if is_broad and _is_postgresql(db):
        return _has(words, facets, parts)
    # By an expression SQLite does not look entries up.
    number = SearchEntry.number + 0 if is_broad else SearchEntry.number
    return number.in_(_numbers(db, words, facets, parts))


def is_much(db: Session, words: Iterable[str], facets: Iterable[str]) -> bool:
    """Tell whether `matches` had better be broad, of what more than FEW entries have.

    PostgreSQL asks each entry then, in the order of the list: that is fast where many have it.
    SQLite finds out in any case which have it, and that is all that it costs.
    """
    if not _is_postgresql(db):
        return True
    some = first(db, words, facets, most=MUCH + 1).subquery()
    return (db.scalar(select(func.count()).select_from(some)) or 0) > MUCH


def at_most(
    db: Session,
    words: Iterable[str],
    facets: Iterable[str] = (),
    *,
    parts: Iterable[str] = PARTS,
    most: int,
) -> Sequence[int] | None:
    """Give the numbers of the entries that `matches` is true of, or None when there are more.

    They are of everything, seen by the caller or not.
    """
    numbers = db.scalars(first(db, words, facets, parts=parts, most=most + 1)).all()
    return numbers if len(numbers) <= most else None


def first(
    db: Session,
    words: Iterable[str],
    facets: Iterable[str] = (),
    *,
    parts: Iterable[str] = PARTS,
    most: int,
) -> Select[int]:
    """Give a query for the numbers of the first entries that `matches` is true of, in any order."""
    return _numbers(db, words, facets, parts).limit(most)


def _numbers(
    db: Session, words: Iterable[str], facets: Iterable[str], parts: Iterable[str]
) -> Select[int]:
    rows = table("search_words", column("rowid"), column("number"))
    if _is_postgresql(db):
        return select(rows.c.number).where(*_conditions(words, facets, parts))
    places = "{" + " ".join(parts) + "}"
    spelled = [f'{places} : "{word}" *' for word in words]
    spelled += [f'facets : "{one}"' for one in facets]
    return select(rows.c.rowid).where(_holds("search_words MATCH :asked", " AND ".join(spelled)))


def _has(words: Iterable[str], facets: Iterable[str], parts: Iterable[str]) -> ColumnElement[bool]:
    """Ask the words of one entry. As a value, which PostgreSQL does not make a join of."""
    rows = table("search_words", column("number"))
    has = case((and_(*_conditions(words, facets, parts)), true()), else_=false())
    own = select(has).select_from(rows).where(rows.c.number == SearchEntry.number)
    return func.coalesce(own.correlate(SearchEntry.__table__).scalar_subquery(), false())


def _conditions(
    words: Iterable[str], facets: Iterable[str], parts: Iterable[str]
) -> Iterable[TextClause]:
    named = [f"'{one}':D" for one in facets]
    if tuple(parts) == ("own",):
        # An index knows words, and not where they stand: of these there is one of its own.
        asked = [(_OWN_WORDS, [f"'{word}':*" for word in words]), (_WORDS, named)]
    else:
        places = "".join(_LETTERS[part] for part in parts)
        asked = [(_WORDS, [*(f"'{word}':*{places}" for word in words), *named])]
    return [_holds(found, " & ".join(spelled)) for found, spelled in asked if spelled]


def _is_postgresql(db: Session) -> bool:
    return db.get_bind().dialect.name == "postgresql"


def _holds(condition: str, asked: str) -> TextClause:
    return text(condition).bindparams(bindparam("asked", asked, unique=True))


def _as_vector(words: dict[str, list[str]]) -> str:
    places: dict[str, list[str]] = {}
    for part, found in words.items():
        for word in found:
            places.setdefault(word, []).append(_LETTERS.get(part, "D"))
    return " ".join(
        f"'{word}':" + ",".join(f"{place + 1}{letter}" for place, letter in enumerate(letters))
        for word, letters in places.items()
    )


_FORGET_SQLITE = text("DELETE FROM search_words WHERE rowid = :number")
_PUT_SQLITE = text(
    "INSERT INTO search_words (rowid, own, path, about, facets)"
    " VALUES (:number, :own, :path, :about, :facets)"
)
_PUT_POSTGRESQL = text(
    "INSERT INTO search_words (number, words) VALUES (:number, CAST(:words AS tsvector))"
    " ON CONFLICT (number) DO UPDATE SET words = excluded.words"
)
