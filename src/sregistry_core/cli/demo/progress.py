"""How far something is: a bar on a terminal, and lines for a log."""

import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import click

BETWEEN_LINES = timedelta(seconds=5)


def follow(
    label: str, steps: Iterator[str], length: int | None, clock: Callable[[], datetime]
) -> None:
    """Go through steps to their end, and tell on the error output how far it is.

    steps    each says what was done
    length   how many there are; None where that is not known before
    """
    if sys.stderr.isatty():
        with click.progressbar(
            steps, length=length, label=label, item_show_func=lambda step: step, file=sys.stderr
        ) as shown:
            for _ in shown:
                pass
        return
    told = clock()
    for number, step in enumerate(steps, 1):
        now = clock()
        if now - told >= BETWEEN_LINES:
            told = now
            far = f"{number} of {length}" if length is not None else f"{number}"
            click.echo(f"{label}: {far}, {step}", err=True)
