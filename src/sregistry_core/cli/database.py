"""Commands about databases as a whole."""

import click

from sregistry_core.db.session import open_database
from sregistry_core.services.database_copy import copy_database


@click.group()
def database() -> None:
    """The database: copy."""


@database.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy(source: str, target: str) -> None:
    """Copy everything of the database FROM into the empty database TO.

    Both are addresses as sregistry.database takes them: sqlite:////PATH, postgresql://... End the
    server and its workers before. Images are not touched, nor is the ini file.
    """
    opened = open_database(source)
    try:
        new = open_database(target)
        try:
            copied = copy_database(opened, new, lambda name, rows: click.echo(f"{name}: {rows}"))
        finally:
            new.dispose()
    finally:
        opened.dispose()
    click.echo(f"copied {copied} rows")
