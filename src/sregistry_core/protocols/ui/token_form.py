"""The form that asks for a token."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pyramid.request import Request

from sregistry_core.contracts import Scope
from sregistry_core.errors import Malformed

from .fields import form_field

LIFETIMES = {"30d": timedelta(days=30), "1y": timedelta(days=365)}
CUSTOM = "date"


@dataclass(frozen=True, slots=True)
class TokenForm:
    """What was filled in, as it was; it is shown again when something is wrong with it."""

    name: str = ""
    scope: str = Scope.PUSH
    lifetime: str = "30d"
    until: str = ""

    @classmethod
    def read(cls, request: Request) -> "TokenForm":
        """Read what was sent. Raises Malformed for signs that cannot be printed."""
        return cls(
            name=form_field(request, "name").strip(),
            scope=form_field(request, "scope"),
            lifetime=form_field(request, "lifetime"),
            until=form_field(request, "until"),
        )

    def wanted_scope(self) -> Scope:
        """Give the scope. Raises Malformed when it is none."""
        try:
            return Scope(self.scope)
        except ValueError as error:
            raise Malformed("choose what the token may do") from error

    def wanted_lifetime(self, now: datetime) -> timedelta:
        """Give how long the token lives; a date counts to its end, in UTC.

        Raises Malformed when it is none, or over.
        """
        if self.lifetime in LIFETIMES:
            return LIFETIMES[self.lifetime]
        if self.lifetime != CUSTOM:
            raise Malformed("choose how long the token lives")
        try:
            after = date.fromisoformat(self.until) + timedelta(days=1)
        except (ValueError, OverflowError) as error:
            raise Malformed("choose the last day on which the token works") from error
        left = datetime.combine(after, time(), UTC) - now
        if left <= timedelta(0):
            raise Malformed(f"{self.until} is over: choose a later day")
        return left
