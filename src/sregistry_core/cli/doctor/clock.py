"""Examines the clock, which tokens, signed addresses and the garbage collection go by."""

import time
from datetime import UTC, datetime, timedelta

from .finding import Finding

_SKEW = timedelta(seconds=60)
_WATCHED_SECONDS = 0.05
_STEADY_SECONDS = 0.5


def examine_clock(elsewhere: datetime | None) -> Finding:
    """Compare our clock with one elsewhere, and with the time that really passes.

    elsewhere   what another clock showed a moment ago; None when there is none.
    """
    before, steady = time.time(), time.monotonic()
    time.sleep(_WATCHED_SECONDS)
    jump = (time.time() - before) - (time.monotonic() - steady)
    if abs(jump) > _STEADY_SECONDS:
        return Finding.failure(f"clock: it has just jumped by {jump:.0f} s")
    if elsewhere is None:
        return Finding.ok("clock: steady; there was none to compare it with")
    if elsewhere.tzinfo is None:
        elsewhere = elsewhere.replace(tzinfo=UTC)
    skew = (datetime.now(UTC) - elsewhere).total_seconds()
    if abs(skew) > _SKEW.total_seconds():
        return Finding.failure(
            f"clock: ours is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} "
            "that of the public address: tokens and signed addresses end at wrong times"
        )
    return Finding.ok(f"clock: within {max(1, round(abs(skew)))} s of that of the public address")
