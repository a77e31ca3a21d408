"""Those who write to SQLite in one process are served in the order in which they came."""

import threading
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from sregistry_core.db import session
from sregistry_core.db.session import open_database
from sregistry_core.db.turns import Turns

WRITERS = 8


@pytest.fixture
def database(tmp_path):
    opened = open_database(f"sqlite:///{tmp_path}/registry.sqlite")
    with opened.transaction() as db:
        db.connection().execute(text("CREATE TABLE came (number INTEGER)"))
        session.mark_changed(db)
    yield opened
    opened.dispose()


def write(database, number):
    with database.transaction() as db:
        db.connection().execute(text("INSERT INTO came VALUES (:number)"), {"number": number})
        session.mark_changed(db)


def came(database):
    with database.transaction(writes=False) as db:
        return list(db.scalars(text("SELECT number FROM came ORDER BY rowid")))


def test_who_has_waited_longest_writes_next(database):
    with database.transaction() as first:
        first.connection()
        threads = []
        for number in range(WRITERS):
            threads.append(threading.Thread(target=write, args=(database, number)))
            threads[-1].start()
            # So long that those who came first ask ten times a second only.
            time.sleep(0.1)
    for thread in threads:
        thread.join()

    assert came(database) == list(range(WRITERS))


def test_a_turn_ends_with_a_transaction_that_fails(database):
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), database.transaction() as db:
            db.connection().execute(text("INSERT INTO came VALUES (1)"))
            raise ZeroDivisionError
        with pytest.raises(OperationalError), database.transaction() as db:
            db.connection().execute(text("INSERT INTO gone VALUES (1)"))

    write(database, 2)

    assert came(database) == [2]


def test_a_connection_that_is_thrown_away_takes_no_turn_along(database):
    with database.transaction() as db:
        db.connection().invalidate()
    began = time.monotonic()

    write(database, 1)

    assert time.monotonic() - began < 5
    assert came(database) == [1]


def test_who_writes_twice_in_one_connection_has_one_turn(database):
    with database.writing.connect() as connection:
        for number in (1, 2):
            with connection.begin():
                connection.execute(text("INSERT INTO came VALUES (:number)"), {"number": number})

    write(database, 3)

    assert came(database) == [1, 2, 3]


def test_who_does_not_get_the_turn_is_told_so_by_sqlite(database, tmp_path, monkeypatch):
    monkeypatch.setattr(session, "SQLITE_PATIENCE_SECONDS", 0.2)
    impatient = open_database(f"sqlite:///{tmp_path}/registry.sqlite")

    with impatient.transaction() as db:
        db.connection()
        with pytest.raises(OperationalError, match="database is locked"):
            write(impatient, 1)

    write(impatient, 2)
    assert came(impatient) == [2]
    impatient.dispose()


def test_who_gives_up_waiting_is_passed_over():
    turns = Turns()
    assert turns.take(1)
    assert not turns.take(0.01)

    turns.give()

    assert turns.take(0.01)
