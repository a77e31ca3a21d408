"""Commands about secrets that the builds of a collection are given."""

from typing import TextIO

import click

from sregistry_core.models import Collection
from sregistry_core.names import CollectionName
from sregistry_core.services import Services

from .command_line import CommandLine, pass_command_line
from .table import print_table, shown_time


@click.group("secret")
def build_secret() -> None:
    """Secrets of builds: list, set, remove."""


@build_secret.command("list")
@click.argument("collection")
@pass_command_line
def list_secrets(command_line: CommandLine, collection: str) -> None:
    """List the names of the secrets of a collection."""
    with command_line.services() as services:
        found = services.build_secrets.of(_collection(services, collection))
        print_table(["name", "set at"], [[one.name, shown_time(one.set_at)] for one in found])


@build_secret.command("set")
@click.argument("collection")
@click.argument("name")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@pass_command_line
def set_secret(command_line: CommandLine, collection: str, name: str, file: TextIO) -> None:
    """Keep a secret for the builds of a collection.

    FILE holds it; `-` is the input. A line feed at its end is not part of it.
    """
    value = file.read().removesuffix("\n")
    with command_line.services() as services:
        services.build_secrets.set(_collection(services, collection), name, value)


@build_secret.command("remove")
@click.argument("collection")
@click.argument("name")
@pass_command_line
def remove_secret(command_line: CommandLine, collection: str, name: str) -> None:
    """Forget a secret of a collection."""
    with command_line.services() as services:
        services.build_secrets.remove(_collection(services, collection), name)


def _collection(services: Services, name: str) -> Collection:
    return services.catalog.collection(
        CollectionName.parse(name, home=services.facilities.settings.id)
    )
