"""A registry that is administered from the command line, in this process."""

import itertools
import os
import shutil
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner

from sregistry_core.cli.commands import commands
from sregistry_core.testing.live import free_port
from sregistry_core.testing.registry import Registry, ini_of
from sregistry_core.testing.sif_files import make_sif

numbers = itertools.count()


class Site:
    """A directory with an ini file, and a database of the newest schema."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.ini = directory / "site.ini"
        self.settings = {"use": "egg:sregistry-core", **ini_of(directory)}
        self.server = {"use": "egg:sregistry-core#waitress", "listen": "127.0.0.1:0"}
        self.write()

    def write(self, **server):
        """Write the ini file anew, after `settings` was changed."""
        lines = ["[app:main]", *self._lines(self.settings)]
        lines += ["[server:main]", *self._lines({**self.server, **server})]
        self.ini.write_text("\n".join(lines) + "\n")

    def run(self, *words, stdin="", environ=None):
        """Run a command; the result has `exit_code`, `stdout` and `stderr`."""
        return CliRunner().invoke(commands, ["-c", self.ini, *words], input=stdin, env=environ)

    def must(self, *words, stdin=""):
        """Run a command that succeeds, and give its lines."""
        result = self.run(*words, stdin=stdin)
        assert (result.exit_code, result.stderr) == (0, ""), result.stdout
        return result.stdout.splitlines()

    def refusal(self, *words, stdin=""):
        """Run a command that is refused, and give the one line of that."""
        result = self.run(*words, stdin=stdin)
        assert (result.exit_code, result.stdout) == (1, "")
        first, newline, rest = result.stderr.partition("\n")
        assert newline, "the line is not ended"
        assert not rest, "more than one line"
        start, _, line = first.partition("sregistry-admin: ")
        assert not start
        return line

    def misuse(self, *words):
        """Run a command that is used wrongly, and give the last line of the answer."""
        result = self.run(*words)
        assert (result.exit_code, result.stdout) == (2, "")
        return result.stderr.splitlines()[-1]

    def findings(self):
        """What the doctor finds: texts by level, and the exit code as `code`."""
        result = self.run("doctor")
        assert result.stderr == ""
        findings = {"ok": [], "warn": [], "FAIL": [], "code": result.exit_code}
        for line in result.stdout.splitlines():
            findings[line[:6].rstrip()].append(line[6:].replace(str(self.directory), "HERE"))
        assert (findings["code"] == 1) is bool(findings["FAIL"])
        return findings

    @staticmethod
    def _lines(values):
        return [f"{key} = {value.replace('%', '%%')}" for key, value in values.items()]


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    """Whoever runs the tests may have a registry of their own."""
    for name in [name for name in os.environ if name.startswith("SREGISTRY_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def site(tmp_path, empty_database):
    """A site whose database is of the newest schema."""
    directory = tmp_path / "site"
    directory.mkdir()
    shutil.copy(empty_database, directory / "registry.sqlite")
    return Site(directory)


@pytest.fixture
def new_site(tmp_path):
    """A site that nobody has initialised yet."""
    (tmp_path / "site").mkdir()
    return Site(tmp_path / "site")


@pytest.fixture
def pushed_uninspected(site, empty_database):
    """The site, where ada has pushed `ada/lab/blast:1`, and its job is still to be done."""
    # The same directory, where the site's ini file finds it again.
    registry = Registry(site.directory, empty_database, {})
    registry.user("ada").push("ada/lab/blast:1", make_sif())
    registry.close()
    return site


@pytest.fixture
def pushed(pushed_uninspected):
    """The site, where ada has pushed `ada/lab/blast:1`."""
    pushed_uninspected.must("jobs", "run")
    return pushed_uninspected


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a plugin as a plain module, and gives its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(source):
        name = f"site_plugin_{next(numbers)}"
        before = "import click\nfrom sregistry_core import hookimpl\n\n"
        (tmp_path / f"{name}.py").write_text(before + textwrap.dedent(source))
        return name

    return write


@pytest.fixture
def examine(site):
    """Examines the site; gives the findings by level, and the exit code as `code`."""
    site.settings["sregistry.public_url"] = f"http://127.0.0.1:{free_port()}"
    site.settings["filesystem.root"] = "images"

    def examine(*, without="", server=None, **settings):
        site.settings |= {key.replace("__", "."): text for key, text in settings.items()}
        if without:
            del site.settings[without]
        site.write(**(server or {}))
        return site.findings()

    return examine
