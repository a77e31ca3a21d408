"""Commands about teams."""

import click

from sregistry_core.contracts import TeamRole

from .command_line import CommandLine, pass_command_line
from .table import print_table


@click.group()
def team() -> None:
    """Teams: list, add, member."""


@team.command("list")
@pass_command_line
def list_teams(command_line: CommandLine) -> None:
    """List who is in which team: team, user, role."""
    with command_line.services() as services:
        rows = []
        for one in services.teams.mine():
            members = services.teams.members(one.name)
            rows += [[one.name, member.user.name, str(member.role)] for member in members] or [
                [one.name, "", ""]
            ]
    print_table(["team", "user", "role"], rows)


@team.command()
@click.argument("name")
@click.option("--owner", metavar="USER", help="Its first owner.")
@pass_command_line
def add(command_line: CommandLine, name: str, owner: str | None) -> None:
    """Add a team."""
    with command_line.services() as services:
        made = services.teams.create(name)
        if owner is not None:
            services.teams.add_member(made.name, owner, TeamRole.OWNER)
    click.echo(f"added the team {made.name}")


@team.command()
@click.argument("team_name", metavar="TEAM")
@click.argument("user")
@click.option(
    "--role",
    type=click.Choice([str(role) for role in TeamRole]),
    default=str(TeamRole.MEMBER),
    show_default=True,
    help="What the user is in the team.",
)
@click.option("--remove", is_flag=True, help="Take the user out of the team.")
@pass_command_line
def member(command_line: CommandLine, team_name: str, user: str, role: str, remove: bool) -> None:
    """Take a user into a team, change the role of one who is in it, or take one out."""
    with command_line.services() as services:
        team_found = services.teams.find(team_name)
        if remove:
            services.teams.remove_member(team_name, user)
            said = f"{user} is not in the team {team_found.name} any more"
        else:
            services.teams.add_member(team_name, user, TeamRole(role))
            said = f"{user} is {role} of the team {team_found.name}"
    click.echo(said)
