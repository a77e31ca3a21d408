"""A library as pushes, people and their jobs leave it: as many containers as one likes."""

import random
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from deeds import do_deeds
from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from sregistry_core.contracts import Scope
from sregistry_core.db import schema
from sregistry_core.db.session import open_database
from sregistry_core.identifiers import new_identifier
from sregistry_core.models import (
    AuditEvent,
    Blob,
    BlobState,
    Collection,
    CollectionDownloads,
    CollectionSummary,
    Container,
    ContainerSummary,
    DailyDownloads,
    DailyStorage,
    Entity,
    Grant,
    Image,
    ImageLabel,
    MeasuredDay,
    Membership,
    Period,
    Publisher,
    RepositoryBlob,
    Robot,
    SearchEntry,
    ShareLink,
    Tag,
    Team,
    User,
)
from sregistry_core.services.quotas import measure_entities
from sregistry_core.services.search_words import Document, facet, write_words

IMAGES_EACH = 5
FEWEST = 100
"""Users and teams of a small library, and members of a team and grants on a collection of any."""
COLLECTION_OF = 10
"""Containers in each collection but one."""
LIST = 10
"""Collections of a small library, of which one holds something: as many as a list of ten shows."""
WIDE = 100
"""Containers in that one, of a large library."""
MOST_TAGS = 1000
SHARES = 200
"""Links to the container of many tags."""
PROGRAMS = 200
"""Robots of the first collection, and as many publishers."""
QUARTER = 13
"""Weeks of which it is told what each collection held, and how often it was pulled."""
_AT_ONCE = 2000
_WORDS = ("blast", "samtools", "torch", "lammps", "gromacs", "rocky", "ubuntu", "r-base", "julia")


