"""The schema on PostgreSQL: data survives upgrades, and texts sort as they do on SQLite."""

import threading

import pytest
from alembic import command
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from sregistry_core.db import schema
from sregistry_core.db.session import open_database, pause, start_over
from sregistry_core.errors import ConfigurationError
from sregistry_core.models import Blob, Image, Tag, Team, User
from sregistry_core.testing.registry import MovableClock

NOW = "2026-01-31 09:26:53+00"
OLD_ROWS = (
    "INSERT INTO user_account (id, name, is_admin, created_at)"
    f" VALUES ('u', 'ada', false, '{NOW}')",
    "INSERT INTO entity (id, name, kind, user_id, description, created_at)"
    f" VALUES ('e', 'ada', 'user', 'u', '', '{NOW}')",
    "INSERT INTO collection (id, entity_id, name, description, private, created_at)"
    f" VALUES ('c', 'e', 'lab', '', false, '{NOW}')",
    "INSERT INTO container (id, collection_id, name, description, created_at)"
    f" VALUES ('b', 'c', 'blast', '', '{NOW}')",
    "INSERT INTO blob (id, digest, size, storage, key, state, created_at)"
    f" VALUES ('y', 'sha256:1', 20000000000000, 'filesystem', 'k', 'verified', '{NOW}')",
    "INSERT INTO image (id, container_id, blob_id, digest, description, signed, encrypted,"
    " fingerprints, inspection, created_at)"
    f" VALUES ('i', 'b', 'y', 'sha256:1', '', false, false, '[]', '{{}}', '{NOW}')",
    "INSERT INTO tag (container_id, name, arch, image_id, moved_at)"
    f" VALUES ('b', '1', 'amd64', 'i', '{NOW}')",
)


@pytest.fixture
def url(postgresql):
    made = postgresql.make_empty_database()
    yield made
    postgresql.drop(made)


@pytest.fixture
def database(url):
    opened = open_database(url)
    yield opened
    opened.dispose()


def test_rows_of_the_first_schema_survive_all_upgrades(database):
    with database.writing.begin() as connection:
        command.upgrade(schema._config(connection), "0001")
        for statement in OLD_ROWS:
            connection.execute(text(statement))

    assert schema.upgrade(database.writing) == ("0001", schema.newest_version())

    with database.transaction(writes=False) as db:
        assert db.scalars(select(User.name)).all() == ["ada"]
        (tag,), (image,), (blob,) = (
            db.scalars(select(table)).all() for table in (Tag, Image, Blob)
        )
        assert tag.image_id == image.id
        assert image.blob_id == blob.id
        assert blob.size == 20_000_000_000_000
        assert image.container.collection.require_signed is False


def test_names_sort_by_bytes_whatever_the_language_of_the_server(database):
    schema.upgrade(database.writing)
    names = ["a-b", "a.b", "a_b", "ab", "b", "A", "z", "\u00e4"]
    clock = MovableClock()
    with database.transaction() as db:
        db.add_all([Team(name=name, created_at=clock()) for name in names])

    with database.transaction(writes=False) as db:
        assert db.scalars(select(Team.name).order_by(Team.name)).all() == sorted(names)
        assert set(db.scalars(select(Team.name).where(Team.name > "a_b"))) == {
            "ab",
            "b",
            "z",
            "\u00e4",
        }


def test_every_text_of_every_table_sorts_by_bytes(database):
    schema.upgrade(database.writing)

    with database.reading.connect() as connection:
        others = connection.execute(
            text(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = current_schema() AND collation_name <> 'C'"
            )
        ).all()
    assert others == []


def test_many_processes_that_set_up_at_once_make_one_schema(url):
    failed = []

    def set_up():
        mine = open_database(url)
        try:
            schema.upgrade(mine.writing)
        except BaseException as error:
            failed.append(error)
        finally:
            mine.dispose()

    threads = [threading.Thread(target=set_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []


@pytest.mark.parametrize("leave", [pause, start_over])
def test_a_connection_that_was_lost_is_left_like_any_other(database, leave):
    """The server was killed while an answer was on its way: the rollback is first to find out."""
    with database.transaction() as db:
        mine = db.scalar(text("SELECT pg_backend_pid()"))
        with database.transaction() as other:
            other.scalar(text(f"SELECT pg_terminate_backend({mine}, 10000)"))

        leave(db)

        assert db.scalar(text("SELECT pg_backend_pid()")) != mine


def test_what_a_lost_connection_has_written_is_not_taken_for_kept(database):
    schema.upgrade(database.writing)
    with pytest.raises(OperationalError), database.transaction() as db:
        db.add(Team(name="lost", created_at=MovableClock()()))
        db.flush()
        mine = db.scalar(text("SELECT pg_backend_pid()"))
        with database.transaction() as other:
            other.scalar(text(f"SELECT pg_terminate_backend({mine}, 10000)"))

    with database.transaction(writes=False) as db:
        assert db.scalars(select(Team)).all() == []


def test_a_database_that_is_not_unicode_is_refused_with_the_words_that_help(postgresql):
    url = postgresql.make_empty_database(
        template="template0", more="ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'"
    )
    database = open_database(url)

    with pytest.raises(ConfigurationError, match="SQL_ASCII, and must keep them as UTF8"):
        schema.upgrade(database.writing)

    database.dispose()
    postgresql.drop(url)


def test_a_server_that_does_not_answer_is_told_in_one_line():
    database = open_database("postgresql://nobody@127.0.0.1:1/registry")

    with pytest.raises(ConfigurationError, match="the database cannot be opened: ") as refusal:
        schema.require_current(database.reading)

    assert "\n" not in str(refusal.value)
    database.dispose()


def test_it_plans_for_short_statements_unless_the_address_says_otherwise(url, database):
    wanted = "SELECT current_setting('max_parallel_workers_per_gather')"
    with database.reading.connect() as connection:
        assert connection.scalar(text(wanted)) == "0"
        connection.rollback()
        # Not of the transaction in which they were set.
        assert connection.scalar(text("SELECT current_setting('random_page_cost')")) == "1.1"
    told = open_database(f"{url}?options=-c%20max_parallel_workers_per_gather%3D3")
    try:
        with told.reading.connect() as connection:
            assert connection.scalar(text(wanted)) == "3"
            assert connection.scalar(text("SELECT current_setting('random_page_cost')")) == "4"
    finally:
        told.dispose()
