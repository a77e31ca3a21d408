"""Commands about robots, the accounts of programs."""

from datetime import timedelta

import click

from sregistry_core.contracts import Scope
from sregistry_core.names import RobotName, parse_robot_owner

from .command_line import CommandLine, pass_command_line
from .durations import DURATION
from .table import print_table, shown_time

ROBOT_SCOPE = click.Choice([str(Scope.PULL), str(Scope.PUSH)])


@click.group()
def robot() -> None:
    """Robots: add, list, renew, disable, enable, revoke, remove."""


@robot.command()
@click.argument("name")
@click.option("--scope", type=ROBOT_SCOPE, default=str(Scope.PUSH), show_default=True)
@click.option("--expires", type=DURATION, metavar="90d", help="When it ends; by default never.")
@pass_command_line
def add(command_line: CommandLine, name: str, scope: str, expires: timedelta | None) -> None:
    """Make a robot of a collection, ada/lab+ci, or of a team, crew+ci.

    Its first token is printed alone, this one time.
    """
    wanted = RobotName.parse(name)
    with command_line.services() as services:
        made = services.robots.create(
            wanted.owner, wanted.robot, scope=Scope(scope), lifetime=expires
        )
    click.echo(made.token.secret)


@robot.command("list")
@click.argument("owner", required=False)
@pass_command_line
def list_robots(command_line: CommandLine, owner: str | None) -> None:
    """List robots of ada/lab, of a team or of all: name, scope, expiry, state."""
    with command_line.services() as services:
        if owner is None:
            found = services.robots.all()
        else:
            found = services.robots.of(parse_robot_owner(owner))
        rows = [
            [
                one.user.name,
                str(one.robot.scope),
                shown_time(one.robot.expires_at),
                "disabled" if one.user.disabled_at else "enabled",
            ]
            for one in found
        ]
    print_table(["name", "scope", "expires", "state"], rows)


@robot.command()
@click.argument("name")
@click.option("--keep", is_flag=True, help="Let the tokens that it has work on.")
@click.option("--expires", type=DURATION, metavar="30d", help="How long the new token works.")
@pass_command_line
def renew(command_line: CommandLine, name: str, keep: bool, expires: timedelta | None) -> None:
    """Print a new token of a robot, alone; those before end at once."""
    with command_line.services() as services:
        made = services.robots.renew(RobotName.parse(name), lifetime=expires, keep_others=keep)
    click.echo(made.secret)


@robot.command()
@click.argument("name")
@pass_command_line
def disable(command_line: CommandLine, name: str) -> None:
    """Shut a robot out: none of its tokens works any more."""
    with command_line.services() as services:
        found = services.robots.change(RobotName.parse(name), disabled=True)
        click.echo(f"disabled {found.user.name}")


@robot.command()
@click.argument("name")
@pass_command_line
def enable(command_line: CommandLine, name: str) -> None:
    """Let a disabled robot in again."""
    with command_line.services() as services:
        found = services.robots.change(RobotName.parse(name), disabled=False)
        click.echo(f"enabled {found.user.name}")


@robot.command()
@click.argument("name")
@pass_command_line
def revoke(command_line: CommandLine, name: str) -> None:
    """End every token of a robot at once; `robot renew` gives it a new one."""
    wanted = RobotName.parse(name)
    with command_line.services() as services:
        ended = services.robots.revoke(wanted)
    click.echo(f"ended {ended} tokens of {wanted}")


@robot.command()
@click.argument("name")
@pass_command_line
def remove(command_line: CommandLine, name: str) -> None:
    """Remove a robot with its tokens; what it has pushed stays."""
    wanted = RobotName.parse(name)
    with command_line.services() as services:
        services.robots.remove(wanted)
    click.echo(f"removed {wanted}")
