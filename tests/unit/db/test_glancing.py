"""Single statements that read: on connections that threads keep, and that may be lost meanwhile."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import column, event, func, select, table, text
from sqlalchemy.exc import DBAPIError

from sregistry_core.db.glancing import MOST_KEPT
from sregistry_core.db.session import glance, mark_changed
from sregistry_core.testing.connections import connections_at_work

NUMBER = select(func.max(column("number"))).select_from(table("came"))
OWN_PROCESS = select(func.pg_backend_pid())


@pytest.fixture
def database(database):
    """A database of each kind, with the smallest table."""
    change(database, "CREATE TABLE came (number INTEGER)")
    return database


@pytest.fixture
def taken(database):
    """How often a connection was taken out of the pool."""
    taken = []
    event.listen(database.reading, "checkout", lambda *about: taken.append(True))
    return taken


def change(database, statement):
    with database.transaction() as db:
        db.connection().execute(text(statement))
        mark_changed(db)


def ask(database, statement=NUMBER):
    with database.transaction(writes=False) as db:
        row = glance(db, statement, {})
        assert not db.in_transaction()
    return row[0]


def test_a_thread_keeps_its_connection_and_sees_what_others_have_written_since(database, taken):
    for number in range(5):
        change(database, f"INSERT INTO came VALUES ({number})")
        assert ask(database) == number

    assert len(taken) == 6


def test_no_more_connections_are_kept_than_leave_some_for_all_others(database, taken):
    together = threading.Barrier(MOST_KEPT + 2)

    def ask_twice(_number):
        together.wait()
        ask(database)
        together.wait()
        taken.clear()
        together.wait()
        return ask(database)

    with ThreadPoolExecutor(MOST_KEPT + 2) as crowd:
        assert set(crowd.map(ask_twice, range(MOST_KEPT + 2))) == {None}

    assert len(taken) == 2


def test_a_thread_that_has_ended_leaves_its_place_to_another_one(database, taken):
    for _ in range(2):
        for _ in range(MOST_KEPT):
            thread = threading.Thread(target=ask, args=(database,))
            thread.start()
            thread.join()
        gc.collect()
    taken.clear()
    ask(database)
    ask(database)

    assert len(taken) == 1
    assert database.glances.kept == 1
    assert connections_at_work(database) == 0


def test_a_statement_that_fails_is_told_and_the_next_one_is_answered(database):
    ask(database)
    with pytest.raises(DBAPIError):
        ask(database, select(column("nothing")).select_from(table("came")))

    assert ask(database) is None


def test_a_database_that_is_closed_has_no_connection_left(database):
    ask(database)
    database.dispose()
    assert database.reading.pool.checkedout() == 0

    assert ask(database) is None


def test_a_connection_that_was_lost_meanwhile_is_replaced_and_nobody_notices(on_postgresql):
    mine = ask(on_postgresql, OWN_PROCESS)
    assert ask(on_postgresql, OWN_PROCESS) == mine
    change(on_postgresql, f"SELECT pg_terminate_backend({mine}, 10000)")

    assert ask(on_postgresql, OWN_PROCESS) != mine


def test_a_connection_that_is_kept_holds_no_transaction_open(on_postgresql):
    mine = ask(on_postgresql, OWN_PROCESS)
    with on_postgresql.transaction(writes=False) as db:
        state = db.scalar(text(f"SELECT state FROM pg_stat_activity WHERE pid = {mine}"))

    assert state == "idle"
