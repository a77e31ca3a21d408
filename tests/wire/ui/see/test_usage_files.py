"""Files of storage and pulls tell of every collection, and are read bit by bit."""

import pytest
from webtest import TestRequest

from sregistry_core.protocols.ui.see import usage_views
from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.statements import statements_of


@pytest.fixture(autouse=True)
def one_at_once(monkeypatch):
    monkeypatch.setattr(usage_views, "_AT_ONCE", 1)


def names(text):
    return [line.split(",")[2] for line in text.splitlines()[1:]]


def pieces(registry, path):
    """What comes of a file, piece by piece."""
    return iter(TestRequest.blank(path).get_response(registry.app.app).app_iter)


def test_a_file_tells_of_every_collection_that_one_may_see_by_name(filled, browser):
    storage = names(browser.open("/-/usage/storage.csv?range=90d", status=200).text)
    assert storage == ["ada/lab"] * 13 + ["ada/spare"] * 13
    pulls = browser.open("/-/usage/pulls.csv?range=90d", status=200).text
    assert names(pulls) == ["ada/lab"] * 13
    assert sum(int(line.split(",")[3]) for line in pulls.splitlines()[1:]) == 1
    spare = names(browser.open("/ada/spare/-/usage/storage.csv?range=30d").text)
    assert spare == ["ada/spare"] * 30


def test_what_comes_later_is_read_when_it_is_asked_for(filled):
    found = pieces(filled, "/-/usage/storage.csv?range=30d")
    assert next(found) == b"from,to,collection,bytes\r\n"
    assert set(names("\n" + next(found).decode())) == {"ada/lab"}
    # What is hidden meanwhile is not told any more.
    filled.hide("ada/spare")
    assert b"ada/spare" not in b"".join(found)


def test_a_batch_costs_the_same_however_many_collections_are_in_it(filled, ada, monkeypatch):
    monkeypatch.setattr(usage_views, "_AT_ONCE", 100)
    counts = []
    for number in range(3):
        with statements_of(filled.parts.database) as asked:
            assert b"".join(pieces(filled, "/-/usage/storage.csv?range=30d"))
        counts.append(len(asked))
        ada.push(f"ada/more{number}/blast:1", make_sif())
        filled.run_jobs()
        with filled.parts.unit()() as services:
            services.usage.measure()
    assert len(set(counts)) == 1
    assert b"ada/more1" in b"".join(pieces(filled, "/-/usage/storage.csv?range=30d"))
