"""`sregistry-admin plugin new` writes out plugins, and nothing over what is there."""

import pytest
from click.testing import CliRunner

from sregistry_core.cli.commands import commands
from sregistry_core.cli.plugin_kit import KINDS


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(commands, ["plugin", "new", *words])


@pytest.mark.parametrize("kind", KINDS)
def test_a_plugin_is_written_without_an_ini_file(call, tmp_path, kind):
    done = call("night-shift", "--kind", kind)

    assert done.exit_code == 0, done.output
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {
        f"sregistry-night-shift/{name}"
        for name in (
            "README.md",
            "pyproject.toml",
            "setup.py",
            "src/sregistry_night_shift/__init__.py",
            "tests/test_contract.py",
        )
    }
    for path in (tmp_path / "sregistry-night-shift").rglob("*.py"):
        compile(path.read_text(), str(path), "exec")
    assert "$name" not in (tmp_path / "sregistry-night-shift/README.md").read_text()


@pytest.mark.parametrize("name", ["", "Night", "-x", "a--b", "a_b", "../x", "1st", "x" * 41])
def test_a_name_outside_the_rule_is_refused_in_one_line(call, tmp_path, name):
    done = call("--kind", "storage", "--", name)

    assert done.exit_code != 0
    assert "small letters, digits and single hyphens" in done.output
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over_what_is_there(call, tmp_path):
    (tmp_path / "sregistry-mine").mkdir()
    (tmp_path / "sregistry-mine" / "notes").write_text("precious")

    done = call("mine", "--kind", "login")

    assert done.exit_code != 0
    assert "is there already, and not empty" in done.output
    assert [path.name for path in (tmp_path / "sregistry-mine").iterdir()] == ["notes"]


def test_another_directory_can_be_named(call, tmp_path):
    assert call("mine", "--kind", "listener", "--directory", "elsewhere").exit_code == 0
    assert (tmp_path / "elsewhere/setup.py").is_file()
