"""Writes out a new plugin: a distribution that works, with a contract test that passes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

import click

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")
_LONGEST_NAME = 40
_TEMPLATE = "plugin_template"
_SUFFIX = ".template"


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be written: its word in class names, its ini lines, and its rows of settings."""

    word: str
    ini: str
    keys: str


KINDS: Mapping[str, Kind] = {
    "storage": Kind(
        "Storage",
        "sregistry.storage = $name\n$name.root = /srv/images",
        "| `root` | the directory; made when it is missing | required |",
    ),
    "login": Kind(
        "Login",
        "sregistry.login = $name passwords\n$name.path = /etc/sregistry/people",
        "| `path` | the file of names and passwords | required |",
    ),
    "builder": Kind(
        "Builder",
        "sregistry.builder = $name\n$name.command = /usr/local/bin/build-image",
        "| `command` | the program; called with the image and the definition | required |",
    ),
    "listener": Kind(
        "Listener",
        "sregistry.listener = $name\n$name.path = /var/log/sregistry/events",
        "| `path` | the file that lines are added to | required |",
    ),
}


@click.group()
def plugin() -> None:
    """Plugins of your own: new."""


@plugin.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(list(KINDS)), required=True, help="What it opens.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to; by default sregistry-NAME, here.",
)
def new(name: str, kind: str, directory: Path | None) -> None:
    """Write out a plugin that works, to begin with: code, packaging and a test.

    NAME is what the ini file will call it: small letters, digits and single hyphens.
    """
    if not _NAME.match(name) or len(name) > _LONGEST_NAME:
        raise click.BadParameter(
            f"{name} is not 1 to {_LONGEST_NAME} small letters, digits and single hyphens",
            param_hint="NAME",
        )
    target = directory or Path(f"sregistry-{name}")
    if target.exists() and any(target.iterdir()):
        raise click.ClickException(f"{target} is there already, and not empty")
    for path, text in plugin_files(name, kind):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text, encoding="utf-8")
    click.echo(f"wrote {target}: a {kind} called {name}")
    click.echo(f"try it out: cd {target} && pip install --editable '.[testing]' && pytest")


def plugin_files(name: str, kind: str) -> Iterator[tuple[Path, str]]:
    """Give the paths and texts of a new plugin."""
    module = f"sregistry_{name.replace('-', '_')}"
    words = {
        "name": name,
        "kind": kind,
        "module": module,
        "distribution": f"sregistry-{name}",
        "class_name": f"{name.title().replace('-', '')}{KINDS[kind].word}",
        "keys": KINDS[kind].keys,
    }
    ini = f"sregistry.plugins = filesystem $name\n{KINDS[kind].ini}"
    words["ini"] = Template(ini).substitute(words)
    places = {
        "setup.py": Path("setup.py"),
        "pyproject.toml": Path("pyproject.toml"),
        "README.md": Path("README.md"),
        f"{kind}/__init__.py": Path("src", module, "__init__.py"),
        f"{kind}/test_contract.py": Path("tests", "test_contract.py"),
    }
    template = files("sregistry_core.cli").joinpath(_TEMPLATE)
    for source, path in places.items():
        text = template.joinpath(source + _SUFFIX).read_text(encoding="utf-8")
        yield path, Template(text).substitute(words)
