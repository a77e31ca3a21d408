"""What keeps the server from starting: one line each, and the exit code 1."""

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from sregistry_core.db import schema


@pytest.fixture
def start(site):
    """Tries to start the server with other settings, and gives the line of the refusal."""

    def start(*, without="", words="serve", **settings):
        site.settings |= {
            key.replace("__", "."): text.replace("{here}", str(site.directory))
            for key, text in settings.items()
        }
        if without:
            del site.settings[without]
        site.write()
        return site.refusal(words).replace(str(site.directory), "HERE")

    return start


SPELLINGS = [
    (
        {"sregistry__plugins": "filesystm"},
        "sregistry.plugins names filesystm, which is not installed (installed: ",
    ),
    (
        {"sregistry__plugin_modules": "no_such_module"},
        "sregistry.plugin_modules names no_such_module, which cannot be imported: "
        "No module named 'no_such_module'",
    ),
    (
        {"filesystem__use": "filesystm"},
        "sregistry.storage names filesystem: no plugin offers the kind filesystm",
    ),
    (
        {"sregistry__login": "pasword"},
        "sregistry.login names pasword: no plugin offers the kind pasword",
    ),
    ({"sregistry__jobs_threads": "2"}, "sregistry knows no setting sregistry.jobs_threads"),
    ({"filesystem__rooot": "x"}, "filesystem knows no setting filesystem.rooot"),
    ({"disk__root": "x"}, "disk.root: the ini file opens nothing called disk"),
    ({"without": "filesystem.root"}, "filesystem.root is missing from the ini file"),
    ({"without": "sregistry.id"}, "sregistry.id is missing from the ini file"),
    ({"without": "sregistry.staging"}, "sregistry.staging is missing from the ini file"),
    ({"sregistry__part_size": "64 pieces"}, "sregistry.part_size = 64 pieces is not a size"),
    ({"sregistry__name": "${NAME_OF_IT}"}, "the ini file uses the environment variable NAME_OF_IT"),
    ({"sregistry__id": "other"}, "sregistry.id = other, but the database is that of tacc"),
    ({"sregistry__database": "postgres:/"}, "sregistry.database: "),
]


@pytest.mark.parametrize("words", ["serve", "worker"])
@pytest.mark.parametrize(("settings", "line"), SPELLINGS, ids=str)
def test_a_misspelt_ini_file_stops_the_start(site, start, settings, line, words):
    site.must("user", "list")  # The first command makes the database that of `tacc`.

    assert start(words=words, **settings).startswith(line)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("def sregistry_storag(kind, settings): ...", "sregistry_storag"),
        ("def sregistry_storage(kind, setings): ...", "setings"),
    ],
)
def test_a_misspelt_hook_or_argument_stops_the_start(start, module, source, line):
    name = module(f"@hookimpl\n{source}\n")

    said = start(sregistry__plugin_modules=name)

    assert line in said
    assert name in said


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("filesystem.root", "filesystem.root = HERE/file/x cannot be used as a storage: "),
        ("sregistry.staging", "sregistry.staging = HERE/file/x cannot be written to: "),
        ("sregistry.secret_file", "sregistry.secret_file = HERE/file/x cannot be made: "),
        ("sregistry.database", "sregistry.database: cannot make HERE/file: "),
    ],
)
def test_a_directory_that_cannot_be_written_to_stops_the_start(site, start, setting, line):
    # Nothing can be made below a regular file, whoever tries.
    (site.directory / "file").write_text("")
    del site.settings["sregistry.secret"]
    site.settings["sregistry.secret_file"] = "secret"
    prefix = "sqlite:///" if setting == "sregistry.database" else ""

    said = start(**{setting: f"{prefix}{{here}}/file/x"})

    assert said.startswith(line)


EVERY_OTHER_COMMAND = [
    ["serve"],
    ["worker"],
    ["plugins"],
    ["gc"],
    ["user", "list"],
    ["user", "add", "ada"],
    ["token", "list"],
    ["collection", "list"],
    ["team", "list"],
    ["tag", "freeze", "a:b"],
    ["share", "list"],
    ["jobs", "list"],
]


