"""What is common to all commands: help, usage, unexpected errors, commands of plugins."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from sregistry_core import __version__
from sregistry_core.cli.commands import OURS, commands

PAGE = Path(__file__).parents[2] / "docs/admin/command-line.md"

OFFERS = """
    @click.command()
    @click.argument("name")
    @click.pass_obj
    def greet(command_line, name):
        "Greet somebody."
        with command_line.services() as services:
            click.echo(f"{services.facilities.settings.id} greets {name}")

    @hookimpl
    def sregistry_commands():
        return {"greet": greet}
"""


COLLECTS_AGAIN = """
import gc
from sregistry_core.cli import main
try:
    main()
finally:
    print(gc.isenabled(), gc.get_freeze_count() > 0)
"""


def every_command(group=commands, words=()):
    for name, command in group.commands.items() if words else OURS.items():
        if isinstance(command, click.Group):
            yield from every_command(command, (*words, name))
        else:
            yield (*words, name), command


def test_garbage_is_collected_again_once_the_modules_are_there():
    ran = subprocess.run(
        [sys.executable, "-c", COLLECTS_AGAIN], capture_output=True, text=True, timeout=60
    )

    assert ran.stdout.splitlines()[-1] == "True True"


def test_a_plugin_adds_a_command(site, module):
    site.settings["sregistry.plugin_modules"] = module(OFFERS)
    site.write()

    assert site.must("greet", "ada") == ["tacc greets ada"]
    assert ["greet", "Greet", "somebody."] in [line.split() for line in site.must("--help")]
    assert site.misuse("gret").startswith("Error: No such command 'gret'.")


def test_a_command_of_a_plugin_needs_the_current_schema_as_well(new_site, module):
    new_site.settings["sregistry.plugin_modules"] = module(OFFERS)
    new_site.write()

    assert new_site.refusal("greet", "ada").startswith("the database has no schema")


def test_a_plugin_cannot_take_a_command_of_ours(site, module):
    site.settings["sregistry.plugin_modules"] = module(OFFERS.replace('"greet"', '"user"'))
    site.write()

    assert site.refusal("user", "list") == (
        "a plugin offers a command called user, which sregistry-admin has itself"
    )


def test_two_plugins_cannot_offer_the_same_command(site, module):
    site.settings["sregistry.plugin_modules"] = f"{module(OFFERS)} {module(OFFERS)}"
    site.write()

    assert site.refusal("user", "list") == "two plugins offer a command called greet"


BROKEN = """
    @click.command()
    def fall():
        raise ZeroDivisionError("one\\nby nothing")

    @hookimpl
    def sregistry_commands():
        return {"fall": fall}
"""


def test_an_unexpected_error_is_one_line_as_well(site, module):
    site.settings["sregistry.plugin_modules"] = module(BROKEN)
    site.write()

    assert site.refusal("fall") == (
        "ZeroDivisionError: one by nothing "
        "(this was not expected: --debug before the command shows more)"
    )


def test_debug_shows_the_trace(site, module):
    site.settings["sregistry.plugin_modules"] = module(BROKEN)
    site.write()

    result = CliRunner().invoke(commands, ["--debug", "-c", site.ini, "fall"])

    assert isinstance(result.exception, ZeroDivisionError)


def test_without_an_ini_file_the_usage_is_shown():
    result = CliRunner().invoke(commands, ["user", "list"])

    assert result.exit_code == 2
    assert result.stderr.endswith(
        "Error: name the ini file: sregistry-admin -c INI ..., or set SREGISTRY_CONFIG\n"
    )


def test_the_environment_may_name_the_ini_file(site):
    result = CliRunner().invoke(commands, ["jobs", "list"], env={"SREGISTRY_CONFIG": str(site.ini)})

    assert (result.exit_code, result.output) == (0, "")


def test_the_help_needs_no_ini_file_that_works():
    environ = {"SREGISTRY_CONFIG": "/nowhere"}

    result = CliRunner().invoke(commands, ["--help"], env=environ)

    assert result.exit_code == 0
    assert all(f"\n  {name} " in result.stdout for name in OURS)
    assert "..." not in result.stdout.partition("Commands:")[2], "a line of the help is too long"


def test_the_version_is_shown():
    result = CliRunner().invoke(commands, ["--version"])

    assert result.stdout == f"sregistry-admin, version {__version__}\n"


@pytest.mark.parametrize(
    ("words", "command"),
    list(every_command()),
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_every_command_and_option_is_in_the_manual(words, command):
    heading = f"### `sregistry-admin {' '.join(words)}"
    text = PAGE.read_text(encoding="utf-8")
    # `build` is not `buildlog`.
    _, found, rest = text.replace(f"{heading}`", f"{heading} `").partition(f"{heading} ")
    section = re.split(r"^##", rest, maxsplit=1, flags=re.MULTILINE)[0]

    assert found, f"no section begins with {heading}"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            for spelling in [*parameter.opts, *parameter.secondary_opts]:
                assert spelling in section
        else:
            assert parameter.make_metavar(click.Context(command)).strip("[]") in section


def test_the_manual_has_no_command_that_does_not_exist():
    headings = re.findall(r"^### `sregistry-admin ([a-z -]*[a-z])", PAGE.read_text(), re.MULTILINE)

    assert sorted(headings) == sorted(" ".join(words) for words, _ in every_command())


@pytest.mark.parametrize("option", ["--config", "-c", "--debug", "--version", "SREGISTRY_CONFIG"])
def test_every_option_before_the_command_is_in_the_manual(option):
    assert option in PAGE.read_text(encoding="utf-8")
