"""Commands about tags."""

import click

from sregistry_core.names import ImageName
from sregistry_core.services.access import name_of

from .command_line import CommandLine, pass_command_line


@click.group()
def tag() -> None:
    """Tags: freeze."""


@tag.command()
@click.argument("name", metavar="NAME:TAG")
@click.option("--thaw", is_flag=True, help="Let it move again.")
@pass_command_line
def freeze(command_line: CommandLine, name: str, thaw: bool) -> None:
    """Freeze a tag, for every architecture: it is never moved or removed again."""
    with command_line.services() as services:
        image = ImageName.parse(name, home=services.facilities.settings.id)
        # A tag that was left out would be `latest`, which is the last one that should freeze.
        if ":" not in name or image.tag is None:
            raise click.UsageError(f"{name} names no tag: NAME:TAG is needed")
        container = services.catalog.container(image.container)
        services.tags.freeze(container, image.tag, frozen=not thaw)
        click.echo(f"{'thawed' if thaw else 'froze'} {name_of(container)}:{image.tag}")
