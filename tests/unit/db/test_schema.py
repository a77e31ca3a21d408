"""The schema: migrations and models agree, and no other version is worked on."""

import sqlite3
import threading

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text

from sregistry_core.db import schema
from sregistry_core.db.session import open_database, pause
from sregistry_core.errors import ConfigurationError
from sregistry_core.models import (
    CollectionDownloads,
    EntitySummary,
    ManifestTag,
    MeasuredDay,
    Outbox,
    Period,
    SharedBlob,
    Team,
    metadata,
)
from sregistry_core.testing.registry import MovableClock


def test_the_migrations_make_what_the_models_say(database):
    schema.upgrade(database.writing)

    with database.reading.connect() as connection:
        # The words of the search are no tables of SQLAlchemy.
        opts = {
            "compare_type": True,
            "include_name": lambda name, kind, _: (
                kind != "table" or not name.startswith("search_words")
            ),
        }
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []


def test_an_upgrade_tells_from_where_to_where_and_may_be_repeated(database):
    assert schema.upgrade(database.writing) == (None, schema.newest_version())
    assert schema.upgrade(database.writing) == (schema.newest_version(), schema.newest_version())
    schema.require_current(database.reading)


def test_an_upgrade_that_copies_a_table_keeps_what_refers_to_it(on_sqlite, path):
    """SQLite would remove the tags with the manifests while it drops the old table."""
    database = on_sqlite
    with database.writing.begin() as connection:
        command.upgrade(schema._config(connection), "0002")
    now = "2026-01-31 09:26:53.000000"
    with sqlite3.connect(path) as connection:
        for statement in (
            f"INSERT INTO entity VALUES ('e', 'ada', 'HOME', NULL, NULL, '', '{now}')",
            "INSERT INTO collection (id, entity_id, name, description, private, created_at)"
            f" VALUES ('c', 'e', 'lab', '', 0, '{now}')",
            "INSERT INTO container (id, collection_id, name, description, created_at)"
            f" VALUES ('b', 'c', 'blast', '', '{now}')",
            "INSERT INTO manifest (id, container_id, digest, media_type, annotations, body, size,"
            f" created_at) VALUES ('m', 'b', 'sha256:1', 'a/b', '{{}}', x'', 0, '{now}')",
            "INSERT INTO manifest_tag (container_id, name, manifest_id, moved_at)"
            f" VALUES ('b', '1', 'm', '{now}')",
        ):
            connection.execute(statement)

    assert schema.upgrade(database.writing) == ("0002", schema.newest_version())

    with database.transaction(writes=False) as db:
        assert [tag.manifest_id for tag in db.scalars(select(ManifestTag))] == ["m"]
        assert db.scalar(text("PRAGMA foreign_keys")) == 1
        assert db.execute(text("PRAGMA foreign_key_check")).all() == []


def test_pulls_of_before_are_summed_up_by_collection(database):
    with database.writing.begin() as connection:
        command.upgrade(schema._config(connection), "0019")
    now = "2026-01-31 09:26:53.000000"
    with database.writing.begin() as connection:
        for statement in (
            "INSERT INTO entity (id, name, kind, description, created_at)"
            f" VALUES ('e', 'ada', 'user', '', '{now}')",
            "INSERT INTO collection (id, entity_id, name, description, private, created_at)"
            f" VALUES ('c', 'e', 'lab', '', false, '{now}')",
            "INSERT INTO container (id, collection_id, name, description, created_at)"
            f" VALUES ('a', 'c', 'one', '', '{now}'), ('b', 'c', 'two', '', '{now}')",
            "INSERT INTO daily_downloads (container_id, day, count) VALUES"
            " ('a', '2026-01-30', 2), ('b', '2026-01-30', 3), ('b', '2026-02-01', 4)",
        ):
            connection.exec_driver_sql(statement)

    schema.upgrade(database.writing)

    with database.transaction(writes=False) as db:
        found = db.scalars(select(CollectionDownloads)).all()
    assert {(one.period, str(one.first_day), one.count) for one in found} == {
        (Period.DAY, "2026-01-30", 5),
        (Period.DAY, "2026-02-01", 4),
        (Period.WEEK, "2026-01-26", 9),
        (Period.MONTH, "2026-01-01", 5),
        (Period.MONTH, "2026-02-01", 4),
    }


