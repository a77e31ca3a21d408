"""Finding containers: words and filters, orders, pages, and never what one may not see."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from sregistry_core.contracts import Action, Caller
from sregistry_core.contracts.policy import Reach
from sregistry_core.errors import Malformed
from sregistry_core.models import Collection, Container, Image, SearchEntry, Topic
from sregistry_core.names import CollectionName
from sregistry_core.services import finding
from sregistry_core.services.finding import Count
from sregistry_core.services.finding_wanted import Order, Wanted, Worth
from sregistry_core.services.search_words import Document, words_of
from sregistry_core.services.summaries import collection_changed
from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.statements import statements_of


@pytest.fixture
def registry(make_registry):
    return make_registry(protocols="discovery transfer library")


@pytest.fixture
def ada(registry):
    """Ada, who has pushed three images on three days."""
    ada = registry.user("ada")
    ada.push("ada/lab/blast:2.13", make_sif(labels={"Author": "Ada L", "v": "1"}), tags="latest")
    registry.clock.move(timedelta(days=1))
    ada.push("ada/lab/blast-plus:1", make_sif(arch="arm64", labels={"v": "2"}), arch="arm64")
    registry.clock.move(timedelta(days=1))
    ada.push("ada/tools/samtools:1", make_sif(labels={"note": "like blast, but not"}))
    registry.run_jobs()
    return ada


def find(registry, caller=None, *, after="", limit=25, **wanted):
    with registry.parts.unit(caller or Caller.anonymous())() as services:
        page = services.finding.containers(Wanted(**wanted), after=after, limit=limit)
        names = [entry.full_name for entry in page.found]
        count = services.finding.count(Wanted(**wanted))
        assert count == Count(count.number, True)
        if not after and page.next_after is None:
            assert count.number == len(names)
        return names


def caller_of(registry, name):
    with registry.parts.unit()() as services:
        return services.accounts.caller_of(services.accounts.find(name))


BLAST, PLUS, SAM = "ada/lab/blast", "ada/lab/blast-plus", "ada/tools/samtools"


WORDS = [
    ("blast", [BLAST, PLUS, SAM]),
    ("bla", [PLUS, BLAST, SAM]),
    ("BLAST", [BLAST, PLUS, SAM]),
    ("plus", [PLUS]),
    ("ada/lab/bla", [PLUS, BLAST]),
    ("lab bla", [PLUS, BLAST]),
    ("ada l", [PLUS, BLAST, SAM]),
    ("2.13", [BLAST]),
    ("last", []),
    ("blast samtools", [SAM]),
    ("zqf", []),
    ("///", []),
    ("'\" OR * NEAR( : ^ -", []),
    ("a' & !b | (c <-> :*", []),
]


def test_words_are_found_by_their_beginnings(registry, ada):
    said = {text: sorted(find(registry, text=text)) for text, _ in WORDS}

    assert said == {text: sorted(found) for text, found in WORDS}


def test_what_is_called_so_comes_before_what_speaks_of_it(registry, ada):
    for _ in range(3):
        ada.pull(f"{SAM}:1", status=200)
    ada.pull(f"{PLUS}:1", arch="arm64", status=200)
    registry.parts.jobs.write_tally()

    assert find(registry, text="blast") == [BLAST, PLUS, SAM]
    assert find(registry, text="blast", order=Order.PULLS) == [SAM, PLUS, BLAST]
    assert find(registry, text="blast", order=Order.DATE) == [SAM, PLUS, BLAST]
    assert find(registry, order=Order.NAME) == [BLAST, PLUS, SAM]


FILTERS = [
    ({"name": "blast"}, {BLAST, PLUS}),
    ({"labels": [("v", None)]}, {BLAST, PLUS}),
    ({"labels": [("V", "2")]}, {PLUS}),
    ({"labels": [("author", "ada l")]}, {BLAST}),
    ({"labels": [("v", "1"), ("author", None)]}, {BLAST}),
    ({"labels": [("v", "3")]}, set()),
    ({"archs": ["arm64"]}, {PLUS}),
    ({"archs": ["arm64", "amd64"]}, {BLAST, PLUS, SAM}),
    ({"archs": ["arm64"], "text": "samtools"}, set()),
    ({"entity": "ada"}, {BLAST, PLUS, SAM}),
    ({"entity": "bob"}, set()),
    ({"worth": Worth.NONE}, {BLAST, PLUS, SAM}),
    ({"worth": Worth.VERIFIED}, set()),
    ({"smallest": 10**9}, set()),
    ({"largest": 10**30, "smallest": 1}, {BLAST, PLUS, SAM}),
    ({"since": date.max}, set()),
    ({"until": date.max}, {BLAST, PLUS, SAM}),
    ({"starred": True}, set()),
]


def test_filters(registry, ada):
    said = [(wanted, set(find(registry, **wanted))) for wanted, _ in FILTERS]

    assert said == FILTERS


def test_a_collection_is_found_under_its_new_name_and_topics(registry, ada):
    with registry.parts.unit()() as services:
        lab = services.catalog.collection(CollectionName("ada", "lab"))
        services.renaming.rename(lab, "workshop")
        services.collection_changes.set_topics(lab, ["genomics"])
    registry.run_jobs()

    assert find(registry, text="lab") == []
    found = {"ada/workshop/blast", "ada/workshop/blast-plus"}
    assert set(find(registry, text="workshop")) == set(find(registry, topic="genomics")) == found


def test_dates_include_their_days(registry, ada):
    today = registry.clock.now.date()

    assert find(registry, since=today) == [SAM]
    assert find(registry, until=today - timedelta(days=2)) == [BLAST]
    yesterday = today - timedelta(days=1)
    assert find(registry, since=yesterday, until=yesterday) == [PLUS]


def test_a_digest_finds_its_bytes(registry, ada):
    with registry.parts.unit()() as services:
        digest = services.db.scalars(select(Image.digest)).first()

    assert len(find(registry, text=digest)) == 1
    assert len(find(registry, text=digest.removeprefix("sha256:")[:10])) == 1
    assert find(registry, text=digest, archs=["riscv64"]) == []


def test_pages_go_through_everything_once_in_every_order(registry, ada):
    with registry.parts.unit(Caller.anonymous())() as services:
        for wanted in [Wanted(text=text, order=order) for order in Order for text in ("", "a")]:
            whole = [one.full_name for one in services.finding.containers(wanted).found]
            names, after = [], ""
            while after is not None:
                page = services.finding.containers(wanted, after=after, limit=1)
                names += [one.full_name for one in page.found]
                after = page.next_after

            assert names == whole
            assert len(names) == 3


def test_what_is_no_key_is_refused(registry, ada):
    for order in (Order.PULLS, Order.DATE):
        for after in ("x", "1~2~3~4", "~", "-1~2", "9" * 40 + "~1", "1~²"):
            with pytest.raises(Malformed):
                find(registry, order=order, after=after)


def test_what_one_may_not_see_is_neither_found_nor_counted(registry, ada):
    registry.user("bob")
    registry.hide("ada/lab")

    assert find(registry, text="blast") == [SAM]
    assert find(registry, caller_of(registry, "bob"), text="blast") == [SAM]
    assert find(registry, caller_of(registry, "bob"), labels=[("v", None)]) == []
    assert find(registry, caller_of(registry, "ada"), labels=[("v", None)]) == [PLUS, BLAST]


def test_few_and_many_are_found_alike(registry, ada, monkeypatch):
    """Few are looked at one by one; of many it is asked whether a list of all seen has them."""
    registry.user("bob")
    registry.hide("ada/lab")
    callers = [None, caller_of(registry, "bob"), caller_of(registry, "ada")]
    asked = [{"text": text} for text, _ in WORDS] + [wanted for wanted, _ in FILTERS]
    asked += [{"text": "blast", "name": "plus"}, {"text": "lab", "archs": ["arm64"]}]
    asked += [{"text": "a", "order": order} for order in Order]

    def found():
        return [find(registry, caller, **wanted) for caller in callers for wanted in asked]

    one_by_one = found()
    assert [len(names) for names in one_by_one[:: len(asked)]] == [1, 1, 3]
    monkeypatch.setattr(finding, "FEW", 0)
    assert found() == one_by_one


def test_what_was_made_for_a_narrow_token_is_found_with_it(registry, ada, monkeypatch):
    """Beside what everybody sees: of what is hidden that one container."""
    registry.hide("ada/lab")
    with registry.parts.unit()() as services:
        found = services.db.scalars(select(Container).where(Container.name == "blast")).one()
        objects = (found.collection_id, found.id)
    reach = (Reach(BLAST, frozenset({Action.READ}), objects),)
    narrow = replace(caller_of(registry, "ada"), reach=reach)

    for few in (finding.FEW, 0):
        monkeypatch.setattr(finding, "FEW", few)
        assert sorted(find(registry, narrow, text="blast")) == [BLAST, SAM]


def test_stars_of_the_caller_alone(registry, ada):
    registry.user("bob")
    with registry.parts.unit(caller_of(registry, "bob"))() as services:
        tools = services.db.scalars(select(Collection).where(Collection.name == "tools")).one()
        services.stars.give(tools)

    assert find(registry, caller_of(registry, "bob"), starred=True) == [SAM]
    assert find(registry, caller_of(registry, "ada"), starred=True) == []


def test_what_is_said_of_a_collection_is_found_after_its_job(registry, ada):
    with registry.parts.unit()() as services:
        lab = services.db.scalars(select(Collection).where(Collection.name == "lab")).one()
        services.catalog.change_collection(lab, description="Séquençage, aligned")
        services.db.add(Topic(collection_id=lab.id, name="genomics"))
    registry.run_jobs()

    assert find(registry, text="sequen") == [PLUS, BLAST]
    assert find(registry, text="genom") == [PLUS, BLAST]
    assert find(registry, topic="genomics", order=Order.NAME) == [BLAST, PLUS]

    with registry.parts.unit()() as services:
        lab.name = "laboratory"
        services.db.merge(lab)
        collection_changed(services.outbox, lab.id)
    registry.run_jobs()
    assert find(registry, text="laboratory", order=Order.NAME) == [
        "ada/laboratory/blast",
        "ada/laboratory/blast-plus",
    ]


def test_what_goes_is_not_found_any_more(registry, ada):
    with registry.parts.unit()() as services:
        for name in ("blast", "samtools"):
            container = services.db.scalars(select(Container).where(Container.name == name)).one()
            services.catalog.delete_container(container)
        for image in services.db.scalars(select(Image)).all():
            services.images.delete(image)
    registry.run_jobs()

    assert find(registry) == []
    with registry.parts.unit()() as services:
        assert services.db.scalars(select(SearchEntry)).all() == []
        words = services.db.connection().exec_driver_sql("SELECT count(*) FROM search_words")
        assert words.scalar() == 0


def test_the_number_of_queries_does_not_grow_with_what_is_found(registry, ada):
    def queries():
        with registry.parts.unit(caller_of(registry, "ada"))() as services:
            services.db.connection()
            with statements_of(registry.parts.database) as sent:
                for entry in services.finding.containers(Wanted(text="a")).found:
                    assert entry.container.collection.entity.name
                services.finding.count(Wanted(text="a"))
        return len(sent)

    before = queries()
    registry.hide("ada/lab")
    for number in range(8):
        ada.push(f"ada/more{number}/a{number}:1", make_sif(labels={"n": str(number)}))
        registry.hide(f"ada/more{number}")
    registry.run_jobs()

    assert queries() == before


def test_words_are_taken_apart_without_case_accents_and_signs():
    assert words_of("Ada/Lab_2.13-Bläst ÉTÉ 日本") == [
        "ada",
        "lab",
        "2",
        "13",
        "blast",
        "ete",
        "日本",
    ]
    document = Document("a", "b/a", ["x " * 9, "y" * 500], ["f"])
    assert document.words() == {
        "own": ["a"],
        "path": ["b", "a"],
        "about": ["x", "y" * 60],
        "facets": ["f"],
    }
