"""While the database is away a build goes on, and the log says so in one line each time."""

import asyncio
import time

import pytest

from sregistry_core.buildlog import watching
from sregistry_core.db.session import open_database
from sregistry_core.jobs import building
from sregistry_core.jobs.build_log import BuildLog
from sregistry_core.jobs.unit import unit_of

NOBODY_LISTENS = "postgresql+psycopg://sregistry@127.0.0.1:1/gone"


@pytest.fixture
def away(registry):
    """Opens transactions of a database whose server is not there."""
    database = open_database(NOBODY_LISTENS)
    yield unit_of(database, registry.parts.facilities)
    database.dispose()


def require_single_lines(caplog, words):
    records = caplog.records
    assert {record.levelname for record in records} == {"WARNING"}
    for record in records:
        assert words in record.getMessage()
        assert "Connection refused" in record.getMessage()
        assert "\n" not in record.getMessage()
        assert record.exc_info is None


def test_lines_that_wait_are_kept_until_it_is_back(away, caplog):
    times = iter(range(0, 1000, 10))
    output = BuildLog(away, "a-build", clock=lambda: next(times))

    output.line("begun")

    require_single_lines(caplog, "lines of a-build cannot be written yet")
    assert output._waiting == [(1, "begun")]


def test_what_is_written_now_and_then_is_tried_again(away, caplog, monkeypatch):
    monkeypatch.setattr(building, "PAUSE_SECONDS", 0.02)
    output = BuildLog(away, "a-build", clock=lambda: 0.0)
    output.line("begun")

    with building._written(output):
        until = time.monotonic() + 20
        while len(caplog.records) < 2 and time.monotonic() < until:
            time.sleep(0.02)

    assert len(caplog.records) >= 2
    require_single_lines(caplog, "lines of a build cannot be written down yet")


def test_who_follows_a_build_is_kept_waiting(away, caplog, monkeypatch):
    monkeypatch.setattr(watching, "_PAUSE_AFTER_AN_ERROR", 0.02)

    async def look(_last):
        with away() as services:
            return services.building.follow("a-build", after=0, limit=10)

    async def follow():
        task = asyncio.create_task(watching.Watch(0).run(look))
        while len(caplog.records) < 2:
            await asyncio.sleep(0.02)
        assert not task.done()
        task.cancel()

    asyncio.run(asyncio.wait_for(follow(), 20))

    require_single_lines(caplog, "a build cannot be looked at yet")