def fill(url: str, containers: int) -> None:
    """Write so many containers with five images each, as pushes and their jobs leave them."""
    database = open_database(url)
    schema.upgrade(database.writing)
    chance = random.Random(1)
    now = datetime.now(UTC)
    with database.transaction() as db:
        rows: dict[Table, list[dict[str, object]]] = {}
        entity = _people(db, rows, now, max(containers // 10, FEWEST))
        words: list[tuple[int, Document]] = []
        collections: list[str] = []
        filled = -(-containers // COLLECTION_OF)
        for number in range(max(filled, LIST)):
            held = COLLECTION_OF if number < filled else 0
            collections.append(new_identifier())
            _add(
                rows,
                Collection.__table__,
                id=collections[-1],
                entity_id=entity,
                name=f"c{number}",
                description=f"collection {number}",
                private=False,
                created_at=now,
            )
            _add(
                rows,
                CollectionSummary.__table__,
                collection_id=collections[-1],
                container_count=held,
                image_count=held * IMAGES_EACH,
                size=(10**9 + number) * bool(held),
                pull_count=chance.randrange(10**6),
                star_count=chance.randrange(100),
                pushed_at=now - timedelta(minutes=number) if held else None,
            )
            _quarter(rows, collections[-1], now, chance)
        for weeks in range(QUARTER):
            _add(rows, MeasuredDay.__table__, day=now.date() - timedelta(weeks=weeks))
        _what_is_beside(rows, collections[0], now, containers)
        for number in range(containers):
            shelf = _shelf_of(number, containers)
            name = "many" if number == 0 else f"{_WORDS[number % len(_WORDS)]}-{number}"
            moment = now - timedelta(minutes=number)
            _container(rows, words, name, number, collections[shelf], shelf, moment, chance)
        for table in (
            User,
            Team,
            Membership,
            Collection,
            Grant,
            AuditEvent,
            Container,
            Blob,
            Image,
            RepositoryBlob,
            ImageLabel,
            Tag,
            DailyDownloads,
            MeasuredDay,
            DailyStorage,
            CollectionDownloads,
            ContainerSummary,
            CollectionSummary,
            SearchEntry,
            ShareLink,
        ):
            found = rows.get(table.__table__, [])
            for start in range(0, len(found), _AT_ONCE):
                db.execute(insert(table.__table__), found[start : start + _AT_ONCE])
        _programs(db, collections[0], now)
        for number, document in words:
            write_words(db, number, document)
        measure_entities(db)
        do_deeds(db, now, containers)
    if database.writing.dialect.name == "postgresql":
        # It does so by itself after a while; SQLite never does.
        autocommit = database.writing.execution_options(isolation_level="AUTOCOMMIT")
        with autocommit.connect() as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE)")
    database.dispose()


def _quarter(
    rows: dict[Table, list[dict[str, object]]],
    collection: str,
    now: datetime,
    chance: random.Random,
) -> None:
    """Write what a collection has held in the last weeks, and how often it was pulled."""
    for weeks in range(QUARTER):
        day = now.date() - timedelta(weeks=weeks)
        size = 10**9 - 10**7 * weeks
        _add(
            rows,
            DailyStorage.__table__,
            collection_id=collection,
            day=day,
            size=size,
            shared_size=size // 10,
        )
        _add(
            rows,
            CollectionDownloads.__table__,
            collection_id=collection,
            period=Period.WEEK,
            first_day=Period.WEEK.first_day(day),
            count=chance.randrange(10**4),
        )


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
        _add(
            rows,
            RepositoryBlob.__table__,
            container_id=container,
            digest=digest,
            blob_id=blob,
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
    for link in range(SHARES if name == "many" else 0):
        _add(
            rows,
            ShareLink.__table__,
            id=new_identifier(),
            digest=sha256(f"link {link}".encode()).hexdigest(),
            container_id=container,
            reference="t0",
            created_at=moment,
        )
    words.append((number + 1, Document(name, full_name, [said, "ada"], facets)))


def _shelf_of(number: int, containers: int) -> int:
    """Ten containers in each collection; the second one has a hundred, where there are as many."""
    if COLLECTION_OF <= number < COLLECTION_OF + WIDE and containers > WIDE * 2:
        return 1
    return number // COLLECTION_OF


def _people(
    db: Session, rows: dict[Table, list[dict[str, object]]], now: datetime, users: int
) -> str:
    """Write users, the team that owns everything with some of them in it, and give its entity."""
    team = Team(name="ada", created_at=now)
    db.add(team)
    db.flush()
    entity = Entity(name="ada", kind="team", team_id=team.id, created_at=now)
    db.add(entity)
    db.flush()
    for number in range(users):
        user = new_identifier()
        _add(rows, User.__table__, id=user, name=f"user{number}", is_admin=False, created_at=now)
        if number < FEWEST:
            _add(
                rows,
                Membership.__table__,
                team_id=team.id,
                user_id=user,
                role="member",
                created_at=now,
            )
        _add(rows, Team.__table__, id=new_identifier(), name=f"team{number}", created_at=now)
    return entity.id


def _what_is_beside(
    rows: dict[Table, list[dict[str, object]]], collection: str, now: datetime, events: int
) -> None:
    """Write grants on a collection, and the log of what was done to everything."""
    for user in rows.get(User.__table__, [])[:FEWEST]:
        _add(
            rows,
            Grant.__table__,
            id=new_identifier(),
            collection_id=collection,
            user_id=user["id"],
            role="reader",
            created_at=now,
        )
    for number in range(events):
        _add(
            rows,
            AuditEvent.__table__,
            id=new_identifier(),
            at=now - timedelta(minutes=number),
            actor="ada",
            action="collection.describe",
            target=f"ada/c{number}",
            collection_id=collection if number % 100 == 0 else None,
            facts={},
        )


def _programs(db: Session, collection: str, now: datetime) -> None:
    """Write robots and publishers of a collection, and their accounts."""
    robots, publishers, accounts = [], [], []
    for number in range(2 * PROGRAMS):
        name, identifier = f"robot-{number}", new_identifier()
        robots.append(
            {
                "id": identifier,
                "name": name,
                "collection_id": collection,
                "scope": Scope.PUSH,
                "created_at": now,
            }
        )
        accounts.append(
            {
                "id": new_identifier(),
                "name": f"ada/c0+{name}",
                "is_admin": False,
                "robot_id": identifier,
                "created_at": now,
            }
        )
        if number >= PROGRAMS:
            publishers.append(
                {
                    "robot_id": identifier,
                    "issuer": "https://gitlab.example.org",
                    "audience": "https://registry.example.org",
                    "claims": {"project_path": f"lab/{name}", "ref": "main"},
                    "lifetime_seconds": 900,
                    "created_at": now,
                }
            )
    db.execute(insert(Robot.__table__), robots)
    db.execute(insert(User.__table__), accounts)
    db.execute(insert(Publisher.__table__), publishers)


def _add(rows: dict[Table, list[dict[str, object]]], table: Table, **values: object) -> None:
    rows.setdefault(table, []).append(values)
