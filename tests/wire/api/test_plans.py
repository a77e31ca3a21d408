"""No list reads whole tables, or sorts them: so says SQLite of every statement of a page."""

import re

import pytest

from sregistry_core.models import Base
from sregistry_core.testing.registry import Registry
from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.statements import statements_of

CONTAINER = "/api/v1/containers/ada/lab/blast"
COLLECTION = "/api/v1/collections/ada/lab"
PAGES = [
    "/",
    "/ada",
    "/ada/lab",
    "/ada/lab/blast",
    "/ada/lab/blast:1",
    "/ada/lab/blast/-/history",
    "/-/explore",
    "/-/explore?order=pulls",
    "/-/explore?order=stars",
    "/-/explore?show=containers",
    "/-/search",
    "/-/search?order=pulls",
    "/-/search?order=name",
    "/-/search?q=blast",
    "/-/search?q=blast&arch=amd64&order=pulls",
    "/-/feed.atom",
    "/ada/lab/-/feed.atom",
    "/sitemap.xml",
    "/-/sitemap.xml?after=ada",
]
LISTS = [
    "/api/v1/search",
    "/api/v1/search?text=blast",
    "/api/v1/search?text=maintainer%3Dada",
    "/api/v1/search/containers",
    "/api/v1/search/containers?text=blast",
    "/api/v1/collections",
    "/api/v1/collections?entity=ada",
    "/api/v1/collections?after=ada/a",
    f"{COLLECTION}/containers",
    f"{COLLECTION}/grants",
    f"{COLLECTION}/robots",
    f"{COLLECTION}/publishers",
    f"{COLLECTION}/rebuilds",
    f"{COLLECTION}/build-secrets",
    f"{CONTAINER}/images",
    f"{CONTAINER}/tags",
    f"{CONTAINER}/tags/1/history",
    f"{CONTAINER}/shares",
    "/api/v1/shares",
    "/api/v1/teams",
    "/api/v1/teams/crew/members",
    "/api/v1/teams/crew/invitations",
    "/api/v1/teams/crew/robots",
    "/api/v1/open-teams",
    "/api/v1/users",
    "/api/v1/users/root/sessions",
    "/api/v1/tokens",
    "/api/v1/user/stars",
    "/api/v1/user/news",
    "/api/v1/quotas",
    "/api/v1/builds",
    "/api/v1/builds?mine=true",
    "/api/v1/builds?state=queued,running",
    "/api/v1/builds?collection=ada/lab",
    "/api/v1/audit",
    "/api/v1/audit?action=token",
    "/api/v1/audit?target=ada/lab",
]
TABLES = {table.name for table in Base.metadata.tables.values()}
READ = re.compile(r"SCAN (\w+)( USING .*)?")
RANGE = re.compile(r"SEARCH (\w+) USING .*\(\w+[<>]\?.*")
SORTED = "USE TEMP B-TREE FOR ORDER BY"
KNOWN = {
    # In the order of their numbers, which is that of the table.
    "/api/v1/shares": "SCAN share_link",
    # What has a target is confined by it before it is sorted.
    "/api/v1/audit?target=ada/lab": (
        "SEARCH audit_event USING INDEX ix_audit_event_target (target>? AND target<?)"
    ),
    # In their order until there are enough; those are sorted once more.
    "/api/v1/builds": "SCAN build USING INDEX ix_build_ordered_at",
    # Each 400th of all names.
    "/sitemap.xml": "SCAN search_entry USING INDEX ix_search_entry_full_name",
    # Keys of collections alone, of which there are few beside containers.
    "/-/explore": "SCAN collection",
}


@pytest.fixture(scope="module")
def plans(tmp_path_factory, empty_database):
    """What SQLite does for each page: without statistics, as it has none in a large registry."""
    protocols = "discovery transfer library api ui"
    registry = Registry(
        tmp_path_factory.mktemp("plans"), empty_database, {"sregistry.protocols": protocols}
    )
    ada, admin = registry.user("ada"), registry.user("root", is_admin=True)
    ada.push("ada/lab/blast:1", make_sif(labels={"maintainer": "ada"}))
    ada.post("/api/v1/teams", {"team": "crew"}, status=201)
    registry.run_jobs()
    found = {path: list(_plans(registry, registry.stranger, path)) for path in PAGES}
    found |= {path: list(_plans(registry, admin, path)) for path in LISTS}
    yield found
    registry.close()


def _plans(registry, actor, path):
    with statements_of(registry.parts.database) as asked:
        actor.get(path, headers={"Accept": "text/html,*/*"}, status=200)
    assert asked
    with registry.parts.database.reading.connect() as connection:
        for statement, values in asked:
            if statement.lstrip().startswith(("SELECT", "WITH")):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                yield [row[3] for row in plan]


def _faults(plan):
    """What of a plan grows with a table: reading it without an index, or reading and sorting it."""
    for step in plan:
        read = READ.fullmatch(step)
        if read and read.group(1) in TABLES and (not read.group(2) or SORTED in plan):
            yield step
        if RANGE.fullmatch(step) and SORTED in plan:
            yield step


@pytest.mark.parametrize("path", [*PAGES, *LISTS])
def test_nothing_reads_or_sorts_a_whole_table(plans, path):
    faults = {step for plan in plans[path] for step in _faults(plan)}

    assert faults - {KNOWN.get(path)} == set()


def test_a_plan_that_reads_a_whole_table_would_be_seen(plans):
    assert list(_faults(["SCAN container"]))
    assert list(_faults(["SCAN container USING INDEX some", SORTED]))
    assert list(_faults(["SEARCH image USING INDEX some (blob_id>?)", SORTED]))
    assert not list(_faults(["SEARCH container USING INDEX some (name=?)", SORTED]))
    steps = [step for plan in plans["/api/v1/search?text=blast"] for step in plan]
    assert any("search_entry" in step for step in steps)
