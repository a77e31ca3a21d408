"""What containers are looked for by."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from .search_words import facet, words_of

MOST_WORDS = 12
_DIGEST_DIGITS = 8


class Order(StrEnum):
    """What comes first."""

    RELEVANCE = "relevance"
    PULLS = "pulls"
    DATE = "date"
    NAME = "name"


class Worth(StrEnum):
    """What the signatures of an image are worth, as `Image.verification` says it."""

    VERIFIED = "verified"
    PARTIAL = "partial"
    UNKNOWN_KEY = "unknown_key"
    BAD = "bad"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; every part that is given must hold, each for some image of a container.

    text     beginnings of words in names, descriptions, topics, tags and values of labels; 8 digits
             or more of a digest find the bytes as well
    name     beginnings of words in the full name alone
    labels   names of labels, each with its value or None for any
    archs    any of these
    starred  only in collections that the caller has starred
    largest, smallest   of all images of the container together, in bytes
    since, until        of the last push, both days included, in UTC
    """

    text: str = ""
    name: str = ""
    labels: Sequence[tuple[str, str | None]] = ()
    archs: Sequence[str] = ()
    worth: Worth | None = None
    starred: bool = False
    entity: str = ""
    topic: str = ""
    smallest: int | None = None
    largest: int | None = None
    since: date | None = None
    until: date | None = None
    order: Order | None = None

    @property
    def in_order(self) -> Order:
        """The order asked for; without one by relevance where there is a text, else by date."""
        if self.order is Order.RELEVANCE and not self.text:
            return Order.DATE
        return self.order or (Order.RELEVANCE if self.text else Order.DATE)

    @property
    def words(self) -> Sequence[str]:
        """The words of the text."""
        return words_of(self.text)[:MOST_WORDS]

    @property
    def named(self) -> Sequence[str]:
        """The words of the name."""
        return words_of(self.name)[:MOST_WORDS]

    @property
    def facets(self) -> Sequence[str]:
        """The facets that the containers have."""
        found = [
            facet("label", name) if value is None else facet("label", name, value)
            for name, value in self.labels
        ]
        if len(self.archs) == 1:
            found.append(facet("arch", self.archs[0]))
        if self.worth is not None:
            found.append(facet("worth", self.worth))
        if self.entity:
            found.append(facet("entity", self.entity))
        if self.topic:
            found.append(facet("topic", self.topic))
        return found

    @property
    def digits(self) -> str:
        """The digits of a text that is a digest or the beginning of one, else nothing."""
        digits = self.text.lower().removeprefix("sha256:").removeprefix("sha256.")
        is_digest = len(digits) >= _DIGEST_DIGITS and all(
            sign in "0123456789abcdef" for sign in digits
        )
        return digits if is_digest else ""

    @property
    def has_words(self) -> bool:
        """True when words or facets choose what is looked at."""
        return bool(self.words or self.named or self.archs or self.facets)

    @property
    def is_by_words(self) -> bool:
        """True when words of the text and facets say all that is looked for."""
        if self.digits or len(self.archs) > 1 or (self.text and not self.words):
            return False
        others = replace(
            self, text="", labels=(), archs=(), worth=None, entity="", topic="", order=None
        )
        return others == Wanted() and bool(self.words or self.facets)