def test_what_is_kept_for_pages_is_known_after_the_upgrade(database):
    with database.writing.begin() as connection:
        command.upgrade(schema._config(connection), "0021")
    now = "2026-01-31 09:26:53.000000"
    with database.writing.begin() as connection:
        for statement in (
            "INSERT INTO entity (id, name, kind, description, created_at)"
            f" VALUES ('e', 'ada', 'user', '', '{now}')",
            "INSERT INTO collection (id, entity_id, name, description, private, created_at)"
            f" VALUES ('c', 'e', 'lab', '', false, '{now}'), ('d', 'e', 'b', '', false, '{now}')",
            "INSERT INTO container (id, collection_id, name, description, created_at)"
            f" VALUES ('1', 'c', '1', '', '{now}'), ('2', 'c', '2', '', '{now}'),"
            f" ('3', 'd', '3', '', '{now}')",
            "INSERT INTO blob (id, digest, size, storage, key, state, created_at) VALUES"
            f" ('one', 'sha256:1', 10, 'f', 'a', 'verified', '{now}'),"
            f" ('two', 'sha256:2', 20, 'f', 'b', 'verified', '{now}')",
            "INSERT INTO image (id, container_id, blob_id, digest, description, signed, encrypted,"
            " fingerprints, inspection, created_at) VALUES"
            f" ('w', '1', 'one', 'sha256:1', '', false, false, '[]', '{{}}', '{now}'),"
            f" ('x', '2', 'one', 'sha256:1', '', false, false, '[]', '{{}}', '{now}'),"
            f" ('y', '2', 'two', 'sha256:2', '', false, false, '[]', '{{}}', '{now}'),"
            f" ('z', '3', 'two', 'sha256:2', '', false, false, '[]', '{{}}', '{now}')",
            "INSERT INTO repository_blob (container_id, digest, blob_id, created_at) VALUES"
            f" ('1', 'sha256:1', 'one', '{now}'), ('2', 'sha256:2', 'two', '{now}'),"
            f" ('3', 'sha256:2', 'two', '{now}')",
            "INSERT INTO daily_storage (collection_id, day, size, shared_size) VALUES"
            " ('c', '2026-01-30', 1, 0), ('d', '2026-01-30', 1, 0), ('d', '2026-01-31', 1, 0)",
        ):
            connection.exec_driver_sql(statement)

    schema.upgrade(database.writing)

    with database.transaction(writes=False) as db:
        assert db.scalars(select(SharedBlob.blob_id)).all() == ["two"]
        (entity,) = db.scalars(select(EntitySummary)).all()
        assert (entity.entity_id, entity.blob_count, entity.size) == ("e", 2, 30)
        days = db.scalars(select(MeasuredDay.day).order_by(MeasuredDay.day)).all()
        assert [str(day) for day in days] == ["2026-01-30", "2026-01-31"]


def test_a_database_without_a_schema_is_refused_with_the_command_to_run(database):
    with pytest.raises(
        ConfigurationError, match=r"has no schema, .* run sregistry-admin -c INI init"
    ):
        schema.require_current(database.reading)


def test_a_database_of_a_newer_program_is_refused_and_left_alone(database):
    schema.upgrade(database.writing)
    with database.writing.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigurationError, match="9999, which this program does not know"):
        schema.require_current(database.reading)
    with pytest.raises(ConfigurationError, match="newer version of sregistry-core"):
        schema.upgrade(database.writing)


def test_a_file_that_is_no_database_is_refused_in_one_line(on_sqlite, path):
    database = on_sqlite
    path.write_bytes(b"this is no database, but a text that is long enough to be looked at" * 20)

    with pytest.raises(ConfigurationError, match="the database cannot be opened: ") as refusal:
        schema.require_current(database.reading)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("url", ["nonsense", "oracle2://x", "://"])
def test_an_address_that_cannot_be_read_is_refused_in_one_line(url):
    with pytest.raises(ConfigurationError, match=r"^sregistry\.database: ") as refusal:
        open_database(url)
    assert "\n" not in str(refusal.value)


class TestTransactions:
    """One transaction each: all or nothing."""

    @pytest.fixture(autouse=True)
    def migrated(self, database):
        schema.upgrade(database.writing)

    def names(self, database):
        with database.transaction(writes=False) as db:
            return db.scalars(select(Team.name)).all()

    def test_what_ends_well_is_kept(self, database, clock):
        with database.transaction() as db:
            db.add(Team(name="crew", created_at=clock()))

        assert self.names(database) == ["crew"]

    def test_what_ends_badly_never_was(self, database, clock):
        with pytest.raises(RuntimeError), database.transaction() as db:
            db.add(Team(name="crew", created_at=clock()))
            db.flush()
            raise RuntimeError

        assert self.names(database) == []

    def test_a_pause_gives_the_connection_back(self, database):
        with database.transaction() as db:
            db.scalars(select(Outbox)).all()
            assert database.reading.pool.checkedout() == 1
            pause(db)
            assert database.reading.pool.checkedout() == 0
            db.scalars(select(Outbox)).all()

    def test_a_pause_after_writing_would_lose_it_and_is_refused(self, database, clock):
        with pytest.raises(RuntimeError, match="cannot be paused"), database.transaction() as db:
            db.add(Team(name="crew", created_at=clock()))
            pause(db)

    def test_two_writers_wait_for_each_other(self, database, clock):
        def write(name):
            for number in range(10):
                with database.transaction() as db:
                    db.scalars(select(Team)).all()
                    db.add(Team(name=f"{name}-{number}", created_at=clock()))

        threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(self.names(database)) == 40

    def test_a_naive_time_is_refused(self, database, clock):
        with pytest.raises(Exception, match="without a zone"), database.transaction() as db:
            db.add(Team(name="crew", created_at=clock().replace(tzinfo=None)))

    def test_times_come_back_in_utc(self, database, clock):
        now = clock()
        with database.transaction() as db:
            db.add(Team(name="crew", created_at=now))
        with database.transaction(writes=False) as db:
            assert db.scalars(select(Team.created_at)).one() == now


class TestSqlite:
    """What SQLite has to be told."""

    def test_it_syncs_each_commit_and_keeps_foreign_keys(self, on_sqlite):
        with on_sqlite.transaction() as db:
            assert db.execute(text("PRAGMA synchronous")).scalar() == 2
            assert db.execute(text("PRAGMA foreign_keys")).scalar() == 1
            assert db.execute(text("PRAGMA journal_mode")).scalar() == "wal"


@pytest.fixture
def clock():
    return MovableClock()
