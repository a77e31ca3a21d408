"""Commands about trusted publishers: jobs of CI systems that are given tokens."""

from datetime import timedelta

import click

from sregistry_core.contracts import Scope
from sregistry_core.models import Collection
from sregistry_core.names import CollectionName, RobotName
from sregistry_core.services import Services
from sregistry_core.services.publishers import owner_of

from .command_line import CommandLine, pass_command_line
from .durations import DURATION
from .robots import ROBOT_SCOPE
from .table import print_table


@click.group()
def publisher() -> None:
    """Trusted publishers: add, list, remove."""


@publisher.command()
@click.argument("name")
@click.argument("issuer")
@click.option(
    "--claim",
    "claims",
    metavar="NAME=VALUE",
    multiple=True,
    required=True,
    help="What a claim must be; may be repeated. '*' stands for anything without '/'.",
)
@click.option("--audience", metavar="A", default="", help="By default sregistry.public_url.")
@click.option("--scope", type=ROBOT_SCOPE, default=str(Scope.PUSH), show_default=True)
@click.option("--lifetime", type=DURATION, metavar="15m", help="Of a token; 1h at most.")
@pass_command_line
def add(
    command_line: CommandLine,
    name: str,
    issuer: str,
    claims: tuple[str, ...],
    audience: str,
    scope: str,
    lifetime: timedelta | None,
) -> None:
    """Trust jobs of an issuer to push to a collection, under a name such as ada/lab+nightly."""
    wanted = RobotName.parse(name)
    with command_line.services() as services:
        made = services.publishers.add(
            services.catalog.collection(owner_of(wanted)),
            wanted.robot,
            issuer=issuer,
            claims=dict(_claim(one) for one in claims),
            scope=Scope(scope),
            audience=audience,
            lifetime=lifetime,
        )
        click.echo(f"{made.user.name} trusts jobs of {made.publisher.issuer}")


@publisher.command("list")
@click.argument("collection", required=False)
@pass_command_line
def list_publishers(command_line: CommandLine, collection: str | None) -> None:
    """List trusted publishers of a collection or of all: name, scope, issuer, claims."""
    with command_line.services() as services:
        if collection is None:
            found = services.publishers.all()
        else:
            found = services.publishers.of(_collection(services, collection))
        rows = [
            [
                one.user.name,
                str(one.robot.scope),
                one.publisher.issuer,
                " ".join(f"{key}={text}" for key, text in sorted(one.publisher.claims.items())),
            ]
            for one in found
        ]
    print_table(["name", "scope", "issuer", "claims"], rows)


@publisher.command()
@click.argument("name")
@pass_command_line
def remove(command_line: CommandLine, name: str) -> None:
    """Trust these jobs no more; tokens that they have end at once."""
    wanted = RobotName.parse(name)
    with command_line.services() as services:
        services.publishers.remove(services.catalog.collection(owner_of(wanted)), wanted.robot)
    click.echo(f"removed {wanted}")


def _claim(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--claim {text} is not NAME=VALUE")
    return name, value


def _collection(services: Services, text: str) -> Collection:
    name = CollectionName.parse(text, home=services.facilities.settings.id)
    return services.catalog.collection(name)
