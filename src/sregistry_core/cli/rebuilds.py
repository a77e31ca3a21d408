"""Commands about images that are built anew by themselves."""

from datetime import timedelta

import click

from sregistry_core.errors import Malformed
from sregistry_core.models import Container, RebuildSchedule
from sregistry_core.names import CollectionName, ImageName
from sregistry_core.services import Services
from sregistry_core.services.access import name_of
from sregistry_core.services.rebuilds import RebuildWish

from .command_line import CommandLine, pass_command_line
from .durations import DURATION
from .table import print_table, shown_time

_MANY = 10_000
_ARCH = click.option("--arch", help="By default amd64, or the only one there is.")


@click.group()
def rebuild() -> None:
    """Images that are built anew by themselves."""


@rebuild.command("set")
@click.argument("name", metavar="NAME[:TAG]")
@click.option("--every", type=DURATION, metavar="7d", help="So often: 1 to 365 days.")
@click.option("--when-base-moves", is_flag=True, help="When a base image is another one.")
@click.option("--user", help="Whose rights the builds have; by default the entity's user.")
@_ARCH
@pass_command_line
def set_rebuild(
    command_line: CommandLine,
    name: str,
    every: timedelta | None,
    when_base_moves: bool,
    user: str | None,
    arch: str | None,
) -> None:
    """Build the image of a tag anew from now on, or change when."""
    wish = RebuildWish(_days(every), when_base_moves)
    with command_line.services() as services:
        container, tag = _tag(services, name)
        person = services.accounts.find(user or container.collection.entity.name)
        _show(services.rebuilds.set(container, tag, wish, arch=arch, user=person))


@rebuild.command()
@click.argument("name", metavar="NAME[:TAG]")
@_ARCH
@pass_command_line
def show(command_line: CommandLine, name: str, arch: str | None) -> None:
    """Show when an image is built anew, its base images, and what came of it."""
    with command_line.services() as services:
        _show(services.rebuilds.find(*_tag(services, name), arch))


@rebuild.command("list")
@click.argument("collection", required=False)
@pass_command_line
def list_rebuilds(command_line: CommandLine, collection: str | None) -> None:
    """List them: name, architecture, when, last verdict, when that was, and its words."""
    with command_line.services() as services:
        if collection:
            name = CollectionName.parse(collection, home=services.facilities.settings.id)
            found = services.rebuilds.of(services.catalog.collection(name), limit=_MANY)
        else:
            found = services.rebuilds.all()
        rows = [
            [
                f"{name_of(one.container)}:{one.tag}",
                one.arch,
                _when(one),
                str(one.verdict or ""),
                shown_time(one.judged_at),
                one.last_error or one.words or "",
            ]
            for one in found
        ]
    print_table(["name", "arch", "when", "verdict", "at", "words"], rows)


@rebuild.command()
@click.argument("name", metavar="NAME[:TAG]")
@_ARCH
@pass_command_line
def remove(command_line: CommandLine, name: str, arch: str | None) -> None:
    """Build an image anew no more. What was built stays."""
    with command_line.services() as services:
        services.rebuilds.remove(*_tag(services, name), arch)
    click.echo(f"{name} is not built anew by itself any more")


@rebuild.command()
@click.argument("name", metavar="NAME[:TAG]")
@_ARCH
@pass_command_line
def now(command_line: CommandLine, name: str, arch: str | None) -> None:
    """Build an image anew at once. A worker, or the server with its own, must be running."""
    with command_line.services() as services:
        services.rebuilds.now(*_tag(services, name), arch)
    click.echo(f"{name} will be built anew")


def _tag(services: Services, text: str) -> tuple[Container, str]:
    name = ImageName.parse(text, home=services.facilities.settings.id)
    if name.tag is None:
        raise Malformed(f"{text} names a digest: what is built anew is a tag")
    return services.catalog.container(name.container), name.tag


def _days(every: timedelta | None) -> int | None:
    if every is None:
        return None
    if every % timedelta(days=1):
        raise Malformed("--every is a number of whole days, such as 7d")
    return every.days


def _when(row: RebuildSchedule) -> str:
    said = [f"every {row.every_days} days"] if row.every_days is not None else []
    return " and ".join([*said, *(["when a base moves"] if row.when_base_moves else [])])


def _show(row: RebuildSchedule) -> None:
    said = {
        "name": f"{name_of(row.container)}:{row.tag}",
        "arch": row.arch,
        "when": _when(row),
        "next": shown_time(row.due_at),
        "acts for": row.user.name if row.user is not None else "nobody",
        "under way": "yes" if row.is_awaited else "no",
        "build": row.build_id or "",
        "verdict": str(row.verdict or ""),
        "words": row.words or "",
        "at": shown_time(row.judged_at),
        "last error": row.last_error or "",
    }
    for name, value in said.items():
        click.echo(f"{name + ':':12} {value}".rstrip())
    for base in row.bases:
        told = f"cannot be watched: {base['trouble']}" if base["trouble"] else base["digest"] or ""
        click.echo(f"{'base:':12} {base['address']} {told}".rstrip())
