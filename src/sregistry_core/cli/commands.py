"""The list of commands, and what is common to all: the ini file, and how a refusal looks."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from sregistry_core import __version__

from .audit import audit
from .build_log import buildlog
from .build_secrets import build_secret
from .builds import build, builds
from .collections import collection
from .command_line import CommandLine
from .containers import container
from .database import database
from .demo import demo
from .directory import directory
from .doctor import doctor
from .jobs import jobs
from .plugin_kit import plugin
from .publishers import publisher
from .quotas import quota
from .rebuilds import rebuild
from .refusal import EXPECTED, one_line_refusals
from .repositories import repository
from .robots import robot
from .serving import init, serve
from .shares import share
from .tags import tag
from .teams import team
from .tokens import token
from .upkeep import gc, plugins
from .users import user
from .working import worker

OURS: Final[Mapping[str, click.Command]] = {
    "init": init,
    "serve": serve,
    "worker": worker,
    "buildlog": buildlog,
    "doctor": doctor,
    "demo": demo,
    "plugins": plugins,
    "plugin": plugin,
    "user": user,
    "token": token,
    "collection": collection,
    "container": container,
    "team": team,
    "tag": tag,
    "share": share,
    "robot": robot,
    "publisher": publisher,
    "repository": repository,
    "build": build,
    "builds": builds,
    "rebuild": rebuild,
    "secret": build_secret,
    "quota": quota,
    "audit": audit,
    "directory": directory,
    "jobs": jobs,
    "database": database,
    "gc": gc,
}

_VARIABLE = "SREGISTRY_CONFIG"
_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Commands(click.Group):
    """Our commands, and those of the plugins that the ini file names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give our commands in their order, then those of plugins, when the ini file works."""
        try:
            offered = sorted(_command_line(ctx).plugin_commands) if _config(ctx) else []
        except EXPECTED:
            # The help must be there when the ini file does not work, above all then.
            offered = []
        return [*OURS, *offered]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give a command by name; only for one that is not ours the ini file is opened."""
        if cmd_name in OURS:
            return OURS[cmd_name]
        if _config(ctx) is None:
            return None
        found = _command_line(ctx).plugin_commands.get(cmd_name)
        if found is not None and not ctx.resilient_parsing:
            _command_line(ctx).parts.require_current_schema()
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what it refuses is one line and the exit code 1."""
        _command_line(ctx).debug = ctx.params["debug"]
        with one_line_refusals(debug=ctx.params["debug"]):
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings=_CONTEXT)
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    envvar=_VARIABLE,
    show_envvar=True,
    metavar="INI",
    is_eager=True,
    help="The ini file of the registry.",
)
@click.option("--debug", is_flag=True, help="Show the trace of an error.")
@click.version_option(__version__, prog_name="sregistry-admin")
def commands(config: Path | None, debug: bool) -> None:
    """Administer a registry of Singularity and Apptainer images."""


def _config(ctx: click.Context) -> Path | None:
    if "config" in ctx.params:
        found: Path | None = ctx.params["config"]
        return found
    # The help is asked for before the environment is read.
    value = os.environ.get(_VARIABLE)
    return Path(value) if value else None


def _command_line(ctx: click.Context) -> CommandLine:
    if ctx.obj is None:
        command_line = CommandLine(_config(ctx), ours=OURS)
        ctx.obj = command_line
        ctx.call_on_close(command_line.close)
    found: CommandLine = ctx.obj
    return found
