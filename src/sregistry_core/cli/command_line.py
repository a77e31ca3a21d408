"""What the words before the subcommand name, opened when a command first asks for it."""

import logging
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import click

from sregistry_core.app import Parts
from sregistry_core.errors import ConfigurationError
from sregistry_core.ini import IniFile, read_ini
from sregistry_core.services import Services


class CommandLine:
    """One call of `sregistry-admin`; commands get it by `@click.pass_obj`, those of plugins too."""

    def __init__(self, config: Path | None, *, ours: Collection[str]):
        """config: the ini file; ours: names of commands that no plugin may take."""
        self.debug = False
        self._config = config
        self._ours = ours

    @cached_property
    def ini(self) -> IniFile:
        """The ini file. Raises UsageError when none was named."""
        if self._config is None:
            raise click.UsageError(
                "name the ini file: sregistry-admin -c INI ..., or set SREGISTRY_CONFIG"
            )
        return read_ini(self._config)

    @cached_property
    def parts(self) -> Parts:
        """What the ini file describes, opened; the schema of the database may be any.

        Raises ConfigurationError in one line.
        """
        if not logging.getLogger().handlers:
            self._log_briefly()
        parts = Parts.open(self.ini.app, here=self.ini.here)
        for name in parts.plugins.commands():
            if name in self._ours:
                parts.close()
                raise ConfigurationError(
                    f"a plugin offers a command called {name}, which sregistry-admin has itself"
                )
        return parts

    @cached_property
    def registry(self) -> Parts:
        """The same, with a database of this registry and of the current schema.

        Raises ConfigurationError when it is of another one.
        """
        self.parts.require_current_schema()
        return self.parts

    @contextmanager
    def services(self) -> Iterator[Services]:
        """Give the services of the registry itself, within one transaction."""
        with self.registry.unit()() as services:
            yield services

    @property
    def plugin_commands(self) -> Mapping[str, click.Command]:
        """Commands that plugins offer, by name."""
        return self.parts.plugins.commands()

    def close(self) -> None:
        """Close what was opened."""
        if "parts" in self.__dict__:
            self.parts.close()

    def _log_briefly(self) -> None:
        handler = logging.StreamHandler(sys.stderr)
        if not self.debug:
            handler.setFormatter(_WithoutTrace())
        logging.basicConfig(level=logging.WARNING, handlers=[handler])


class _WithoutTrace(logging.Formatter):
    """One line for each entry of the log."""

    def formatException(self, ei: object) -> str:
        return ""

    def formatStack(self, stack_info: str) -> str:
        return ""


pass_command_line = click.make_pass_decorator(CommandLine)
