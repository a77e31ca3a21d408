"""Charts of the whole registry read neither its containers nor its images, and no table in full."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from sregistry_core.models import CollectionDownloads, Period
from sregistry_core.names import ContainerName
from sregistry_core.testing.statements import statements_of

PATHS = [
    "/-/usage",
    "/-/usage?range=30d",
    "/-/usage?range=all",
    "/-/usage/pulls.csv",
    "/-/usage/storage.csv",
]
AMOUNTS = ("collection_downloads", "daily_storage")
LARGE = ("container", "image", "blob", "tag", "daily_downloads")


def steps_of(registry, browser, path):
    """What SQLite does for a page."""
    with statements_of(registry.parts.database) as asked:
        browser.open(path, status=200)
    with registry.parts.database.reading.connect() as connection:
        return [
            row[3]
            for statement, values in asked
            if statement.lstrip().startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]


def test_charts_are_answered_from_indexes_of_what_was_summed_up(filled, browser):
    if filled.parts.database.reading.dialect.name != "sqlite":
        pytest.skip("PostgreSQL reads small tables without their indexes")
    for path in PATHS:
        steps = steps_of(filled, browser, path)
        assert any(re.search(rf"\b{table}\b", step) for step in steps for table in AMOUNTS)
        read = [step for step in steps for one in LARGE if re.match(rf"\w+ {one}\b", step)]
        whole = [step for step in steps for one in AMOUNTS if step.startswith(f"SCAN {one}")]
        assert read + whole == [], path


def test_pulls_are_counted_by_day_week_and_month(filled, ada):
    filled.clock.move(timedelta(days=40))
    for _ in range(2):
        ada.pull("ada/lab/blast:1", status=200)
        ada.pull("ada/lab/small:1", status=200)
        filled.parts.jobs.write_tally()
    today = filled.clock().date()

    with filled.parts.unit()() as services:
        for period in Period:
            assert services.db.scalars(
                select(CollectionDownloads.count).where(
                    CollectionDownloads.period == period,
                    CollectionDownloads.first_day == period.first_day(today),
                )
            ).all() == [4]


def test_every_range_adds_up_to_all_pulls_and_keeps_those_of_what_was_deleted(filled, ada, browser):
    ada.pull("ada/lab/small:1", status=200)
    filled.parts.jobs.write_tally()
    with filled.parts.unit()() as services:
        name = ContainerName.parse("ada/lab/small", home="")
        services.catalog.delete_container(services.catalog.container(name))
    for chosen in ("30d", "90d", "1y", "all"):
        lines = browser.open(f"/-/usage/pulls.csv?range={chosen}").text.splitlines()[1:]
        assert sum(int(line.split(",")[3]) for line in lines) == 2, chosen


def test_what_is_hidden_is_not_in_the_sums(filled, browser):
    """Bob's own page counts his pull, and nobody else's does."""
    lines = browser.open("/-/usage/pulls.csv?range=30d").text.splitlines()[1:]
    assert {line.split(",")[2] for line in lines} == {"ada/lab"}
    filled.hide("ada/lab")
    lines = browser.open("/-/usage/pulls.csv?range=30d").text.splitlines()[1:]
    assert sum(int(line.split(",")[3]) for line in lines) == 0
