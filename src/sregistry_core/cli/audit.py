"""Commands about the log of what was done."""

from collections.abc import Iterator
from datetime import timedelta

import click

from sregistry_core.formats.spreadsheet import csv_line
from sregistry_core.models import AuditEvent
from sregistry_core.names import CollectionName
from sregistry_core.services.audit_log import COLUMNS, AuditLog, Sought, cells_of, key_of

from .command_line import CommandLine, pass_command_line
from .durations import DURATION
from .table import print_table

_PAGE = 1000


@click.command(short_help="Show what was done, the newest first.")
@click.option("--user", metavar="NAME", default="", help="Who did it, or whom it concerns.")
@click.option("--action", metavar="KIND", default="", help="Such as token, or token.issue.")
@click.option("--target", metavar="TEXT", default="", help="The beginning of what it was done to.")
@click.option("--collection", "place", metavar="NAME", help="What happened in it and to it.")
@click.option("--last", type=DURATION, metavar="7d", help="Not longer ago than this.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most.")
@click.option("--csv", "as_csv", is_flag=True, help="Everything that fits, as CSV.")
@pass_command_line
def audit(
    command_line: CommandLine,
    user: str,
    action: str,
    target: str,
    place: str | None,
    last: timedelta | None,
    limit: int,
    as_csv: bool,
) -> None:
    """Show what was done, the newest first.

    Each line has the time, user, address, action, target and facts.
    """
    with command_line.services() as services:
        settings = services.facilities.settings
        sought = Sought(
            user=user,
            action=action,
            target=target,
            collection=CollectionName.parse(place, home=settings.id) if place else None,
            since=services.facilities.clock() - last if last is not None else None,
        )
        if as_csv:
            click.echo(csv_line(COLUMNS), nl=False)
            for event in _all(services.audit_log, sought):
                click.echo(csv_line(cells_of(event)), nl=False)
            return
        rows = [cells_of(event) for event in services.audit_log.find(sought, limit=limit)]
    print_table(list(COLUMNS), rows)


def _all(log: AuditLog, sought: Sought) -> Iterator[AuditEvent]:
    after = ""
    while page := log.find(sought, after=after, limit=_PAGE):
        yield from page
        after = key_of(page[-1])
