"""Commands about repositories of Git that collections are built from."""

from datetime import timedelta
from typing import TextIO

import click

from sregistry_core.models import Collection, Forge
from sregistry_core.names import CollectionName
from sregistry_core.services import Services
from sregistry_core.services.access import name_of
from sregistry_core.services.git_connections import Connected, Wanted

from .command_line import CommandLine, pass_command_line
from .durations import DURATION
from .table import print_table, shown_time

_FILE = click.File("r", encoding="utf-8")


@click.group()
def repository() -> None:
    """Git repositories that collections are built from."""


@repository.command()
@click.argument("collection")
@click.argument("url")
@click.option("--user", help="Whose rights the builds have; by default the entity's user.")
@click.option(
    "--forge",
    type=click.Choice([str(one) for one in Forge]),
    help="What serves it; by default what the host's name tells.",
)
@click.option("--branch", "branches", multiple=True, metavar="PATTERN", help="May be repeated.")
@click.option("--path", "paths", multiple=True, metavar="PATTERN", help="Of recipes; likewise.")
@click.option("--container", default="", help="What a recipe at the root becomes.")
@click.option("--poll", type=DURATION, metavar="1h", help="Look so often without a webhook.")
@click.option("--token-file", type=_FILE, help="A token to read it with over HTTPS.")
@click.option("--status-token-file", type=_FILE, help="A token to send commit statuses with.")
@pass_command_line
def connect(
    command_line: CommandLine,
    collection: str,
    url: str,
    user: str | None,
    forge: str | None,
    branches: tuple[str, ...],
    paths: tuple[str, ...],
    container: str,
    poll: timedelta | None,
    token_file: TextIO | None,
    status_token_file: TextIO | None,
) -> None:
    """Build a collection from a repository, or change how it is connected.

    `-` is the input of a token.
    """
    wanted = Wanted(
        url=url,
        forge=Forge(forge) if forge else None,
        branches=branches,
        patterns=paths,
        container=container,
        poll=poll,
        token=token_file.read().strip() if token_file else None,
        status_token=status_token_file.read().strip() if status_token_file else None,
    )
    with command_line.services() as services:
        found = _collection(services, collection)
        person = services.accounts.find(user or found.entity.name)
        _show(services.git_connections.set(found, wanted, user=person))


@repository.command()
@click.argument("collection")
@pass_command_line
def show(command_line: CommandLine, collection: str) -> None:
    """Show a repository, its webhook and deploy key, and how far it was seen."""
    with command_line.services() as services:
        _show(services.git_connections.find(_collection(services, collection)))


@repository.command("list")
@pass_command_line
def list_repositories(command_line: CommandLine) -> None:
    """List all: collection, address, last commit seen, when, and what went wrong."""
    with command_line.services() as services:
        rows = [
            [
                name_of(one.connection.collection),
                one.connection.url,
                (one.connection.seen_commit or "")[:12],
                shown_time(one.connection.looked_at),
                one.connection.last_error or "",
            ]
            for one in services.git_connections.all()
        ]
    print_table(["collection", "url", "commit", "looked at", "last error"], rows)


@repository.command()
@click.argument("collection")
@click.option("--all", "everything", is_flag=True, help="Build what has not changed, too.")
@pass_command_line
def look(command_line: CommandLine, collection: str, everything: bool) -> None:
    """Look at a repository now. A worker, or the server with its own, must be running."""
    with command_line.services() as services:
        found = _collection(services, collection)
        services.git_connections.look(found, everything=everything)
    click.echo(f"{collection} will be looked at")


@repository.command("renew-secret")
@click.argument("collection")
@pass_command_line
def renew_secret(command_line: CommandLine, collection: str) -> None:
    """Give the webhook another secret; the one before ends at once."""
    with command_line.services() as services:
        _show(services.git_connections.renew_secret(_collection(services, collection)))


@repository.command("renew-key")
@click.argument("collection")
@pass_command_line
def renew_key(command_line: CommandLine, collection: str) -> None:
    """Make another deploy key, and forget what the SSH server has shown."""
    with command_line.services() as services:
        _show(services.git_connections.renew_key(_collection(services, collection)))


@repository.command()
@click.argument("collection")
@pass_command_line
def disconnect(command_line: CommandLine, collection: str) -> None:
    """Build from a repository no more. What was built stays."""
    with command_line.services() as services:
        services.git_connections.remove(_collection(services, collection))
    click.echo(f"disconnected {collection}")


def _collection(services: Services, text: str) -> Collection:
    name = CollectionName.parse(text, home=services.facilities.settings.id)
    return services.catalog.collection(name)


def _show(found: Connected) -> None:
    row = found.connection
    said = {
        "collection": name_of(row.collection),
        "url": row.url,
        "forge": str(row.forge),
        "branches": " ".join(row.branches) or "the default branch",
        "paths": " ".join(row.patterns) or "all",
        "container": row.container,
        "poll": f"every {row.poll_seconds // 60} minutes" if row.poll_seconds else "never",
        "acts for": row.user.name if row.user is not None else "nobody",
        "token": "yes" if row.token else "no",
        "status token": "yes" if row.status_token else "no",
        "webhook": found.hook_url,
        "deploy key": found.deploy_key,
        "last webhook": shown_time(row.heard_at),
        "looked at": shown_time(row.looked_at),
        "commit": row.seen_commit or "",
        "last error": row.last_error or "",
    }
    for name, value in said.items():
        click.echo(f"{name + ':':14} {value}".rstrip())
    if found.secret is not None:
        click.echo(f"{'secret:':14} {found.secret}  (of the webhook; it is not shown again)")
