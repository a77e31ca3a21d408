"""The command `doctor`: checks every setting and everything they name, by using it."""

import os
from collections.abc import Iterator

import click

from sregistry_core.cli.command_line import CommandLine, pass_command_line

from .address import examine_address
from .assembly import examine_assembly
from .database import examine_database
from .directories import examine_directories, examine_limits, examine_space
from .finding import Finding, Level, guarded
from .jobs import examine_jobs
from .logins import examine_login
from .opening import Opened
from .secret_file import examine_secret_file
from .settings import Reading
from .storages import examine_storage


@click.command()
@pass_command_line
def doctor(command_line: CommandLine) -> None:
    """Check all settings, and all they name by using it.

    One line for each finding: ok, warn or FAIL. The exit code is 1 when there is a FAIL.
    """
    worst = Level.OK
    for finding in _findings(command_line):
        click.echo(finding.line)
        worst = max(worst, finding.level, key=list(Level).index)
    if worst is Level.FAILURE:
        raise click.exceptions.Exit(1)


def _findings(command_line: CommandLine) -> Iterator[Finding]:
    ini = command_line.ini
    reading = Reading(ini, os.environ)
    yield from reading.findings
    if reading.settings is None or reading.server is None:
        yield Finding.warning("nothing else was looked at: mend these settings first")
        return
    settings, server = reading.settings, reading.server
    opened = Opened(settings, reading.sections)
    try:
        yield from guarded("database", examine_database(opened))
        yield from guarded("plugins", opened.open_all())
        yield from guarded("directories", examine_directories(opened, server))
        for name, storage in opened.storages.items():
            yield from guarded(f"storage {name}", examine_storage(name, storage, opened))
        for name, login in opened.logins_that_can_be_asked.items():
            yield from guarded(f"login {name}", examine_login(name, login, settings.public_url))
        yield from guarded("space", examine_space(opened))
        yield from guarded("limits", examine_limits(settings, server))
        yield from guarded("public address", examine_address(settings, server))
        yield from guarded("jobs", examine_jobs(opened))
        if opened.is_whole and opened.database_works:
            yield from guarded("application", examine_assembly(ini))
    finally:
        opened.database.dispose()
    if reading.secret_file is not None:
        yield from guarded("secret", examine_secret_file(reading.secret_file))
