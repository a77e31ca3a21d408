"""Reading what OAuth2 clients post: names and values, each maybe more than once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from sregistry_core.errors import Malformed, TooLarge


@dataclass(frozen=True, slots=True)
class PostedForm:
    """The values of each name."""

    values: Mapping[str, Sequence[str]]

    def one(self, name: str) -> str:
        """Give the first value of a name; empty when there is none."""
        return next(iter(self.values.get(name, ())), "")

    def all(self, name: str) -> Sequence[str]:
        """Give every value of a name."""
        return self.values.get(name, ())


def read_form(body: bytes, *, most: int) -> PostedForm:
    """Read `application/x-www-form-urlencoded`, whatever the header calls it.

    most   bytes that are taken; TooLarge is raised for more
    Raises Malformed for what is no such form.
    """
    if len(body) > most:
        raise TooLarge(f"a form has at most {most} bytes")
    try:
        return PostedForm(parse_qs(body.decode(), max_num_fields=200, errors="strict"))
    except ValueError as error:
        raise Malformed("the form cannot be read") from error
