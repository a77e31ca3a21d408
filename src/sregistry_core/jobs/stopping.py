"""What is said between a worker that is told to stop and the duties that it is at."""

from collections.abc import Callable

Stopping = Callable[[], bool]
"""Tells a duty whether its worker is to stop."""


class Interrupted(Exception):
    """A duty was broken off because its worker stops: whoever claims it next does it."""