@pytest.mark.parametrize("words", EVERY_OTHER_COMMAND, ids=" ".join)
def test_no_command_works_on_a_database_without_a_schema(new_site, words):
    assert new_site.refusal(*words) == (
        f"the database has no schema, this program needs {schema.newest_version()}: "
        "run sregistry-admin -c INI init"
    )


@pytest.mark.parametrize("words", [*EVERY_OTHER_COMMAND, ["init"], ["serve", "--set-up"]])
def test_no_command_works_on_the_schema_of_a_newer_version(site, words):
    with sqlite3.connect(site.directory / "registry.sqlite") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    assert site.refusal(*words) == (
        "the database has schema version 9999, which this program does not know (it needs "
        f"{schema.newest_version()}): it was used by a newer version of sregistry-core"
    )


def test_init_makes_the_schema_and_finds_it_again(new_site):
    newest = schema.newest_version()

    assert new_site.must("init") == [f"schema none -> {newest}"]
    assert new_site.must("init") == [f"the schema is current ({newest})"]
    assert new_site.must("user", "list") == []


def test_init_brings_an_older_schema_up_to_date(new_site):
    older_database(new_site.directory / "registry.sqlite")
    newest = schema.newest_version()

    assert new_site.refusal("user", "list") == (
        f"the database has schema version 0001, this program needs {newest}: "
        "run sregistry-admin -c INI init"
    )
    assert new_site.must("init") == [f"schema 0001 -> {newest}"]
    assert new_site.must("user", "list") == []


def test_init_refuses_the_database_of_another_registry(site):
    site.must("user", "list")
    site.settings["sregistry.id"] = "other"
    site.write()

    assert site.refusal("init") == "sregistry.id = other, but the database is that of tacc"


def test_a_database_that_is_none_is_one_line(new_site):
    (new_site.directory / "registry.sqlite").write_text("this is a letter to a friend" * 100)

    assert new_site.refusal("init") == "the database cannot be opened: file is not a database"


def test_an_error_of_the_database_is_one_line_without_the_statement(site):
    with sqlite3.connect(site.directory / "registry.sqlite") as database:
        database.execute("ALTER TABLE user_account RENAME TO somewhere_else")
    database.close()

    assert site.refusal("user", "list") == (
        "the database does not work: no such table: user_account"
    )


@pytest.mark.parametrize(
    ("server", "line"),
    [
        ({"listen": "127.0.0.1"}, "server:main listen = 127.0.0.1: "),
        ({"lisen": "127.0.0.1:80"}, "server:main knows no setting lisen"),
        ({"listen": "192.0.2.1:80"}, "192.0.2.1:80"),
        ({"spool": "registry.sqlite/x"}, "the spool HERE/registry.sqlite/x cannot be used: "),
    ],
)
def test_a_server_that_cannot_listen_does_not_start(site, server, line):
    site.write(**server)

    said = site.refusal("serve").replace(str(site.directory), "HERE")

    assert line in said


def test_an_ini_file_that_is_not_there_is_one_line(site):
    site.ini.unlink()

    assert site.refusal("serve") == f"the ini file {site.ini} does not exist"


@pytest.mark.parametrize(
    "text", ["", "[app:main]\n", "hello", "[app:main]\nuse = egg:nobody-has-this\n", "\0", "é"]
)
def test_an_ini_file_that_is_none_is_one_line(site, text):
    site.ini.write_text(text, encoding="latin-1")

    assert site.refusal("user", "list").startswith(f"the ini file {site.ini}: ")


def test_logging_sections_that_cannot_work_are_one_line(site):
    site.ini.write_text(site.ini.read_text() + "[loggers]\nkeys = root\n")

    assert site.refusal("serve") == f"the ini file {site.ini}: its logging sections: 'formatters'"


def older_database(path):
    """Make a database as the first version had it."""
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
