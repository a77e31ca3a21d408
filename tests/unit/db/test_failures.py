"""What PostgreSQL says when it cannot, and what becomes of it: a refusal, never our mistake."""

import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError

from sregistry_core.db import schema
from sregistry_core.db.failures import as_refusal, is_collision
from sregistry_core.db.session import open_database
from sregistry_core.errors import Conflict, Malformed, Unavailable
from sregistry_core.models import Blob, BlobState, Team
from sregistry_core.testing.registry import MovableClock


@pytest.fixture(scope="module")
def database(postgresql):
    url = postgresql.make_empty_database()
    opened = open_database(url)
    schema.upgrade(opened.writing)
    yield opened
    opened.dispose()
    postgresql.drop(url)


@contextmanager
def refused(kind, words):
    with pytest.raises(Exception) as failed:
        yield
    refusal = as_refusal(failed.value)
    assert type(refusal) is kind, failed.value
    assert words in str(refusal)


def team(name):
    return Team(name=name, created_at=MovableClock()())


@pytest.mark.parametrize("name", ["with\0nul", "long" * 100])
def test_a_text_that_cannot_be_kept_is_malformed(database, name):
    with refused(Malformed, "is kept, or holds NUL"), database.transaction() as db:
        db.add(team(name))


def test_so_is_one_that_is_only_looked_for(database):
    with refused(Malformed, "holds NUL"), database.transaction(writes=False) as db:
        db.scalars(select(Team).where(Team.name == "with\0nul")).all()


def test_so_is_a_number_that_is_too_large(database):
    with refused(Malformed, "larger than is kept"), database.transaction() as db:
        db.add(
            Blob(
                digest="sha256:1",
                size=1 << 70,
                storage="x",
                key="x",
                state=BlobState.VERIFIED,
                created_at=MovableClock()(),
            )
        )


def test_a_name_that_is_taken_is_a_conflict(database):
    with database.transaction() as db:
        db.add(team("taken"))

    with refused(Conflict, "somebody else was faster"), database.transaction() as db:
        db.add(team("taken"))


def test_a_row_that_vanished_is_a_conflict(database):
    with database.transaction() as db:
        db.add(team("vanishing"))

    with refused(Conflict, "somebody else was faster"), database.transaction() as db:
        found = db.scalars(select(Team).where(Team.name == "vanishing")).one()
        with database.transaction() as other:
            other.delete(other.get(Team, found.id))
        found.name = "never"


def test_two_that_wait_for_each_other_are_told_to_try_again(database):
    with database.transaction() as db:
        db.add_all([team("first"), team("second")])
    both, failures = threading.Barrier(2), []

    def lock(*names):
        try:
            with database.transaction() as db:
                for name in names:
                    db.scalars(select(Team).where(Team.name == name).with_for_update()).one()
                    if name == names[0]:
                        both.wait()
        except DBAPIError as error:
            failures.append(error)

    threads = [
        threading.Thread(target=lock, args=names)
        for names in (("first", "second"), ("second", "first"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (failure,) = failures
    assert is_collision(failure)
    assert isinstance(as_refusal(failure), Unavailable)


def test_a_connection_that_dies_is_told_and_the_next_one_works(database):
    with refused(Unavailable, "the database does not answer"), database.transaction() as db:
        number = db.scalar(text("SELECT pg_backend_pid()"))
        with database.transaction() as other:
            other.execute(text(f"SELECT pg_terminate_backend({number})"))
        db.execute(text("SELECT 1"))

    with database.transaction() as db:
        assert db.scalar(text("SELECT 1")) == 1


def test_a_connection_that_died_while_nobody_used_it_is_not_noticed(database):
    with database.transaction() as db:
        db.execute(text("SELECT 1"))
    engine = create_engine(database.reading.url)
    with engine.connect() as other:
        other.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    engine.dispose()

    for _ in range(3):
        with database.transaction() as db:
            assert db.scalar(text("SELECT 1")) == 1
