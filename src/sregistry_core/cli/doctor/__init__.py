"""The command `doctor`: checks every setting and everything they name, by using it."""

import os
import sys
from collections.abc import Iterator

import click

from sregistry_core.cli.command_line import CommandLine, pass_command_line
from sregistry_core.contracts import Secret

from .address import examine_address
from .assembly import examine_assembly
from .database import examine_database
from .directories import examine_directories, examine_limits, examine_space
from .finding import Finding, Level, guarded
from .jobs import examine_jobs
from .logins import examine_login, explain_login
from .opening import Opened
from .secret_file import examine_secret_file
from .settings import Reading
from .storages import examine_storage


@click.command()
@click.option("--login", metavar="NAME", help="Only this login, at which --user is looked up.")
@click.option("--user", metavar="NAME", help="Whom to look up, step by step.")
@click.option(
    "--password-stdin", is_flag=True, help="Try the password in the first line of the input too."
)
@pass_command_line
def doctor(
    command_line: CommandLine, login: str | None, user: str | None, password_stdin: bool
) -> None:
    """Check all settings, and all they name by using it.

    One line for each finding: ok, warn or FAIL. The exit code is 1 when there is a FAIL.
    """
    if (login is None) != (user is None) or (password_stdin and login is None):
        raise click.UsageError("--login and --user go together, and --password-stdin with both")
    findings = _findings(command_line)
    if login is not None and user is not None:
        password = Secret(sys.stdin.readline().rstrip("\r\n")) if password_stdin else None
        findings = _explanation(command_line, login, user, password)
    worst = Level.OK
    for finding in findings:
        click.echo(finding.line)
        worst = max(worst, finding.level, key=list(Level).index)
    if worst is Level.FAILURE:
        raise click.exceptions.Exit(1)


def _explanation(
    command_line: CommandLine, login: str, user: str, password: Secret | None
) -> Iterator[Finding]:
    reading = Reading(command_line.ini, os.environ)
    if reading.settings is None:
        yield from reading.findings
        return
    if login not in reading.settings.login:
        named = ", ".join(reading.settings.login)
        yield Finding.failure(f"sregistry.login names no {login}, but {named}")
        return
    opened = Opened(reading.settings, reading.sections)
    try:
        for finding in opened.open_all():
            if finding.level is Level.FAILURE:
                yield finding
        if login in opened.logins:
            told = explain_login(
                opened.logins[login], opened.login_rules.get(login), user, password
            )
            yield from guarded(f"login {login}", told)
    finally:
        opened.database.dispose()


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
