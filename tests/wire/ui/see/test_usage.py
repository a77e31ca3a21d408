"""Storage and pulls over time, unique and shared bytes."""

from datetime import timedelta

import pytest

from sregistry_core.contracts import Caller
from sregistry_core.models import DailyStorage
from sregistry_core.names import CollectionName
from sregistry_core.testing.browser import Browser
from sregistry_core.testing.sif_files import make_sif

SHARED = len(make_sif(payload_size=40_000))
LARGE = len(make_sif(payload_size=80_000))
SMALL = len(make_sif(payload_size=1_000))


def rows(answer):
    return [line.split(",") for line in answer.text.splitlines()[1:]]


def test_a_measurement_counts_each_blob_of_a_collection_once(filled):
    with filled.parts.unit()() as services:
        found = {
            (name_of(services, row.collection_id), row.size, row.shared_size)
            for row in services.db.query(DailyStorage)
            if row.day == filled.clock().date()
        }
    assert found == {
        ("ada/lab", SHARED + LARGE + SMALL, SHARED),
        ("ada/spare", SHARED, SHARED),
        ("bob/secret", SHARED, SHARED),
    }


def name_of(services, collection_id):
    found = services.catalog.collection_by_id(collection_id)
    return f"{found.entity.name}/{found.name}"


def test_measuring_twice_on_a_day_leaves_one_measurement(filled):
    with filled.parts.unit()() as services:
        services.usage.measure()
        assert services.db.query(DailyStorage).count() == 6


def test_the_duty_comes_round(registry, ada):
    ada.push("ada/lab/blast:1", make_sif())
    registry.parts.jobs.look_for_work()
    registry.clock.move(timedelta(hours=6))
    registry.parts.jobs.look_for_work()
    registry.run_jobs()
    with registry.parts.unit()() as services:
        assert services.db.query(DailyStorage).count() == 1


@pytest.mark.parametrize("chosen", ["30d", "90d", "1y", "all"])
def test_every_range_has_a_picture_and_a_table(filled, browser, chosen):
    page = browser.open(f"/-/usage?range={chosen}", status=200)
    assert page.text.count('class="chart-wide"') == 2
    assert page.text.count("<table") == 2
    assert "bob/secret" not in page.text


def test_a_range_that_is_none_is_refused(filled, browser):
    assert browser.open("/-/usage?range=2d", status=400)


def test_the_files_tell_only_of_what_one_may_see(filled, browser):
    storage = rows(browser.open("/-/usage/storage.csv?range=30d"))
    today = str(filled.clock().date())
    assert [row[2:] for row in storage if row[0] == today] == [
        ["ada/lab", str(SHARED + LARGE + SMALL)],
        ["ada/spare", str(SHARED)],
    ]
    pulls = rows(browser.open("/-/usage/pulls.csv?range=30d"))
    assert sum(int(row[3]) for row in pulls) == 1


def test_shared_bytes_tell_nothing_of_what_is_hidden(filled, ada, bob):
    """Bob's private collection has the bytes of ada's spare one too: ada must not learn that."""
    with filled.parts.unit()() as services:
        ada_lab = ("ada/lab", "ada/spare", "bob/secret")
        everything = {name: shared_of(services, name) for name in ada_lab}
        caller = services.accounts.caller_of(services.accounts.find("ada"))
    assert everything == dict.fromkeys(ada_lab, SHARED)
    # Without ada's own second copy only bob's is left.
    assert ada.delete("/v1/images/ada/spare/blast:1?arch=amd64", status=200)
    with filled.parts.unit(caller)() as services:
        assert shared_of(services, "ada/lab") == 0
    with filled.parts.unit()() as services:
        assert shared_of(services, "ada/lab") == SHARED


def test_of_an_owner_shared_is_what_stands_in_several_collections_that_one_sees(filled, ada):
    stranger = Caller.anonymous()
    # In the lab and in the spare collection; that bob has it, nobody else is told.
    assert shared_by(filled, "ada", stranger) == 2 * SHARED
    assert ada.delete("/v1/images/ada/spare/blast:1?arch=amd64", status=200)
    assert shared_by(filled, "ada", stranger) == 0
    assert shared_by(filled, "ada", None) == SHARED


def shared_by(registry, name, caller):
    with registry.parts.unit(caller)() as services:
        return services.usage.totals(entity=services.catalog.entity(name)).shared


def shared_of(services, name):
    found = services.catalog.collection(CollectionName.parse(name, home=""))
    totals = services.usage.totals(collection=found)
    return totals.shared


def test_of_the_whole_registry_shared_bytes_are_for_administrators(filled, browser, admin):
    assert "another collection too" not in browser.open("/-/usage").text
    theirs = Browser(filled)
    theirs.sign_in("root", status=303)
    assert "another collection too" in theirs.open("/-/usage").text


def test_a_collection_that_was_emptied_falls_to_nothing(filled, ada, browser):
    assert ada.delete("/v1/images/ada/spare/blast:1?arch=amd64", status=200)
    filled.clock.move(timedelta(days=1))
    filled.run_jobs()
    with filled.parts.unit()() as services:
        services.usage.measure()
    storage = rows(browser.open("/ada/spare/-/usage/storage.csv?range=30d"))
    assert [row[3] for row in storage][-3:] == [str(SHARED), str(SHARED), "0"]


def test_pulls_are_told_by_collection(filled, ada, browser):
    page = browser.open("/ada/-/usage", status=200)
    assert page.text.count("<bdi>ada/lab</bdi></th>") == 2
