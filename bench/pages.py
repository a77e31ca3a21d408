"""Pages and lists at 10 and at 20,000 containers: server time, growth, and bytes over the wire."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from statistics import median

from sqlalchemy import Table, insert, select
from table import print_table
from webtest import TestApp

from sregistry_core.app import Parts, assemble
from sregistry_core.db import schema
from sregistry_core.db.session import open_database
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import (
    Blob,
    BlobState,
    Collection,
    CollectionSummary,
    Container,
    ContainerSummary,
    DailyDownloads,
    Entity,
    Image,
    ImageLabel,
    SearchEntry,
    Tag,
)
from sregistry_core.services.search_words import Document, facet, write_words
from sregistry_core.testing.registry import ini_of

SMALL, LARGE = 10, 20_000
IMAGES_EACH = 5
COLLECTIONS_OF = 20
"""Containers in each collection."""
MOST_TAGS = 1000
GOAL_MS, GOAL_GROWTH, GOAL_BYTES = 50.0, 1.5, 100_000
_TIMES = 7
_AT_ONCE = 2000
_WORDS = ("blast", "samtools", "torch", "lammps", "gromacs", "rocky", "ubuntu", "r-base", "julia")

PAGES: Sequence[tuple[str, str]] = (
    # A page that comes with other parts of the interface gets its line here.
    ("home", "/"),
    ("search, one word", "/-/search?q=blast"),
    ("search, a beginning that all have", "/-/search?q=c"),
    ("search, by pulls", "/-/search?q=blast&order=pulls"),
    ("search, architecture and label", "/-/search?arch=arm64&label=maintainer%3Dada"),
    ("search, a label that all have", "/-/search?label=maintainer"),
    ("search, size and date", "/-/search?smallest=1MiB&since=2020-01-01"),
    ("search, nothing found", "/-/search?q=absent"),
    ("explore, collections", "/-/explore"),
    ("explore, most pulled", "/-/explore?order=pulls"),
    ("explore, containers", "/-/explore?show=containers"),
    ("collection of 20 containers", "/ada/c0"),
    ("container of 1,000 tags", "/ada/c0/many"),
    ("image", "/ada/c0/many:t0"),
    ("history of tags", "/ada/c0/many/-/history"),
    ("two images compared", "/-/compare?left=ada/c0/many:t0&right=ada/c0/many:t1"),
    ("feed of the registry", "/-/feed.atom"),
    ("feed of a collection", "/ada/c0/-/feed.atom"),
    ("usage", "/-/usage"),
    ("treemap, data", "/-/usage/treemap.json"),
    ("guide", "/-/guide"),
    ("API, registry", "/api/v1/registry"),
    ("API, search", "/api/v1/search?text=blast"),
    ("API, found containers", "/api/v1/search/containers?text=blast"),
    ("API, collections", "/api/v1/collections"),
    ("API, containers", "/api/v1/collections/ada/c0/containers"),
    ("API, images", "/api/v1/containers/ada/c0/many/images"),
    ("API, tags", "/api/v1/containers/ada/c0/many/tags"),
)


@dataclass(frozen=True)
class Seen:
    """What a page took; milliseconds and bytes, or the status that it was refused with."""

    milliseconds: float
    size: int
    status: int


def measure(directory: Path, *, url: str = "") -> bool:
    """Fill two registries, ask each for every page, and print; True when every goal is reached.

    url   of an empty database of PostgreSQL for the large one; SQLite without
    """
    seen: list[Mapping[str, Seen]] = []
    for containers in (SMALL, LARGE):
        room = directory / f"pages-{containers}"
        room.mkdir()
        database = url if url and containers == LARGE else f"sqlite:///{room}/registry.sqlite"
        begun = time.monotonic()
        fill(database, containers)
        print(f"{containers} containers, written in {time.monotonic() - begun:.0f} s")
        with _application(room, database) as app:
            seen.append({name: _ask(app, path) for name, path in PAGES})
    few, many = seen
    rows, is_reached = [], True
    for name, _ in PAGES:
        small, large = few[name], many[name]
        if large.status != 200:
            rows.append([name, "", "", "", f"answered {large.status}"])
            continue
        growth = large.milliseconds / small.milliseconds if small.status == 200 else 1.0
        missed = [
            what
            for what, is_over in (
                ("time", large.milliseconds >= GOAL_MS),
                ("growth", growth > GOAL_GROWTH and large.milliseconds > GOAL_MS / 10),
                ("bytes", large.size >= GOAL_BYTES),
            )
            if is_over
        ]
        is_reached = is_reached and not missed
        rows.append(
            [
                name,
                f"{large.milliseconds:.1f}",
                f"{growth:.2f}",
                f"{large.size / 1000:.1f}",
                f"MISSED: {', '.join(missed)}" if missed else "reached",
            ]
        )
    print_table(["page", f"ms at {LARGE}", f"of {SMALL}", "kB", "goals"], rows)
    return is_reached


def fill(url: str, containers: int) -> None:
    """Write so many containers with five images each, as pushes and their jobs leave them."""
    database = open_database(url)
    schema.upgrade(database.writing)
    chance = random.Random(1)
    now = datetime.now(UTC)
    with database.transaction() as db:
        entity = db.scalar(select(Entity).where(Entity.name == "ada"))
        if entity is None:
            entity = Entity(name="ada", kind="team", created_at=now)
            db.add(entity)
            db.flush()
        rows: dict[Table, list[dict[str, object]]] = {}
        words: list[tuple[int, Document]] = []
        collections: list[str] = []
        for number in range(-(-containers // COLLECTIONS_OF)):
            collections.append(new_identifier())
            _add(
                rows,
                Collection.__table__,
                id=collections[-1],
                entity_id=entity.id,
                name=f"c{number}",
                description=f"collection {number}",
                private=False,
                created_at=now,
            )
            _add(
                rows,
                CollectionSummary.__table__,
                collection_id=collections[-1],
                container_count=COLLECTIONS_OF,
                image_count=COLLECTIONS_OF * IMAGES_EACH,
                size=10**9 + number,
                pull_count=chance.randrange(10**6),
                star_count=chance.randrange(100),
                pushed_at=now - timedelta(minutes=number),
            )
        for number in range(containers):
            shelf = number // COLLECTIONS_OF
            name = "many" if number == 0 else f"{_WORDS[number % len(_WORDS)]}-{number}"
            moment = now - timedelta(minutes=number)
            _container(rows, words, name, number, collections[shelf], shelf, moment, chance)
        for table in (
            Collection,
            Container,
            Blob,
            Image,
            ImageLabel,
            Tag,
            DailyDownloads,
            ContainerSummary,
            CollectionSummary,
            SearchEntry,
        ):
            found = rows.get(table.__table__, [])
            for start in range(0, len(found), _AT_ONCE):
                db.execute(insert(table.__table__), found[start : start + _AT_ONCE])
        for number, document in words:
            write_words(db, number, document)
    with database.writing.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    database.dispose()


def _container(
    rows: dict[Table, list[dict[str, object]]],
    words: list[tuple[int, Document]],
    name: str,
    number: int,
    collection: str,
    shelf: int,
    moment: datetime,
    chance: random.Random,
) -> None:
    container, full_name = new_identifier(), f"ada/c{shelf}/{name}"
    arch, pulls = chance.choice(("amd64", "arm64")), chance.randrange(10**5)
    said = f"container {number} of the measurement"
    _add(
        rows,
        Container.__table__,
        id=container,
        collection_id=collection,
        name=name,
        description=said,
        created_at=moment,
    )
    tags = MOST_TAGS if name == "many" else IMAGES_EACH
    size = 0
    for place in range(IMAGES_EACH):
        blob, image = new_identifier(), new_identifier()
        digest = "sha256:" + sha256(f"{number} {place}".encode()).hexdigest()
        size += 10**6 + number
        _add(
            rows,
            Blob.__table__,
            id=blob,
            digest=digest,
            size=10**6 + number,
            storage="filesystem",
            key=f"sha256/{blob}",
            state=BlobState.VERIFIED,
            created_at=moment,
        )
        _add(
            rows,
            Image.__table__,
            id=image,
            container_id=container,
            blob_id=blob,
            digest=digest,
            description="",
            arch=arch,
            kind="sif",
            signed=False,
            encrypted=False,
            fingerprints=[],
            inspection={"labels": {"maintainer": "ada"}, "definition": "Bootstrap: docker\n"},
            inspected_at=moment,
            pushed_at=moment,
            created_at=moment,
        )
        _add(rows, ImageLabel.__table__, image_id=image, name="maintainer", value="ada")
        for tag in range(place, tags, IMAGES_EACH):
            _add(
                rows,
                Tag.__table__,
                container_id=container,
                name=f"t{tag}",
                arch=arch,
                image_id=image,
                moved_at=moment,
            )
    for day in range(3):
        _add(
            rows,
            DailyDownloads.__table__,
            container_id=container,
            day=moment.date() - timedelta(days=day),
            count=pulls // 3,
        )
    counts = {"image_count": IMAGES_EACH, "tag_count": tags, "size": size, "pull_count": pulls}
    _add(rows, ContainerSummary.__table__, container_id=container, pushed_at=moment, **counts)
    _add(
        rows,
        SearchEntry.__table__,
        number=number + 1,
        container_id=container,
        collection_id=collection,
        name=name,
        full_name=full_name,
        pushed_at=moment,
        latest_tag="t0",
        archs=[arch],
        signed=False,
        **counts,
    )
    facets = [
        facet("arch", arch),
        facet("worth", "none"),
        facet("entity", "ada"),
        facet("label", "maintainer"),
        facet("label", "maintainer", "ada"),
    ]
    words.append((number + 1, Document(name, full_name, [said, "ada"], facets)))


def _add(rows: dict[Table, list[dict[str, object]]], table: Table, **values: object) -> None:
    rows.setdefault(table, []).append(values)


@contextmanager
def _application(room: Path, database: str) -> Iterator[TestApp]:
    ini = {
        **ini_of(room),
        "sregistry.database": database,
        "sregistry.protocols": "discovery transfer library oci api ui",
    }
    parts = Parts.open(ini, here=room, environ={})
    try:
        yield TestApp(assemble(parts), extra_environ={"REMOTE_ADDR": "127.0.0.1"})
    finally:
        parts.close()


def _ask(app: TestApp, path: str) -> Seen:
    """Ask without a network, so that the time is the server's alone; the median of several."""
    spent, answer = [], None
    for _ in range(_TIMES):
        begun = time.perf_counter()
        answer = app.get(path, headers={"Accept": "text/html,*/*;q=0.8"}, expect_errors=True)
        spent.append(time.perf_counter() - begun)
    # The first one reads templates and makes statements.
    return Seen(median(spent[1:]) * 1000, len(answer.body), answer.status_int)
