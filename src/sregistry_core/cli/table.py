"""Rows of words in columns, for people and for scripts alike."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

import click

_NOTHING = "-"


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows in columns, one line each; what is empty is a dash.

    The names of the columns stand above on a terminal only: scripts get the rows alone.
    """
    lines = [[word or _NOTHING for word in row] for row in rows]
    if sys.stdout.isatty():
        lines.insert(0, list(columns))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = [word.ljust(width) for word, width in zip(line, widths, strict=True)]
        click.echo("  ".join(padded).rstrip())


def shown_time(at: datetime | None, never: str = "never") -> str:
    """Show a time as one word, in UTC."""
    return f"{at:%Y-%m-%dT%H:%MZ}" if at else never


def shown_size(size: int) -> str:
    """Show a number of bytes with a unit, for people."""
    number = float(size)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"
