"""Commands that show what is in use, and remove what nobody uses."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib.metadata import entry_points

import click

from sregistry_core import __version__
from sregistry_core.app import Parts
from sregistry_core.jobs.sweeping import sweep
from sregistry_core.plugin_manager import ENTRY_POINTS

from .command_line import CommandLine, pass_command_line
from .durations import DURATION
from .table import print_table, shown_size

_CORE = "sregistry-core"


@click.command()
@pass_command_line
def plugins(command_line: CommandLine) -> None:
    """List all that the ini file opens.

    The columns are name, kind, plugin, its version, and what it is.
    """
    print_table(["name", "kind", "plugin", "version", "what"], list(_opened(command_line.registry)))


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option(
    "--grace",
    type=DURATION,
    metavar="1d",
    help="How long nobody must have owned it; by default sregistry.garbage_grace.",
)
@pass_command_line
def gc(command_line: CommandLine, dry_run: bool, grace: timedelta | None) -> None:
    """Remove bytes that nobody owns.

    Prints what, name and size in bytes of each thing, and their sum. The server does this by
    itself every hour. What belongs to a push that is under way stays, however short the grace.
    """
    parts = command_line.registry
    wanted = parts.settings.garbage_grace if grace is None else grace
    count = total = 0
    for swept in sweep(parts.unit(), parts.facilities, grace=wanted, dry_run=dry_run):
        click.echo(f"{swept.what}  {swept.name}  {swept.size}")
        count += 1
        total += swept.size
    things = "1 thing" if count == 1 else f"{count} things"
    click.echo(f"{things}, {shown_size(total)} {'would go' if dry_run else 'removed'}")


def _opened(parts: Parts) -> Iterator[list[str]]:
    in_use = parts.plugins
    modules = _modules(parts)
    versions = {one.name: one.version or "" for one in in_use.versions}
    versions[_CORE] = __version__
    offering: set[str] = set()
    for what, things in (
        ("storage", in_use.storages),
        ("login", in_use.logins),
        ("builder", in_use.builders),
        ("listener", in_use.listeners),
    ):
        for name, thing in things.items():
            plugin = _plugin_of(thing, modules)
            offering.add(plugin)
            kind = in_use.sections[name].text("use", name)
            yield [name, kind, plugin, versions.get(plugin, ""), what]
    for one in in_use.versions:
        if one.name not in offering:
            yield [one.name, "", one.name, one.version or "", "hooks"]


def _modules(parts: Parts) -> dict[str, str]:
    """The plugin behind each module."""
    installed = {point.module: point.name for point in entry_points(group=ENTRY_POINTS)}
    plain = {name: name for name in parts.settings.plugin_modules}
    return {"sregistry_core": _CORE, **installed, **plain}


def _plugin_of(thing: object, modules: Mapping[str, str]) -> str:
    module = type(thing).__module__
    while module and module not in modules:
        module = module.rpartition(".")[0]
    return modules.get(module, "")
