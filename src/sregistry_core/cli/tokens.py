"""Commands about tokens."""

from datetime import timedelta

import click

from sregistry_core.contracts import Scope

from .command_line import CommandLine, pass_command_line
from .durations import DURATION
from .table import print_table, shown_time


@click.group()
def token() -> None:
    """Tokens: add, list, revoke, sregistry."""


@token.command()
@click.argument("user")
@click.option("--name", metavar="N", default="", help="What it is for; by default the day.")
@click.option(
    "--scope",
    type=click.Choice([str(scope) for scope in Scope]),
    default=str(Scope.PUSH),
    show_default=True,
    help="What it allows at most.",
)
@click.option(
    "--expires",
    type=DURATION,
    metavar="30d",
    help="How long it works; by default sregistry.token_lifetime.",
)
@pass_command_line
def add(
    command_line: CommandLine, user: str, name: str, scope: str, expires: timedelta | None
) -> None:
    """Make a token of a user. It is printed alone, this one time."""
    with command_line.services() as services:
        owner = services.accounts.find(user)
        made = services.tokens.issue(owner, name=name, scope=Scope(scope), lifetime=expires)
    click.echo(made.secret)


@token.command("list")
@click.argument("user", required=False)
@pass_command_line
def list_tokens(command_line: CommandLine, user: str | None) -> None:
    """List tokens of one user or of all: ID, user, scope, expiry, last use, name."""
    with command_line.services() as services:
        if user is None:
            tokens = services.tokens.all()
        else:
            tokens = services.tokens.of(services.accounts.find(user))
        rows = [
            [
                one.id,
                one.user.name,
                str(one.scope),
                shown_time(one.expires_at),
                shown_time(one.last_used_at),
                one.name,
            ]
            for one in tokens
        ]
    print_table(["ID", "user", "scope", "expires", "used", "name"], rows)


@token.command()
@click.argument("token_id", metavar="ID")
@pass_command_line
def revoke(command_line: CommandLine, token_id: str) -> None:
    """End a token at once."""
    with command_line.services() as services:
        services.tokens.revoke(token_id)
    click.echo(f"revoked {token_id}")


@token.command()
@click.argument("user")
@click.option("--renew", is_flag=True, help="Make a new secret; the old one ends at once.")
@pass_command_line
def sregistry(command_line: CommandLine, user: str, renew: bool) -> None:
    """Print a user's secrets file for the sregistry client; the secret is made when missing."""
    with command_line.services() as services:
        owner = services.accounts.find(user)
        found = None if renew else services.client_credentials.find(owner)
        secret = found or services.client_credentials.renew(owner)
        click.echo(secret.secrets_file(services.facilities.settings.public_url))
