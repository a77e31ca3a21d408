"""Fills a registry by its own services, as of days that are over."""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import TypeVar

from sregistry_core.app import Parts
from sregistry_core.contracts import Caller, TeamRole
from sregistry_core.digests import ContentDigest
from sregistry_core.errors import Conflict
from sregistry_core.formats.oci_manifest import OCI_EMPTY, OCI_MANIFEST
from sregistry_core.jobs.unit import Unit, unit_of
from sregistry_core.models import (
    Collection,
    CollectionDownloads,
    CollectionRole,
    Container,
    DailyDownloads,
    Star,
    Topic,
)
from sregistry_core.names import CollectionName, ContainerName, ImageName
from sregistry_core.services import Facilities, Services
from sregistry_core.services.manifest_reference import Reference
from sregistry_core.services.summaries import pulls_by_period

from .catalogue import HOME, Catalogue, Shelf, Ware
from .images import Keys, make_image
from .plan import SPAN, Release, releases_of

_DAY = timedelta(days=1)
_WEEKEND = 5
_DAILY_MEASURED = _DAY * 35
_MOST_OF_ONE_NAME, _ROOM = 1000, 36

_T = TypeVar("_T")


@dataclass(slots=True)
class PastClock:
    """A clock that is set to the moment at which something is to have happened."""

    now: datetime

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.now


@dataclass(slots=True)
class Done:
    """How much there is now of what."""

    users: int = 0
    collections: int = 0
    containers: int = 0
    images: int = 0
    tags: int = 0
    names: dict[str, str] = field(default_factory=dict)
    """What users and teams are called here, by their names in the catalogue."""


