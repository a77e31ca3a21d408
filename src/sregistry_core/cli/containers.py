"""Commands about containers."""

import click

from sregistry_core.names import ContainerName
from sregistry_core.services.access import name_of

from .command_line import CommandLine, pass_command_line


@click.group()
def container() -> None:
    """Containers: freeze."""


@container.command()
@click.argument("name")
@click.option("--thaw", is_flag=True, help="Let it change again.")
@pass_command_line
def freeze(command_line: CommandLine, name: str, thaw: bool) -> None:
    """Freeze a container: nothing in it is pushed, moved or deleted."""
    with command_line.services() as services:
        wanted = ContainerName.parse(name, home=services.facilities.settings.id)
        found = services.catalog.container(wanted)
        services.catalog.change_container(found, frozen=not thaw)
        click.echo(f"{'thawed' if thaw else 'froze'} {name_of(found)}")
