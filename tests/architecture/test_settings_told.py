"""Every setting that is read is told, with its unit and its default; and nothing else is told."""

import re
from dataclasses import fields

import pytest

from sregistry_core.contracts import ConfigurationError, PluginSettings
from sregistry_core.server.settings import ServerSettings, from_ini
from sregistry_core.settings import read_core_settings, read_sections
from sregistry_s3.settings import read_settings

UNITS = {"address", "bytes", "duration", "number", "path", "secret", "text", "words", "yes/no"}
REQUIRED = {
    "sregistry.id": "tacc",
    "sregistry.public_url": "http://registry.test",
    "sregistry.storage": "disk",
    "sregistry.database": "sqlite://",
    "sregistry.staging": "staging",
    "sregistry.secret": "hush",
}


def rows_of(page, heading):
    """Give the rows of the table below a heading, as lists of cells."""
    text = page.read_text(encoding="utf-8").partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def plain(cell):
    return "" if cell == "nothing" else cell.strip("`")


@pytest.fixture(scope="module")
def core_rows(home):
    return rows_of(home / "config/README.md", "## Keys of the core")


@pytest.fixture(scope="module")
def server_rows(home):
    return rows_of(home / "config/README.md", "## Keys of the server")


def settings_with(tmp_path, **changes):
    ini = {**REQUIRED, **{key: value for key, value in changes.items()}}
    section = read_sections(ini, here=tmp_path, environ={})["sregistry"]
    return section, read_core_settings(section)


def test_the_core_tells_the_keys_that_are_read_and_no_others(registry, core_rows):
    told = [plain(row[0]) for row in core_rows]
    read = {f"sregistry.{key}" for key in registry.parts.plugins.sections["sregistry"].known()}

    assert set(told) == read
    assert len(told) == len(set(told))


def test_every_key_of_the_core_has_a_meaning_and_a_unit(core_rows, server_rows):
    for key, meaning, unit, default in core_rows + server_rows:
        assert len(meaning) > 10, key
        assert unit in UNITS, key
        assert default, key


def test_the_required_keys_are_those_that_are_missed(core_rows, tmp_path):
    assert {plain(row[0]) for row in core_rows if row[3] == "required"} == set(REQUIRED)
    for key in REQUIRED:
        with pytest.raises(ConfigurationError, match=f"^{key} is missing from the ini file"):
            settings_with(tmp_path, **{key: ""})


def test_the_defaults_that_are_told_are_the_defaults(core_rows, tmp_path):
    _, usual = settings_with(tmp_path)

    for key, _, _, default in core_rows:
        if default == "required" or key.strip("`").endswith(("secret_file", "secret_env")):
            continue
        _, said = settings_with(tmp_path, **{plain(key): plain(default)})
        assert said == usual, key


def test_the_server_tells_its_keys_and_their_defaults(server_rows):
    told = {plain(row[0]) for row in server_rows}
    for key in {one.name for one in fields(ServerSettings)} - told:
        with pytest.raises(ConfigurationError, match=f"^server:main knows no setting {key}$"):
            from_ini({key: "1"})
    for key, _, _, default in server_rows:
        if plain(default):
            assert from_ini({plain(key): plain(default)}) == ServerSettings(), key
        else:
            assert getattr(ServerSettings(), plain(key)) is None, key


def test_a_plugin_tells_its_keys_in_its_readme(home, registry):
    read = registry.parts.plugins.sections["filesystem"].known()
    readme = (home / "plugins/sregistry-filesystem/README.md").read_text()
    told = re.findall(r"^\| `(\w+)` ", readme, re.MULTILINE)

    assert {*told, "use"} == read
    assert "`NAME.use`" in (home / "config/README.md").read_text()


def test_the_object_store_tells_its_keys_in_its_readme_and_its_sample(home, tmp_path):
    section = PluginSettings("cloud", {"bucket": "images"}, tmp_path, {})
    read_settings(section)
    read = section.known() - {"secret_key_file", "secret_key_env"}
    readme = (home / "plugins/sregistry-s3/README.md").read_text()
    sample = (home / "config/plugins/s3.ini").read_text()

    assert set(re.findall(r"^\| `(\w+)` ", readme, re.MULTILINE)) == read
    shown = set(re.findall(r"^(?:# )?cloud\.(\w+) =", sample, re.MULTILINE))
    assert read - shown == {"secret_key"}


def test_production_ini_shows_every_key_of_core_and_server(home, core_rows, server_rows):
    shown = set(
        re.findall(r"^(?:# )?([\w.]+) =", (home / "production.ini").read_text(), re.MULTILINE)
    )
    not_shown = {
        "sregistry.secret",
        "sregistry.secret_env",
        "sregistry.build_key_passphrase",
        "sregistry.build_key_passphrase_env",
    }

    assert {plain(row[0]) for row in core_rows + server_rows} - shown <= not_shown


def test_production_ini_tells_the_defaults_that_are_the_defaults(home, core_rows, server_rows):
    """A comment tells those of all keys below it, and between them commas."""
    defaults = {plain(row[0]): row[3] for row in core_rows + server_rows}
    told = {}
    for block in (home / "production.ini").read_text().split("\n\n"):
        keys = re.findall(r"^(?:# )?([\w.]+) =", block, re.MULTILINE)
        keys = [key for key in keys if defaults.get(key, "").startswith("`")]
        comment = " ".join(re.findall(r"^# (?![\w.]+ =)(.*)", block, re.MULTILINE))
        values = comment.partition("Default: ")[2].rstrip(".").split(", ")
        told.update(zip(keys, values, strict=len(keys) > 1))

    assert told.pop("sregistry.protocols") == "all"
    del defaults["sregistry.protocols"]
    assert told == {key: plain(one) for key, one in defaults.items() if one.startswith("`")}