class Filling:
    """Fills one registry from one catalogue.

    password   of all users
    Everything is done in the name of its user, in transactions of its own, through the services.
    """

    def __init__(self, parts: Parts, catalogue: Catalogue, *, seed: int, password: str):
        self.done = Done()
        self._parts = parts
        self._catalogue = catalogue
        self._seed = seed
        self._password = password
        self._random = Random(seed)  # noqa: S311 - no secret
        self._now = parts.facilities.clock()
        self._clock = PastClock(self._now - SPAN)
        self._facilities: Facilities = replace(parts.facilities, clock=self._clock)
        self._keys = Keys.make()
        self._releases = releases_of(catalogue, self._now, self._random)
        self._shelves: dict[tuple[str, str], CollectionName] = {}
        self._containers: dict[tuple[str, str, str], str] = {}
        self._first: dict[str, tuple[Ware, datetime]] = {}
        self._measured = self._now - SPAN + _DAY
        self._callers: dict[str, Caller] = {}
        self._images: dict[tuple[Ware, int, str], bytes] = {}
        every = Counter(ware for shelf in catalogue.shelves for ware in shelf.wares)
        self._in_two_places = {ware for ware, count in every.items() if count > 1}

    @property
    def step_count(self) -> int:
        """How many steps `steps` has."""
        return 3 + len(self._catalogue.shelves) + len(self._releases)

    def steps(self) -> Iterator[str]:
        """Do it all, and say after each step what was done."""
        self._make_people()
        yield "users and teams"
        for shelf in self._catalogue.shelves:
            yield self._make_shelf(shelf)
        for release in self._releases:
            self._measure_until(release.at)
            self._set(release.at)
            if release.ware.artifact:
                yield self._push_artifact(release)
            else:
                yield self._push(release)
        self._measure_until(self._now)
        self._set(self._now)
        self._freeze_and_share()
        yield "share links"
        self._count_pulls()
        yield "pulls"

    def jobs(self) -> Iterator[str]:
        """Do what the registry has to do after all that, as of today: each duty is one."""
        self._parts.jobs.look_for_work()
        yield from self._parts.jobs.run_each()

    def _make_people(self) -> None:
        with self._unit()() as services:

            def create(name: str) -> None:
                services.accounts.create(
                    name,
                    password=self._password,
                    email=f"{name}@example.org",
                    is_admin=not self.done.users,
                )

            for user in self._catalogue.users:
                self.done.names[user] = _free(user, create)[0]
                self.done.users += 1
            for crew in self._catalogue.crews:
                name, _ = _free(crew.name, services.teams.create)
                self.done.names[crew.name] = name
                members = dict.fromkeys(crew.members, TeamRole.MEMBER)
                for member, role in {crew.owner: TeamRole.OWNER, **members}.items():
                    services.teams.add_member(name, self.done.names[member], role)
            services.keys.add(self._keys.demo.public.encode())

    def _make_shelf(self, shelf: Shelf) -> str:
        self._set(self._now - SPAN + _DAY * self._random.random())
        with self._unit(shelf.by)() as services:
            owner = self._owner(shelf, services)
            entity = services.catalog.entity(owner)

            def create(free: str) -> Collection:
                return services.catalog.create_collection(
                    entity, free, private=shelf.private, description=shelf.description
                )

            _, made = _free(shelf.name, create)
            for reader in shelf.readers:
                services.grants.give(made, CollectionRole.READER, user=self.done.names[reader])
            name = CollectionName(entity.name, made.name)
            services.db.add_all(Topic(collection_id=made.id, name=one) for one in shelf.topics)
            collection_id = made.id
        self._shelves[shelf.owner, shelf.name] = name
        self.done.collections += 1
        self._mark(collection_id, shelf.stars)
        return str(name)

    def _owner(self, shelf: Shelf, services: Services) -> str:
        if shelf.owner == HOME:
            return services.facilities.settings.id
        return self.done.names[shelf.owner]

    def _mark(self, collection_id: str, count: int) -> None:
        users = self._random.sample(self._catalogue.users, min(count, len(self._catalogue.users)))
        with self._unit()() as services:
            for user in users:
                found = services.accounts.find(self.done.names[user])
                at = self._clock() + SPAN * self._random.random()
                services.db.add(Star(user_id=found.id, collection_id=collection_id, created_at=at))

    def _push(self, release: Release) -> str:
        ware, shelf = release.ware, release.shelf
        for arch in ware.archs:
            image = self._image(ware, release.number, arch)
            with self._unit(shelf.by)() as services:
                container_of = partial(self._container, services, shelf, ware)
                pushed = services.uploads.receive_unannounced(
                    container_of, io.BytesIO(image), size=len(image)
                )
                self._seen(pushed.container, ware)
                for version, at in release.tags:
                    self._set(at)
                    for tag in filter(None, (version, "latest", ware.moving)):
                        services.tags.set(pushed.container, tag, pushed)
            self._set(release.at)
            self.done.images += 1
        self.done.tags += len(ware.archs) * len(release.tags)
        return f"{ware.name}:{ware.versions[release.number][:30]}"

    def _image(self, ware: Ware, number: int, arch: str) -> bytes:
        known = self._images.get((ware, number, arch))
        if known is not None:
            return known
        made = make_image(ware, number, arch, seed=self._seed, keys=self._keys)
        if ware in self._in_two_places:
            # A signature is another one each time: these bytes are to be the same.
            self._images[ware, number, arch] = made
        return made

    def _push_artifact(self, release: Release) -> str:
        ware, version = release.ware, release.ware.versions[release.number]
        random = Random(f"{self._seed}/{ware.name}/{version}")  # noqa: S311 - no secret
        blobs = {OCI_EMPTY: b"{}", ware.artifact: random.randbytes(1024 * ware.sizes[0])}
        for content in blobs.values():
            with self._unit(release.shelf.by)() as services:
                services.blob_uploads.receive(
                    partial(self._container, services, release.shelf, ware),
                    ContentDigest.of(content),
                    io.BytesIO(content),
                )
        described = [
            {"mediaType": kind, "digest": _digest(content), "size": len(content)}
            for kind, content in blobs.items()
        ]
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": ware.artifact,
            "config": described[0],
            "layers": described[1:],
            "annotations": {"org.opencontainers.image.version": version},
        }
        with self._unit(release.shelf.by)() as services:
            container = self._container(services, release.shelf, ware)
            services.manifests.put(
                container,
                Reference(tag=version),
                json.dumps(manifest).encode(),
                content_type=OCI_MANIFEST,
                tags=["latest"],
            )
            self._seen(container, ware)
        self.done.tags += 1
        return f"{ware.name}:{version}"

    def _container(self, services: Services, shelf: Shelf, ware: Ware) -> Container:
        found = services.catalog.collection(self._shelves[shelf.owner, shelf.name])
        made = services.catalog.create_container(
            found, ware.name, description=ware.description, exist_ok=True
        )
        services.db.flush()
        return made

    def _seen(self, container: Container, ware: Ware) -> None:
        self._first.setdefault(container.id, (ware, self._clock()))
        self.done.containers = len(self._first)

    def _freeze_and_share(self) -> None:
        for shelf in self._catalogue.shelves:
            with self._unit(shelf.by)() as services:
                for ware in shelf.wares:
                    if ware.frozen:
                        container = self._container(services, shelf, ware)
                        services.catalog.change_container(container, frozen=True)
        private = [one for one in self._catalogue.shelves if one.private and one.wares]
        for shelf in private[:2]:
            collection = self._shelves[shelf.owner, shelf.name]
            name = ImageName(
                ContainerName(collection.entity, collection.collection, shelf.wares[0].name),
                tag="latest",
            )
            self._share(shelf, name)

    def _share(self, shelf: Shelf, name: ImageName) -> None:
        """Make a link that works for ever, one that expires, one that is over, and one revoked."""
        ways: tuple[tuple[int, timedelta | None], ...] = (
            (0, None),
            (2, _DAY * 30),
            (40, _DAY * 7),
            (9, _DAY * 90),
        )
        for ago, lifetime in ways:
            self._set(self._now - _DAY * ago)
            with self._unit(shelf.by)() as services:
                number = services.shares.create(name, lifetime).link.number
        with self._unit(shelf.by)() as services:
            services.shares.revoke(number)
        self._set(self._now)

    def _count_pulls(self) -> None:
        """Count pulls of every day since the first push, fewer at weekends."""
        pulls: dict[tuple[str, date], int] = {}
        scale = self._catalogue.pulls_per_ware / 600
        for container, (ware, since) in self._first.items():
            day = since.date()
            while day <= self._now.date():
                growth = 0.4 + (day - since.date()) / SPAN
                quiet = 0.3 if day.weekday() >= _WEEKEND else 1.0
                mean = ware.popularity * scale * growth * quiet
                count = int(self._random.expovariate(1 / mean)) if mean else 0
                if count:
                    pulls[container, day] = count
                day += _DAY
        with self._unit()() as services:
            services.db.add_all(
                DailyDownloads(container_id=container, day=day, count=count)
                for (container, day), count in pulls.items()
            )
            collections = {
                container: services.db.get_one(Container, container).collection_id
                for container in self._first
            }
            sums = pulls_by_period(pulls, collections)
            services.db.add_all(
                CollectionDownloads(
                    collection_id=collection, period=period, first_day=first_day, count=count
                )
                for (collection, period, first_day), count in sums.items()
            )

    def _measure_until(self, moment: datetime) -> None:
        """Measure storage as the daily duty would have: of late each day, before that each week."""
        while self._measured < moment:
            self._set(self._measured)
            with self._unit()() as services:
                services.usage.measure()
            is_late = self._now - self._measured < _DAILY_MEASURED
            self._measured += _DAY if is_late else _DAY * 7

    def _unit(self, user: str | None = None) -> Unit:
        return unit_of(self._parts.database, self._facilities, self._caller(user))

    def _caller(self, user: str | None) -> Caller | None:
        if user is None:
            return None
        if user not in self._callers:
            with self._parts.unit()() as services:
                found = services.accounts.find(self.done.names[user])
                self._callers[user] = services.accounts.caller_of(found)
        return self._callers[user]

    def _set(self, moment: datetime) -> None:
        self._clock.now = moment


def is_empty(services: Services) -> bool:
    """Tell whether nobody has anything here yet; administrators may be there."""
    users = services.accounts.all(limit=2)
    return not services.catalog.collections(limit=1) and all(one.is_admin for one in users)


def _free(name: str, create: Callable[[str], _T]) -> tuple[str, _T]:
    """Make something of this name, or of it with a number when it is taken."""
    for number in range(1, _MOST_OF_ONE_NAME):
        free = name if number == 1 else f"{name[:_ROOM]}{number}"
        with suppress(Conflict):
            return free, create(free)
    raise Conflict(f"the name {name} is taken, with every number too")


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
