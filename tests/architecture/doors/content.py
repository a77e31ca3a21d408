"""Doors of services about what is kept: collections, containers, images, tags, and finding them."""

import io

from sregistry_core.models import Period
from sregistry_core.services import finding_wanted
from sregistry_core.services.cleaning import Choice
from sregistry_core.services.client_containers import Begun
from sregistry_core.services.listings import Span, Wanted
from sregistry_core.services.search import Query
from sregistry_core.services.usage import Span as DaySpan

from .kinds import (
    AFTER_ANOTHER,
    BLAST,
    FOR_JOBS,
    FUTURE,
    LAB,
    NAME,
    SPELLING,
    Refuses,
    RefusesAllButTheSystem,
    ShowsNothing,
    Unguarded,
)

DOORS = {
    "catalog.entity": Refuses(lambda s, t: s.catalog.entity("ada")),
    "catalog.entity_by_id": Refuses(lambda s, t: s.catalog.entity_by_id(t.entity.id)),
    "catalog.create_entity": Refuses(lambda s, t: s.catalog.create_entity("ada")),
    "catalog.collection": Refuses(lambda s, t: s.catalog.collection(LAB)),
    "catalog.collection_by_id": Refuses(lambda s, t: s.catalog.collection_by_id(t.lab.id)),
    "catalog.collections": ShowsNothing(lambda s, t: s.catalog.collections()),
    "catalog.create_collection": Refuses(lambda s, t: s.catalog.create_collection(t.entity, "new")),
    "catalog.change_collection": Refuses(
        lambda s, t: s.catalog.change_collection(t.lab, private=False)
    ),
    "catalog.delete_collection": Refuses(lambda s, t: s.catalog.delete_collection(t.empty)),
    "catalog.container": Refuses(lambda s, t: s.catalog.container(BLAST)),
    "catalog.container_by_id": Refuses(lambda s, t: s.catalog.container_by_id(t.blast.id)),
    "catalog.containers": Refuses(lambda s, t: s.catalog.containers(t.lab)),
    "catalog.create_container": Refuses(lambda s, t: s.catalog.create_container(t.lab, "new")),
    "catalog.change_container": Refuses(
        lambda s, t: s.catalog.change_container(t.blast, frozen=True)
    ),
    "catalog.delete_container": Refuses(lambda s, t: s.catalog.delete_container(t.blast)),
    "catalog.ensure_home": RefusesAllButTheSystem(lambda s, t: s.catalog.ensure_home()),
    "collection_changes.topics_of": ShowsNothing(
        lambda s, t: s.collection_changes.topics_of([t.lab])
    ),
    "collection_changes.set_topics": Refuses(
        lambda s, t: s.collection_changes.set_topics(t.lab, ["new"])
    ),
    "collection_changes.freeze": Refuses(lambda s, t: s.collection_changes.freeze(t.lab)),
    "collection_changes.contents": Refuses(lambda s, t: s.collection_changes.contents(t.lab)),
    "collection_changes.delete": Refuses(
        lambda s, t: s.collection_changes.delete(t.empty, typed="ada/empty")
    ),
    "collection_changes.delete_container": Refuses(
        lambda s, t: s.collection_changes.delete_container(t.blast, typed="ada/lab/blast")
    ),
    "cleaning.preview": Refuses(lambda s, t: s.cleaning.preview(t.blast, Choice(pattern="*"))),
    "cleaning.delete": Refuses(
        lambda s, t: s.cleaning.delete(
            t.blast,
            Choice(untagged=True),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        )
    ),
    "renaming.rename": Refuses(lambda s, t: s.renaming.rename(t.lab, "other")),
    "renaming.transfer": Refuses(lambda s, t: s.renaming.transfer(t.lab, "crew")),
    "renaming.entities": Refuses(lambda s, t: s.renaming.entities()),
    "renaming.former_names": Refuses(lambda s, t: s.renaming.former_names(t.lab)),
    "renaming.forget": Refuses(lambda s, t: s.renaming.forget(t.lab, LAB)),
    "images.resolve": Refuses(lambda s, t: s.images.resolve(NAME)),
    "images.pullable": Refuses(lambda s, t: s.images.pullable(NAME)),
    "images.unguarded": Unguarded("its name says so: share links are the permission there"),
    "images.by_id": Refuses(lambda s, t: s.images.by_id(t.image.id)),
    "images.of_container": Refuses(lambda s, t: s.images.of_container(t.blast)),
    "images.tags_of": ShowsNothing(lambda s, t: s.images.tags_of([t.image])),
    "images.describe": Refuses(lambda s, t: s.images.describe(t.image, "new")),
    "images.delete": Refuses(lambda s, t: s.images.delete(t.image)),
    "images.readable_copy": ShowsNothing(lambda s, t: s.images.readable_copy(t.digest)),
    "tags.of": Refuses(lambda s, t: s.tags.of(t.blast)),
    "tags.find": Refuses(lambda s, t: s.tags.find(t.blast, "1")),
    "tags.is_frozen": Refuses(lambda s, t: s.tags.is_frozen(t.blast, "1")),
    "tags.digests_of": Refuses(lambda s, t: s.tags.digests_of(t.blast, [])),
    "tags.set": Refuses(lambda s, t: s.tags.set(t.blast, "2", t.image)),
    "tags.freeze": Refuses(lambda s, t: s.tags.freeze(t.blast, "1")),
    "tags.remove": Refuses(lambda s, t: s.tags.remove(t.blast, "1")),
    "tag_history.of": Refuses(lambda s, t: s.tag_history.of(t.blast, "1")),
    "tag_history.note": AFTER_ANOTHER,
    "tag_history.note_removed": AFTER_ANOTHER,
    "shares.create": Refuses(lambda s, t: s.shares.create(NAME)),
    "shares.of_container": Refuses(lambda s, t: s.shares.of_container(t.blast)),
    "shares.all": Refuses(lambda s, t: s.shares.all()),
    "shares.find": Refuses(lambda s, t: s.shares.find(t.share)),
    "shares.revoke": Refuses(lambda s, t: s.shares.revoke(t.share)),
    "shares.redeem": Unguarded("the token of the link is the permission"),
    "shares.require_alive": Unguarded("it shows nothing but whether a number still works"),
    "search.images": ShowsNothing(lambda s, t: s.search.images(Query())),
    "search.entities": ShowsNothing(lambda s, t: s.search.entities(Query())),
    "search.collections": ShowsNothing(lambda s, t: s.search.collections(Query())),
    "search.containers": ShowsNothing(lambda s, t: s.search.containers(Query())),
    "finding.containers": ShowsNothing(
        lambda s, t: s.finding.containers(finding_wanted.Wanted()).found
    ),
    "finding.count": ShowsNothing(lambda s, t: s.finding.count(finding_wanted.Wanted()).number),
    "shelves.browse": ShowsNothing(lambda s, t: s.shelves.browse().shelves),
    "shelves.of": ShowsNothing(lambda s, t: s.shelves.of([t.empty])),
    "stars.give": Refuses(lambda s, t: s.stars.give(t.lab)),
    "stars.take": Refuses(lambda s, t: s.stars.take(t.lab)),
    "stars.among": ShowsNothing(lambda s, t: s.stars.among([t.empty])),
    "stars.mine": Refuses(lambda s, t: s.stars.mine()),
    "listings.shelves": ShowsNothing(lambda s, t: s.listings.shelves(Wanted(), Span())),
    "listings.count_shelves": ShowsNothing(lambda s, t: s.listings.count_shelves(Wanted())),
    "listings.tagged": ShowsNothing(lambda s, t: s.listings.tagged(Wanted(), Span())),
    "listings.count_tagged": ShowsNothing(lambda s, t: s.listings.count_tagged(Wanted())),
    "listings.labels": ShowsNothing(lambda s, t: s.listings.labels(Wanted())),
    "sizes.collections": ShowsNothing(lambda s, t: s.sizes.collections().largest),
    "sizes.containers": Refuses(lambda s, t: s.sizes.containers(t.blast.collection)),
    "sizes.images": Refuses(lambda s, t: s.sizes.images(t.blast)),
    "usage.measure": RefusesAllButTheSystem(lambda s, t: s.usage.measure()),
    "usage.storage": Refuses(
        lambda s, t: s.usage.storage([], collection=t.blast.collection, most=1)
    ),
    "usage.pulls": Refuses(
        lambda s, t: s.usage.pulls(
            Period.DAY,
            [DaySpan(FUTURE.date(), FUTURE.date())],
            collection=t.blast.collection,
            most=1,
        )
    ),
    "usage_rows.storage": Refuses(
        lambda s, t: s.usage_rows.storage([], collection=t.blast.collection, limit=1)
    ),
    "usage_rows.pulls": Refuses(
        lambda s, t: s.usage_rows.pulls(
            Period.DAY,
            [DaySpan(FUTURE.date(), FUTURE.date())],
            collection=t.blast.collection,
            limit=1,
        )
    ),
    "usage.first_day": Refuses(lambda s, t: s.usage.first_day(collection=t.blast.collection)),
    "usage.totals": Refuses(lambda s, t: s.usage.totals(collection=t.blast.collection)),
    "client_containers.begin": Refuses(lambda s, t: s.client_containers.begin(NAME, SPELLING)),
    "client_containers.begun": Unguarded("what it reads is signed, and came from a guarded door"),
    "client_containers.receive": Refuses(
        lambda s, t: s.client_containers.receive(
            Begun(t.blast.id, "2", t.user.id, SPELLING, FUTURE), io.BytesIO(t.content), size=1
        )
    ),
    "client_containers.push": Refuses(
        lambda s, t: s.client_containers.push(NAME, io.BytesIO(t.content), size=1)
    ),
    "client_containers.remove": Refuses(lambda s, t: s.client_containers.remove(NAME)),
    "client_containers.reserve": Refuses(lambda s, t: s.client_containers.reserve(NAME)),
    "client_containers.open": Refuses(lambda s, t: s.client_containers.open(NAME)),
    "outbox": FOR_JOBS,
    "newest.images": ShowsNothing(lambda s, t: s.newest.images()),
    "newest.every": ShowsNothing(lambda s, t: s.newest.every(1)),
    "newest.names": ShowsNothing(lambda s, t: s.newest.names(limit=100)),
}
