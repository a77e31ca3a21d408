"""The older search: what few have and what many have is found alike, by those who may see it."""

from dataclasses import replace

import pytest

from sregistry_core.contracts import Action, Caller
from sregistry_core.contracts.policy import Reach
from sregistry_core.names import CollectionName
from sregistry_core.services import search, search_words
from sregistry_core.services.access import name_of
from sregistry_core.services.search import Query
from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.statements import statements_of

TEXTS = ("", "blast", "BLA", "last", "lab", "ada/lab/bla", "note=like", "note=x", "stable", "///")


@pytest.fixture
def registry(make_registry):
    """Containers of Ada; Bob may read what is hidden, and Carol may not."""
    registry = make_registry(protocols="discovery transfer library")
    ada = registry.user("ada")
    ada.push("ada/lab/blast:1", make_sif(labels={"note": "like it"}), tags="stable")
    ada.push("ada/lab/plus:1", make_sif(arch="arm64"), arch="arm64")
    ada.push("ada/tools/blast:1", make_sif(labels={"n": "2"}))
    ada.push("ada/hidden/blast:1", make_sif(labels={"note": "like it", "n": "3"}))
    registry.hide("ada/hidden")
    for name in ("bob", "carol"):
        registry.user(name)
    let_in(registry, "hidden")
    registry.run_jobs()
    return registry


def let_in(registry, collection):
    with registry.parts.unit()() as services:
        found = services.catalog.collection(CollectionName("ada", collection))
        services.grants.give(found, "reader", user="bob")


def caller_of(registry, name):
    with registry.parts.unit()() as services:
        return services.accounts.caller_of(services.accounts.find(name))


def test_few_and_many_are_found_alike(registry, monkeypatch):
    callers = [Caller.anonymous(), *(caller_of(registry, name) for name in ("ada", "bob", "carol"))]
    asked = [Query(text=text, limit=limit) for text in TEXTS for limit in (1, 100)]
    asked += [Query(text=text, archs=["arm64"]) for text in ("", "lab", "blast")]

    def found():
        told = []
        for caller in callers:
            with registry.parts.unit(caller)() as services:
                for query in asked:
                    images = [name_of(one.container) for one in services.search.images(query)]
                    containers = [name_of(one) for one in services.search.containers(query)]
                    told.append((images, containers))
        return told

    few = found()
    all_, seen = ["ada/hidden/blast", "ada/lab/blast", "ada/tools/blast"], slice(1, None)
    blasts = few[asked.index(Query(text="blast")) :: len(asked)]
    assert blasts == [(all_[part], all_[part]) for part in (seen, slice(None), slice(None), seen)]
    monkeypatch.setattr(search, "FEW", 0)
    for much in (search_words.MUCH, 1, 0):
        monkeypatch.setattr(search_words, "MUCH", much)
        assert found() == few


def test_a_narrow_token_finds_what_it_was_made_to_read(registry):
    ada = caller_of(registry, "ada")
    with registry.parts.unit(ada)() as services:
        hidden = services.catalog.collection(CollectionName("ada", "hidden"))
        container = services.search.containers(Query(text="hidden"))[0]
    objects = (hidden.id, container.id)

    for action, expected in ((Action.READ, ["ada/hidden/blast"]), (Action.PUSH, [])):
        reach = (Reach("ada/hidden/blast", frozenset({action}), objects),)
        with registry.parts.unit(replace(ada, reach=reach))() as services:
            found = services.search.images(Query(text="blast"))
            assert [name_of(one.container) for one in found] == expected


def test_the_number_of_queries_does_not_grow_with_what_is_found(registry):
    """Nor with the collections that somebody was let into."""
    bob = caller_of(registry, "bob")

    def queries():
        with registry.parts.unit(bob)() as services:
            services.db.connection()
            with statements_of(registry.parts.database) as sent:
                found = services.search.images(Query(text="blast"))
                for one in services.search.containers(Query(text="blast")):
                    assert name_of(one)
        return len(sent), len(found)

    before, found = queries()
    ada = registry.user("eve", is_admin=True)
    for number in range(4):
        ada.push(f"ada/more{number}/blast:1", make_sif(labels={"more": str(number)}))
        registry.hide(f"ada/more{number}")
        let_in(registry, f"more{number}")
    registry.run_jobs()

    assert queries() == (before, found + 4)
