"""Commands about share links."""

from datetime import datetime, timedelta

import click

from sregistry_core.models import ShareLink
from sregistry_core.names import ContainerName, ImageName
from sregistry_core.services.access import name_of
from sregistry_core.services.shares import Share

from .command_line import CommandLine, pass_command_line
from .durations import DURATION
from .table import print_table, shown_time

_MANY = 100_000


@click.group()
def share() -> None:
    """Share links: add, list, revoke."""


@share.command()
@click.argument("name", metavar="NAME[:TAG]")
@click.option(
    "--expires", type=DURATION, metavar="7d", help="How long it works; by default until revoked."
)
@pass_command_line
def add(command_line: CommandLine, name: str, expires: timedelta | None) -> None:
    """Let whoever has a link pull one image without a login.

    Prints the link for a browser, and below it the one for `singularity pull`.
    """
    with command_line.services() as services:
        image = ImageName.parse(name, home=services.facilities.settings.id)
        made = services.shares.create(image, expires)
        click.echo(made.web_url)
        click.echo(made.shub_uri)


@share.command("list")
@click.argument("name", required=False)
@pass_command_line
def list_shares(command_line: CommandLine, name: str | None) -> None:
    """List the share links of a container or of all: number, state, name, expiry."""
    with command_line.services() as services:
        if name is None:
            shares = services.shares.all(limit=_MANY)
        else:
            wanted = ContainerName.parse(name, home=services.facilities.settings.id)
            shares = services.shares.of_container(services.catalog.container(wanted))
        now = services.facilities.clock()
        rows = [
            [
                str(one.link.number),
                _state(one, now),
                _shared(one.link),
                shown_time(one.link.expires_at),
            ]
            for one in shares
        ]
    print_table(["number", "state", "name", "expires"], rows)


@share.command()
@click.argument("number", type=int)
@pass_command_line
def revoke(command_line: CommandLine, number: int) -> None:
    """End a share link at once."""
    with command_line.services() as services:
        ended = services.shares.revoke(number)
        click.echo(f"revoked the share link {number} of {_shared(ended.link)}")


def _state(one: Share, now: datetime) -> str:
    if one.is_alive(now):
        return "works"
    return "revoked" if one.link.revoked_at else "expired"


def _shared(link: ShareLink) -> str:
    sign = "@" if link.reference.startswith("sha256:") else ":"
    return f"{name_of(link.container)}{sign}{link.reference}"
