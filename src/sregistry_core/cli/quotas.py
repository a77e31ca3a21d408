"""Commands about quotas."""

from collections.abc import Iterator
from typing import Any

import click

from sregistry_core.contracts.settings import parse_size
from sregistry_core.services.quotas import Quota, Quotas

from .command_line import CommandLine, pass_command_line
from .table import print_table

_PAGE = 1000


class Size(click.ParamType[int]):
    """Reads a number of bytes as in the ini file: `500G`."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Give the number; refuse any other spelling as wrong usage."""
        if isinstance(value, int):
            return value
        try:
            return parse_size(value)
        except ValueError as error:
            self.fail(f"{value} is not {error}", param, ctx)


@click.group()
def quota() -> None:
    """Quotas: list, set, unset."""


@quota.command("list")
@click.argument("entity", required=False)
@pass_command_line
def list_quotas(command_line: CommandLine, entity: str | None) -> None:
    """List quotas: entity, bytes used, bytes allowed (0: any number), who says so."""
    with command_line.services() as services:
        found = [services.quotas.of(entity)] if entity else list(_all(services.quotas))
    print_table(
        ["entity", "used", "limit", "set"],
        [
            [one.entity, str(one.used), str(one.limit), "usual" if one.own is None else "own"]
            for one in found
        ],
    )


@quota.command("set")
@click.argument("entity")
@click.argument("size", type=Size())
@pass_command_line
def set_quota(command_line: CommandLine, entity: str, size: int) -> None:
    """Let the images of ENTITY have SIZE bytes together, such as 500G; 0 for any number."""
    with command_line.services() as services:
        found = services.quotas.set(entity, size)
    click.echo(f"{found.entity} may have {found.limit or 'any number of'} bytes")


@quota.command()
@click.argument("entity")
@pass_command_line
def unset(command_line: CommandLine, entity: str) -> None:
    """Let sregistry.quota of the ini file hold for ENTITY again."""
    with command_line.services() as services:
        found = services.quotas.set(entity, None)
    click.echo(f"{found.entity} may have {found.limit or 'any number of'} bytes")


def _all(quotas: Quotas) -> Iterator[Quota]:
    after = ""
    while page := quotas.all(after=after, limit=_PAGE):
        yield from page
        after = page[-1].entity
