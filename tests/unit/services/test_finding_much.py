"""Finding much is another way than finding little, and gives the same: in order, page by page."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from sregistry_core.contracts import Action, Caller
from sregistry_core.contracts.policy import Reach
from sregistry_core.models import Container
from sregistry_core.names import CollectionName
from sregistry_core.services import closeness, finding
from sregistry_core.services.finding import Count
from sregistry_core.services.finding_wanted import Order, Wanted
from sregistry_core.testing.sif_files import make_sif

NAMES = (
    "ada/lab/blast",
    "ada/lab/blast-plus",
    "ada/lab/my.blast",
    "ada/blast/other",
    "ada/blast/blast",
    "ada/tools/samtools",
    "ada/hidden/blast",
    "ada/hidden/other",
)
ASKED = [
    *(Wanted(text=text) for text in ("blast", "BLAST ", "b", "a", "plus", "like", "lab bla", "x")),
    *(Wanted(text="a", order=order) for order in Order),
    Wanted(text="blast", archs=["arm64"]),
    Wanted(text="blast", archs=["arm64", "amd64"]),
    Wanted(text="blast", name="lab"),
    Wanted(text="a", labels=[("note", None)]),
    Wanted(labels=[("note", None)]),
    Wanted(name="blast"),
    Wanted(text="b", smallest=1),
]


@pytest.fixture
def callers(make_registry):
    """A registry, with those who see more of it and less."""
    registry = make_registry(protocols="discovery transfer library")
    ada = registry.user("ada")
    for number, name in enumerate(NAMES):
        arch = "arm64" if number % 2 else "amd64"
        labels = {"note": "like blast"} if number > 2 else {}
        ada.push(f"{name}:1", make_sif(arch=arch, labels=labels), arch=arch)
    registry.hide("ada/hidden")
    for name in (NAMES[1], NAMES[5]):
        for _ in range(3):
            arch = "arm64" if NAMES.index(name) % 2 else "amd64"
            ada.pull(f"{name}:1", arch=arch, status=200)
    registry.run_jobs()
    registry.parts.jobs.write_tally()
    for name in ("bob", "carol"):
        registry.user(name)
    with registry.parts.unit()() as services:
        hidden = services.catalog.collection(CollectionName("ada", "hidden"))
        services.grants.give(hidden, "reader", user="bob")
        found = services.db.scalars(
            select(Container).where(Container.collection_id == hidden.id, Container.name == "blast")
        ).one()
        ada, bob, carol = (
            services.accounts.caller_of(services.accounts.find(name))
            for name in ("ada", "bob", "carol")
        )
        root = services.accounts.create("root", is_admin=True)
        chief = services.accounts.caller_of(root)
        objects = (found.collection_id, found.id)
    reach = (Reach("ada/hidden/blast", frozenset({Action.READ}), objects),)
    return registry, [Caller.anonymous(), ada, bob, carol, replace(ada, reach=reach), chief]


def pages(registry, caller, wanted, *, limit):
    with registry.parts.unit(caller)() as services:
        names, after = [], ""
        while after is not None:
            page = services.finding.containers(wanted, after=after, limit=limit)
            names += [one.full_name for one in page.found]
            after = page.next_after
        return names


def count(registry, caller, wanted):
    with registry.parts.unit(caller)() as services:
        return services.finding.count(wanted)


def test_much_is_found_as_little_is(callers, monkeypatch):
    registry, all_callers = callers

    def found(limit):
        return [
            pages(registry, caller, wanted, limit=limit)
            for caller in all_callers
            for wanted in ASKED
        ]

    little = found(25)
    assert [len(names) for names in little[:: len(ASKED)]] == [6, 8, 8, 6, 7, 8]
    monkeypatch.setattr(finding, "FEW", 0)
    monkeypatch.setattr(finding, "COUNTED_TO", 0)
    for few, many in ((100, 300), (0, 300), (0, 0)):
        monkeypatch.setattr(closeness, "FEW", few)
        monkeypatch.setattr(closeness, "MANY", many)
        assert found(2) == little


def test_what_is_seen_of_much_is_counted(callers, monkeypatch):
    registry, all_callers = callers
    numbers = [
        (caller, wanted, len(pages(registry, caller, wanted, limit=25)))
        for caller in all_callers
        for wanted in ASKED
    ]

    monkeypatch.setattr(finding, "FEW", 0)
    for counted_to in (0, 1, 5, 6, 7):
        monkeypatch.setattr(finding, "COUNTED_TO", counted_to)
        for caller, wanted, number in numbers:
            expected = Count(min(number, counted_to), number <= counted_to)
            assert count(registry, caller, wanted) == expected
