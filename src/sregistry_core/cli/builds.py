"""Commands about builds: order one and follow it, list, show, cancel."""

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

import click

from sregistry_core.errors import Malformed
from sregistry_core.models import Build, BuildState
from sregistry_core.names import CollectionName, ImageName
from sregistry_core.services import Services
from sregistry_core.services.access import name_of
from sregistry_core.services.builds import ENDS, Wish

from .command_line import CommandLine, pass_command_line
from .table import print_table, shown_time

_LOOK_AGAIN_SECONDS = 0.5
_MANY = 1000


@click.command()
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.argument("name", metavar="NAME[:TAG]")
@click.option("--user", help="Who orders it; by default whose name the image goes to.")
@click.option("--arch", default="amd64", show_default=True, help="What it is built for.")
@click.option("--builder", metavar="B", help="Its name in the ini file; by default the first.")
@click.option("--build-arg", "arguments", multiple=True, metavar="K=V", help="A build argument.")
@click.option("--detach", is_flag=True, help="Print the number of the build, and follow nothing.")
@pass_command_line
def build(
    command_line: CommandLine,
    file: TextIO,
    name: str,
    user: str | None,
    arch: str,
    builder: str | None,
    arguments: Sequence[str],
    detach: bool,
) -> None:
    """Order a build, and show what it says until it ends.

    FILE is a definition.

    `-` is the input. Ctrl-C cancels it. A worker, or the server with its own, must be running.
    """
    with command_line.services() as services:
        wanted = ImageName.parse(name, home=services.facilities.settings.id)
        wish = Wish(
            definition=file.read(),
            name=wanted,
            arch=arch,
            builder=builder,
            arguments=dict(map(_pair, arguments)),
        )
        ordered = _as(services, user or wanted.container.entity).builds.order(wish).id
    if detach:
        click.echo(ordered)
        return
    click.echo(f"ordered the build {ordered}", err=True)
    with _cancelled_by_signals(command_line, ordered):
        state, reason = _follow(command_line, ordered)
    if state is not BuildState.SUCCEEDED:
        raise Malformed(f"the build {_words(state)}: {reason}")
    click.echo(f"built {wanted}", err=True)


@click.group()
def builds() -> None:
    """Builds: list, log, cancel."""


@builds.command("list")
@click.argument("collection", required=False)
@click.option("--state", type=click.Choice([str(one) for one in BuildState]), help="Only these.")
@pass_command_line
def list_builds(command_line: CommandLine, collection: str | None, state: str | None) -> None:
    """List builds, the newest first: number, state, name, who ordered it, when."""
    with command_line.services() as services:
        home = services.facilities.settings.id
        found = (
            services.catalog.collection(CollectionName.parse(collection, home=home))
            if collection
            else None
        )
        states = [BuildState(state)] if state else []
        rows = [
            [
                one.id,
                str(one.state),
                f"{name_of(one.collection)}/{one.container}:{one.tag}",
                one.orderer.name if one.orderer else "",
                shown_time(one.ordered_at),
            ]
            for one in services.builds.of(found, states=states, limit=_MANY)
        ]
    print_table(["build", "state", "name", "by", "ordered"], rows)


@builds.command()
@click.argument("number", metavar="BUILD")
@pass_command_line
def log(command_line: CommandLine, number: str) -> None:
    """Show all that a build has said, and on the last line what became of it."""
    _show(command_line, number, 0)
    with command_line.services() as services:
        found = services.builds.find(number)
        reason = f": {found.reason}" if found.reason else ""
        click.echo(f"{found.state}{reason}", err=True)


@builds.command()
@click.argument("number", metavar="BUILD")
@pass_command_line
def cancel(command_line: CommandLine, number: str) -> None:
    """End a build: at once while it waits, soon while it runs."""
    with command_line.services() as services:
        services.builds.cancel(services.builds.find(number))
    click.echo(f"the build {number} is to end")


def _as(services: Services, name: str) -> Services:
    """Give the services of a user: the image is pushed with their rights."""
    caller = services.accounts.caller_of(services.accounts.find(name))
    return Services(services.db, caller, services.facilities)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise Malformed(f"--build-arg {text} is not NAME=VALUE")
    return name, value


def _follow(command_line: CommandLine, number: str) -> tuple[BuildState, str]:
    shown = 0
    while True:
        # Asked before its lines: whatever it said is there once it has ended.
        with command_line.services() as services:
            found: Build = services.builds.find(number)
            state, reason = found.state, found.reason or ""
        shown = _show(command_line, number, shown)
        if state in ENDS:
            return state, reason
        time.sleep(_LOOK_AGAIN_SECONDS)


def _show(command_line: CommandLine, number: str, after: int) -> int:
    while True:
        with command_line.services() as services:
            lines = services.builds.lines(services.builds.find(number), after=after, limit=_MANY)
            for line in lines:
                click.echo(line.text)
                after = line.number
        if len(lines) < _MANY:
            return after


@contextmanager
def _cancelled_by_signals(command_line: CommandLine, number: str) -> Iterator[None]:
    """Let Ctrl-C end the build, and then show its end; a second one leaves it."""
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def end(_number: int, _frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        threading.Thread(target=_cancel_quietly, args=(command_line, number)).start()

    signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _cancel_quietly(command_line: CommandLine, number: str) -> None:
    with command_line.services() as services:
        found = services.builds.find(number)
        if found.state not in ENDS:
            services.builds.cancel(found)


def _words(state: BuildState) -> str:
    return "was lost" if state is BuildState.LOST else f"has {state}".replace("has c", "was c")


__all__ = ["build", "builds"]
