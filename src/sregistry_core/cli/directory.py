"""Commands about the directory of other registries, and about being listed in the public one."""

import json
from pathlib import Path

import click

from sregistry_core.services import Services

from .command_line import CommandLine, pass_command_line
from .table import print_table, shown_time

_ROBOT = "robots/robot1.png"
"""A picture that the public list has; others may be chosen there."""


@click.group()
def directory() -> None:
    """Other registries: add, list, remove, export."""


@directory.command()
@click.argument("name", metavar="ID")
@click.argument("url")
@pass_command_line
def add(command_line: CommandLine, name: str, url: str) -> None:
    """Send clients that ask for ID/... to the registry at URL: scheme, host and perhaps a port."""
    with command_line.services() as services:
        other = services.federation.add(name, url)
        click.echo(f"added {other.name}: {other.url}")


@directory.command("list")
@pass_command_line
def list_registries(command_line: CommandLine) -> None:
    """List other registries: ID, address, when it was added."""
    with command_line.services() as services:
        rows = [[one.name, one.url, shown_time(one.added_at)] for one in services.federation.all()]
    print_table(["ID", "address", "added"], rows)


@directory.command()
@click.argument("name", metavar="ID")
@pass_command_line
def remove(command_line: CommandLine, name: str) -> None:
    """Forget a registry; ID may then be the name of a user or a team."""
    with command_line.services() as services:
        services.federation.remove(name)
    click.echo(f"removed {name}")


@directory.command()
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="The directory to write to; by default the one you are in.",
)
@pass_command_line
def export(command_line: CommandLine, target: Path) -> None:
    """Write ID-registry.md, which the public list of registries takes in a pull request."""
    with command_line.services() as services:
        path = target / f"{services.facilities.settings.id}-registry.md"
        path.write_text(_registration(services), encoding="utf-8")
    click.echo(path)


def _registration(services: Services) -> str:
    """Give the page: a front matter in which no field may be empty, and a sentence.

    Source: github.com/singularityhub/containers, README.md and _tests/test_sregistry.py: title and
    base must be the name and url of /api/registry/identity, and the file is called after its id.
    """
    settings = services.facilities.settings
    institution = settings.institution or settings.name
    author = settings.contact or institution
    seen = "private" if settings.private_only else "public"
    return "\n".join(
        [
            "---",
            "layout: registry",
            f"title: {_quoted(settings.name)}",
            f"base: {settings.public_url}",
            f"date: {services.facilities.clock():%Y-%m-%d %H:%M:%S}",
            f"author: {_quoted(author)}",
            "categories:",
            "- registry",
            f"img: {_ROBOT}",
            f"thumb: {_ROBOT}",
            f"tagged: {seen}",
            f"institution: {_quoted(institution)}",
            "---",
            "",
            f"{settings.name} is a registry of Singularity and Apptainer images"
            f" at {settings.public_url}.",
            "",
        ]
    )


def _quoted(text: str) -> str:
    # A text of JSON is one of YAML.
    return json.dumps(text, ensure_ascii=False)
