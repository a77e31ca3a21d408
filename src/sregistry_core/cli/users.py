"""Commands about users."""

import sys
from collections.abc import Iterator

import click

from sregistry_core.identifiers import new_secret
from sregistry_core.models import User
from sregistry_core.services.accounts import Accounts

from .command_line import CommandLine, pass_command_line
from .serving import PASSWORD_LENGTH
from .table import print_table

_PAGE = 1000

password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of the input."
)


@click.group()
def user() -> None:
    """Users: add, list, disable, enable, passwd, admin."""


@user.command()
@click.argument("name")
@click.option("--admin", is_flag=True, help="Make an administrator.")
@click.option("--email", metavar="E", help="The mail address.")
@password_stdin
@pass_command_line
def add(
    command_line: CommandLine, name: str, admin: bool, email: str | None, password_stdin: bool
) -> None:
    """Add a user.

    The password is asked for twice. Without a terminal one is made, and printed this one time.
    """
    # A refusal should not come after the password has been typed.
    _ = command_line.registry
    password, was_made = _new_password(from_input=password_stdin)
    with command_line.services() as services:
        made = services.accounts.create(name, password=password, email=email, is_admin=admin)
    click.echo(f"added the {'administrator' if admin else 'user'} {made.name}")
    if was_made:
        click.echo(f"password: {password}")


@user.command("list")
@pass_command_line
def list_users(command_line: CommandLine) -> None:
    """List users: name, admin, email, state."""
    with command_line.services() as services:
        users = list(_all(services.accounts))
    print_table(
        ["name", "admin", "email", "state"],
        [
            [
                one.name,
                "yes" if one.is_admin else "no",
                one.email or "",
                "disabled" if one.disabled_at else "left" if one.left_at else "enabled",
            ]
            for one in users
        ],
    )


@user.command()
@click.argument("name")
@pass_command_line
def disable(command_line: CommandLine, name: str) -> None:
    """Shut a user out: no login, token or session of theirs works any more."""
    with command_line.services() as services:
        found = services.accounts.disable(name)
    click.echo(f"disabled {found.name}")


@user.command()
@click.argument("name")
@pass_command_line
def enable(command_line: CommandLine, name: str) -> None:
    """Let a disabled user in again."""
    with command_line.services() as services:
        found = services.accounts.enable(name)
    click.echo(f"enabled {found.name}")


@user.command()
@click.argument("name")
@password_stdin
@pass_command_line
def passwd(command_line: CommandLine, name: str, password_stdin: bool) -> None:
    """Give a user a new password; every session of theirs ends.

    It is asked for as by `user add`.
    """
    with command_line.services() as services:
        found = services.accounts.find(name)
    password, was_made = _new_password(from_input=password_stdin)
    with command_line.services() as services:
        services.accounts.set_password(name, password)
    click.echo(f"changed the password of {found.name}")
    if was_made:
        click.echo(f"password: {password}")


@user.command()
@click.argument("name")
@click.option("--remove", is_flag=True, help="Make an ordinary user again.")
@pass_command_line
def admin(command_line: CommandLine, name: str, remove: bool) -> None:
    """Make a user an administrator, one who logs in by LDAP for example."""
    with command_line.services() as services:
        found = services.accounts.set_admin(name, not remove)
    click.echo(f"{found.name} is {'an ordinary user' if remove else 'an administrator'}")


def _new_password(*, from_input: bool) -> tuple[str, bool]:
    """Give a password, and whether it was made here."""
    if from_input:
        return sys.stdin.readline().rstrip("\r\n"), False
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt="Again")
        return typed, False
    return new_secret(PASSWORD_LENGTH), True


def _all(accounts: Accounts) -> Iterator[User]:
    after = ""
    while page := accounts.all(after=after, limit=_PAGE):
        yield from page
        after = page[-1].name
