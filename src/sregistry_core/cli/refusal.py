"""How the command line says no: one line on standard error and the exit code 1."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from sregistry_core.errors import ConfigurationError, RegistryError
from sregistry_core.services.database import DatabaseError, cause_of

EXPECTED = (ConfigurationError, RegistryError, DatabaseError)
"""What an administrator can do something about."""


class Refusal(click.ClickException):
    """A refusal for the administrator; its text is one line."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        click.echo(f"sregistry-admin: {self.message}", file=file or sys.stderr)


def told(error: Exception) -> str:
    """Say in one line what an expected error means."""
    if isinstance(error, DatabaseError):
        return f"the database does not work: {cause_of(error)}"
    return _one_line(error)


@contextmanager
def one_line_refusals(*, debug: bool) -> Iterator[None]:
    """Turn errors into refusals; with `debug` they keep their trace.

    What click has for its own purposes passes.
    """
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except Exception as error:
        if debug:
            raise
        if isinstance(error, EXPECTED):
            raise Refusal(told(error)) from error
        raise Refusal(
            f"{type(error).__name__}: {_one_line(error)} "
            "(this was not expected: --debug before the command shows more)"
        ) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
