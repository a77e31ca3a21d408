"""Commands that bring the database up to date and run the server."""

from collections.abc import Mapping
from dataclasses import replace

import click

from sregistry_core.app import Application, Parts, assemble
from sregistry_core.db import schema
from sregistry_core.identifiers import new_secret
from sregistry_core.ini import IniFile, set_up_logging
from sregistry_core.server import Relay, ServerSettings, from_ini
from sregistry_core.server import serve as serve_application
from sregistry_core.services.passwords import StoredPasswords

from .build_log import embedded
from .command_line import CommandLine, pass_command_line

FIRST_ADMINISTRATOR = "admin"
PASSWORD_LENGTH = 20
"""Of a password that nobody chose."""


@click.command()
@pass_command_line
def init(command_line: CommandLine) -> None:
    """Bring the database to the schema of this version."""
    click.echo(_upgrade(command_line.parts))


@click.command()
@click.option(
    "--set-up",
    is_flag=True,
    help="Bring the database up to date before, and make an administrator at the first start.",
)
@pass_command_line
def serve(command_line: CommandLine, set_up: bool) -> None:
    """Run the server, until a signal ends it.

    Ctrl-C and SIGTERM let requests that are under way end before; a second one does not. A build
    that runs is broken off, and begins again at the next start, or goes on where its builder can.
    """
    ini = command_line.ini
    if set_up:
        _upgrade(command_line.parts)
    parts = command_line.registry
    settings = _server_settings(ini, parts)
    application = Application(parts, assemble(parts))
    build_log = embedded(parts)
    # Not before: a refusal stands alone on the screen.
    set_up_logging(ini)
    if set_up:
        _make_first_administrator(parts)

    def ready(_addresses: object) -> None:
        application.start()
        click.echo(f"{parts.settings.name} is at {parts.settings.public_url}")

    relay, on_stop = None, [application.stop]
    if build_log is not None:
        build_log.start()
        relay = Relay(b"GET /v1/build-ws/", build_log.address)
        on_stop.insert(0, build_log.stop)
    serve_application(
        application,
        settings,
        on_signal=[application.interrupt],
        on_stop=on_stop,
        ready=ready,
        relay=relay,
    )


def server_values(ini: IniFile) -> Mapping[str, str]:
    """Give what `[server:main]` says; a relative path starts at the ini file, as everywhere."""
    if not ini.server.get("spool"):
        return ini.server
    return {**ini.server, "spool": str(ini.here / ini.server["spool"])}


def _server_settings(ini: IniFile, parts: Parts) -> ServerSettings:
    settings = from_ini(server_values(ini))
    # There staging takes bodies over uncopied.
    return replace(settings, spool=settings.spool or parts.facilities.staging.spool)


def _upgrade(parts: Parts) -> str:
    before, after = schema.upgrade(parts.database.writing)
    parts.require_current_schema()
    if before == after:
        return f"the schema is current ({after})"
    return f"schema {before or 'none'} -> {after}"


def _make_first_administrator(parts: Parts) -> None:
    if not any(isinstance(login, StoredPasswords) for login in parts.plugins.logins.values()):
        # A password of ours would open nothing.
        return
    password = new_secret(PASSWORD_LENGTH)
    with parts.unit()() as services:
        made = services.accounts.create_first(FIRST_ADMINISTRATOR, password=password)
    if made is not None:
        click.echo("This is the first start. Your administrator, shown this one time:")
        click.echo(f"name:     {FIRST_ADMINISTRATOR}")
        click.echo(f"password: {password}")
