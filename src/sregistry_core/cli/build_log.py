"""The command that sends what builds say, in a process of its own."""

import click

from sregistry_core.app import Parts, assemble
from sregistry_core.buildlog.running import EmbeddedBuildLog, run
from sregistry_core.errors import ConfigurationError
from sregistry_core.ini import set_up_logging
from sregistry_core.server import parse_address
from sregistry_core.settings import EMBEDDED_BUILD_LOG

from .command_line import CommandLine, pass_command_line


@click.command()
@pass_command_line
def buildlog(command_line: CommandLine) -> None:
    """Send what builds say to waiting clients, until a signal.

    It listens at sregistry.build_log; a proxy leads /v1/build-ws/ there. SIGTERM and Ctrl-C tell
    the clients that it goes away.
    """
    parts = command_line.registry
    address = parts.settings.build_log
    if address == EMBEDDED_BUILD_LOG:
        raise ConfigurationError(
            "sregistry.build_log = embedded lets the server itself do this; name HOST:PORT"
        )
    # A misspelt setting stops it as it stops the server.
    assemble(parts)
    set_up_logging(command_line.ini)
    host, port = parse_address(address)

    def ready(host: str, port: int) -> None:
        click.echo(f"the build log of {parts.settings.name} is at {host}:{port}")

    run(parts.database, parts.facilities, host="" if host == "*" else host, port=port, ready=ready)
    click.echo("stopping")


def embedded(parts: Parts) -> EmbeddedBuildLog | None:
    """Give the build log that is the server's own, not started; None where there is none."""
    settings = parts.settings
    is_asked_for = "remotebuild" in settings.protocols and bool(parts.plugins.builders)
    if settings.build_log != EMBEDDED_BUILD_LOG or not is_asked_for:
        return None
    return EmbeddedBuildLog(parts.database, parts.facilities)
