"""The command that fills a registry, so that there is something to look at."""

import sys
from random import Random

import click

from sregistry_core.errors import Conflict
from sregistry_core.identifiers import new_secret

from ..command_line import CommandLine, pass_command_line
from ..serving import PASSWORD_LENGTH
from ..users import password_stdin
from .catalogue import SMALL
from .filling import Filling, is_empty
from .many import large
from .progress import follow


@click.command()
@click.option(
    "--size",
    type=click.Choice(["small", "large"]),
    default="small",
    show_default=True,
    help="Ten collections, or some hundred more.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another one, other content.")
@click.option("--add", is_flag=True, help="Add to what is in the registry already.")
@password_stdin
@pass_command_line
def demo(command_line: CommandLine, size: str, seed: int, add: bool, password_stdin: bool) -> None:
    """Fill an empty registry with content for a look.

    There are users with one password, which is printed this one time; the first of them is an
    administrator. The images are real SIF files, but small, and cannot be run.
    """
    parts = command_line.registry
    with command_line.services() as services:
        if not add and not is_empty(services):
            raise Conflict("the registry is not empty: --add would add to what is in it")
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else ""
    chosen = password or new_secret(PASSWORD_LENGTH)
    random = Random(seed)  # noqa: S311 - no secret
    catalogue = SMALL if size == "small" else large(random)
    filling = Filling(parts, catalogue, seed=seed, password=chosen)
    clock = parts.facilities.clock
    follow("filling the registry", filling.steps(), filling.step_count, clock)
    follow("doing its jobs", filling.jobs(), None, clock)
    done = filling.done
    click.echo(
        f"{done.users} users, {done.collections} collections, {done.containers} containers, "
        f"{done.images} images, {done.tags} tags"
    )
    click.echo(f"users:    {' '.join(list(done.names.values())[: done.users][:8])}")
    if not password:
        click.echo(f"password: {chosen}")
