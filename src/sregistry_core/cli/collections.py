"""Commands about collections."""

from collections.abc import Iterator, Sequence

import click

from sregistry_core.models import Collection, CollectionRole
from sregistry_core.names import CollectionName
from sregistry_core.services import Services
from sregistry_core.services.access import name_of

from .command_line import CommandLine, pass_command_line
from .table import print_table

_PAGE = 1000
_TEAM = "team:"


@click.group()
def collection() -> None:
    """Collections: list, add, grant, rename, freeze and more."""


@collection.command("list")
@pass_command_line
def list_collections(command_line: CommandLine) -> None:
    """List collections: name, private or public, what they take, description."""
    with command_line.services() as services:
        rows = [
            [name_of(one), _privacy(one), _taken(signers), " ".join(one.description.split())]
            for one, signers in _all(services)
        ]
    print_table(["name", "seen by", "takes", "description"], rows)


@collection.command()
@click.argument("name")
@click.option(
    "--private/--public", default=None, help="Who sees it; by default sregistry.default_private."
)
@click.option("--description", metavar="T", default="", help="What it is for.")
@click.option("--owner", metavar="USER", help="Who owns it beside the owner of the name.")
@pass_command_line
def add(
    command_line: CommandLine,
    name: str,
    private: bool | None,
    description: str,
    owner: str | None,
) -> None:
    """Add a collection, such as ada/lab; science is short for that of the registry itself."""
    with command_line.services() as services:
        wanted = _name(services, name)
        made = services.catalog.create_collection(
            services.catalog.entity(wanted.entity),
            wanted.collection,
            private=private,
            description=description,
        )
        if owner is not None:
            services.grants.give(made, CollectionRole.OWNER, user=owner)
        click.echo(f"added the {_privacy(made)} collection {name_of(made)}")


@collection.command()
@click.argument("name")
@click.argument("who", metavar="USER_OR_team:NAME")
@click.argument("role", required=False, type=click.Choice([str(role) for role in CollectionRole]))
@click.option("--remove", is_flag=True, help="Take the role away.")
@pass_command_line
def grant(command_line: CommandLine, name: str, who: str, role: str | None, remove: bool) -> None:
    """Give a user, or a team, a role on a collection; another role of theirs is replaced."""
    if remove == (role is not None):
        raise click.UsageError("either a role (reader, writer or owner) or --remove is needed")
    is_team = who.startswith(_TEAM)
    whom = {"team" if is_team else "user": who.removeprefix(_TEAM)}
    with command_line.services() as services:
        found = services.catalog.collection(_name(services, name))
        if role is None:
            services.grants.take(found, **whom)
            click.echo(f"{who} has no role of its own on {name_of(found)} any more")
        else:
            services.grants.give(found, CollectionRole(role), **whom)
            click.echo(f"{who} is {role} of {name_of(found)}")


@collection.command()
@click.argument("name")
@pass_command_line
def private(command_line: CommandLine, name: str) -> None:
    """Hide a collection from all who have no role on it."""
    _set_privacy(command_line, name, private=True)


@collection.command()
@click.argument("name")
@pass_command_line
def public(command_line: CommandLine, name: str) -> None:
    """Show a collection to everybody."""
    _set_privacy(command_line, name, private=False)


@collection.command()
@click.argument("name")
@click.argument("new", metavar="NEW_NAME")
@pass_command_line
def rename(command_line: CommandLine, name: str, new: str) -> None:
    """Give a collection another name; the old one leads to it."""
    with command_line.services() as services:
        found = services.catalog.collection(_name(services, name))
        before = name_of(found)
        renamed = services.renaming.rename(found, new)
        click.echo(f"{before} is {name_of(renamed)} now, and its old name leads there")


@collection.command()
@click.argument("name")
@click.argument("entity", metavar="USER_OR_TEAM")
@pass_command_line
def transfer(command_line: CommandLine, name: str, entity: str) -> None:
    """Give a collection to a user or a team; the old name leads to it."""
    with command_line.services() as services:
        found = services.catalog.collection(_name(services, name))
        before = name_of(found)
        given = services.renaming.transfer(found, entity)
        click.echo(f"{before} is {name_of(given)} now, and its old name leads there")


@collection.command()
@click.argument("name")
@click.option("--thaw", is_flag=True, help="Let it change again.")
@pass_command_line
def freeze(command_line: CommandLine, name: str, thaw: bool) -> None:
    """Freeze a collection: nothing in it is pushed, moved or deleted."""
    with command_line.services() as services:
        found = services.catalog.collection(_name(services, name))
        services.collection_changes.freeze(found, frozen=not thaw)
        click.echo(f"{'thawed' if thaw else 'froze'} {name_of(found)}")


@collection.command()
@click.argument("name")
@click.option("--require/--no-require", default=None, help="Take only what is signed, or all.")
@click.option(
    "--signer",
    "signers",
    metavar="FINGERPRINT",
    multiple=True,
    help="Take only what this key has signed; may be repeated, and replaces those before.",
)
@click.option("--any-signer", is_flag=True, help="Take what any key that is known has signed.")
@pass_command_line
def signatures(
    command_line: CommandLine,
    name: str,
    require: bool | None,
    signers: tuple[str, ...],
    any_signer: bool,
) -> None:
    """Show, or change, whose signatures a collection demands."""
    if signers and any_signer:
        raise click.UsageError("--signer and --any-signer exclude each other")
    wanted = signers if signers or any_signer else None
    with command_line.services() as services:
        found = services.catalog.collection(_name(services, name))
        services.signers.change(found, require_signed=require, signers=wanted)
        allowed = services.signers.of(found)
        click.echo(f"{name_of(found)} takes {_taken(allowed if found.require_signed else None)}")
        for fingerprint in allowed:
            click.echo(fingerprint)


def _set_privacy(command_line: CommandLine, name: str, *, private: bool) -> None:
    with command_line.services() as services:
        found = services.catalog.collection(_name(services, name))
        services.catalog.change_collection(found, private=private)
        click.echo(f"{name_of(found)} is {_privacy(found)}")


def _name(services: Services, text: str) -> CollectionName:
    return CollectionName.parse(text, home=services.facilities.settings.id)


def _privacy(one: Collection) -> str:
    return "private" if one.private else "public"


def _taken(signers: Sequence[str] | None) -> str:
    """Say what a collection takes; None where it demands no signatures."""
    if signers is None:
        return "everything"
    if not signers:
        return "signed images"
    return f"images signed by {f'one of {len(signers)} keys' if len(signers) > 1 else 'one key'}"


def _all(services: Services) -> Iterator[tuple[Collection, Sequence[str] | None]]:
    """Give every collection, with the signers that it takes where it demands signatures."""
    after = ""
    while page := services.catalog.collections(after=after, limit=_PAGE):
        signers = services.signers.of_several(page)
        for one in page:
            yield one, signers.get(one.id, ()) if one.require_signed else None
        after = name_of(page[-1])
