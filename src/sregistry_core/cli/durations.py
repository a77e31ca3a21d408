"""Durations on the command line, spelled as in the ini file."""

from datetime import timedelta
from typing import Any

import click

from sregistry_core.contracts.settings import parse_duration


class Duration(click.ParamType[timedelta]):
    """Reads `30s`, `15m`, `12h`, `7d` or `2w`."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Give the duration; refuse any other spelling as wrong usage."""
        if isinstance(value, timedelta):
            return value
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(f"{value} is not {error}", param, ctx)


DURATION = Duration()
