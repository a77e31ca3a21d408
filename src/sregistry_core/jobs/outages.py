"""Outlasting a database or a storage that is away, where work of hours would be lost by it."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from sregistry_core.db import failures
from sregistry_core.errors import RegistryError, Unavailable

_AGAIN_SECONDS = 1.0
_PATIENCE = timedelta(minutes=30)

T = TypeVar("T")
log = logging.getLogger(__name__)


def is_outage(error: Exception) -> bool:
    """Tell whether the same may succeed a moment later: something that we stand on is away."""
    refusal = error if isinstance(error, RegistryError) else failures.as_refusal(error)
    return isinstance(refusal, Unavailable)


def outlasting(act: Callable[[], T], *, patience: timedelta = _PATIENCE) -> T:
    """Do something that may be done again, and again while what it needs is away.

    Raises what the last attempt has raised, and at once what is no outage.
    """
    end = time.monotonic() + patience.total_seconds()
    is_said = False
    while True:
        try:
            return act()
        except Exception as error:
            if not is_outage(error) or time.monotonic() >= end:
                raise
            if not is_said:
                log.warning("waits for what is away: %s", failures.cause_of(error))
                is_said = True
        time.sleep(_AGAIN_SECONDS)
