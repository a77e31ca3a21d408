"""What containers and collections add up to follows whatever happens to them."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from sregistry_core.models import (
    CollectionSummary,
    Container,
    ContainerSummary,
    Outbox,
    Tag,
)
from sregistry_core.services.summaries import (
    CONTAINER_JOB,
    EVERYTHING_JOB,
    container_changed,
)
from sregistry_core.testing.oci import OciClient
from sregistry_core.testing.sif_files import make_sif

ONE, TWO = make_sif(labels={"n": "1"}), make_sif(labels={"n": "2", "more": "x" * 200})


@pytest.fixture
def registry(make_registry):
    return make_registry(protocols="discovery transfer library shub sregistry oci api")


@pytest.fixture
def ada(registry):
    return registry.user("ada")


def summary(registry, kind, name):
    with registry.parts.unit()() as services:
        rows = services.db.scalars(select(kind)).all()
        for row in rows:
            key = row.container_id if kind is ContainerSummary else row.collection_id
            thing = (
                services.catalog.container_by_id(key)
                if kind is ContainerSummary
                else services.catalog.collection_by_id(key)
            )
            if thing.name == name:
                return row
    return None


def waiting(registry, job):
    with registry.parts.unit()() as services:
        return services.db.scalars(select(Outbox).where(Outbox.job == job)).all()


def counts(row):
    return {
        name: getattr(row, name)
        for name in ("container_count", "image_count", "tag_count", "size", "pull_count")
        if hasattr(row, name)
    }


def test_a_push_adds_up(registry, ada):
    ada.push("ada/lab/blast:1", ONE, tags="latest")
    ada.push("ada/lab/blast:2", TWO)
    ada.push("ada/lab/other:1", ONE)
    registry.run_jobs()

    blast = summary(registry, ContainerSummary, "blast")
    lab = summary(registry, CollectionSummary, "lab")
    assert counts(blast) == {
        "image_count": 2,
        "tag_count": 3,
        "size": len(ONE) + len(TWO),
        "pull_count": 0,
    }
    # The same bytes in two containers are counted once.
    assert counts(lab) == {
        "container_count": 2,
        "image_count": 3,
        "size": len(ONE) + len(TWO),
        "pull_count": 0,
    }
    assert blast.pushed_at == lab.pushed_at == registry.clock.now


def test_many_acts_write_one_duty(registry, ada):
    ada.push("ada/lab/blast:1", ONE, tags="a,b,c,d")
    ada.push("ada/lab/blast:2", TWO)

    assert len(waiting(registry, CONTAINER_JOB)) == 1


def test_a_duty_that_was_given_up_is_tried_again_with_the_next_change(registry, ada):
    ada.push("ada/lab/blast:1", ONE)
    with registry.parts.unit()() as services:
        services.db.execute(
            update(Outbox)
            .where(Outbox.job == CONTAINER_JOB)
            .values(failed_at=registry.clock(), attempts=12, error="broken")
        )

    ada.push("ada/lab/blast:2", TWO)
    registry.run_jobs()

    assert summary(registry, ContainerSummary, "blast").image_count == 2
    assert waiting(registry, CONTAINER_JOB) == []


def test_a_change_while_the_duty_is_claimed_is_not_lost(registry, ada):
    ada.push("ada/lab/blast:1", ONE)
    (duty,) = waiting(registry, CONTAINER_JOB)
    with registry.parts.unit()() as services:
        assert services.outbox.claim(duty.id, timedelta(minutes=5)) is not None
        container = services.db.scalars(select(Container)).one()
    with registry.parts.unit()() as services:
        services.summaries.container(container=container.id, collection=container.collection_id)
        services.outbox.done(duty.id)
    with registry.parts.unit()() as services:
        container_changed(services.outbox, container)

    assert [one.claimed_until for one in waiting(registry, CONTAINER_JOB)] == [None]


def test_removals_are_taken_off(registry, ada):
    first = ada.push("ada/lab/blast:1", ONE)
    ada.push("ada/lab/blast:2", TWO)
    ada.push("ada/lab/other:1", TWO)
    with registry.parts.unit()() as services:
        services.images.delete(services.images.by_id(first))
    registry.run_jobs()
    assert summary(registry, ContainerSummary, "blast").image_count == 1
    assert summary(registry, ContainerSummary, "blast").size == len(TWO)

    with registry.parts.unit()() as services:
        container = services.db.scalars(select(Container).where(Container.name == "blast")).one()
        services.catalog.delete_container(container)
    registry.run_jobs()

    assert summary(registry, ContainerSummary, "blast") is None
    assert counts(summary(registry, CollectionSummary, "lab")) == {
        "container_count": 1,
        "image_count": 1,
        "size": len(TWO),
        "pull_count": 0,
    }


def test_a_removed_tag_is_taken_off(registry, ada):
    ada.push("ada/lab/blast:1", ONE, tags="2,3")
    registry.run_jobs()
    with registry.parts.unit()() as services:
        services.tags.remove(services.db.scalars(select(Container)).one(), "2")
    registry.run_jobs()

    assert summary(registry, ContainerSummary, "blast").tag_count == 2


def test_what_an_oci_client_pushes_adds_up(registry, ada):
    client = OciClient(ada.app, ada.name, ada.token)
    client.push_artifact("ada/lab/docker", "1")
    client.push_artifact("ada/lab/docker", "2")
    client.push_sif("ada/lab/docker", "3", ONE)
    registry.run_jobs()

    found = summary(registry, ContainerSummary, "docker")
    assert (found.tag_count, found.image_count) == (3, 1)


def test_pulls_are_added_as_they_are_written_down(registry, ada):
    ada.push("ada/lab/blast:1", ONE)
    registry.run_jobs()
    for _ in range(3):
        ada.pull("ada/lab/blast:1", status=200)
    registry.parts.jobs.write_tally()

    # Without any duty.
    assert waiting(registry, CONTAINER_JOB) == []
    assert summary(registry, ContainerSummary, "blast").pull_count == 3
    assert summary(registry, CollectionSummary, "lab").pull_count == 3

    registry.clock.move(timedelta(days=1))
    ada.pull("ada/lab/blast:1", status=200)
    registry.parts.jobs.write_tally()
    ada.push("ada/lab/blast:2", TWO)
    registry.run_jobs()
    assert summary(registry, ContainerSummary, "blast").pull_count == 4
    assert summary(registry, CollectionSummary, "lab").pull_count == 4


def test_pulls_of_what_was_not_summed_up_yet_are_not_lost(registry, ada):
    ada.push("ada/lab/blast:1", ONE)
    registry.run_jobs()
    with registry.parts.unit()() as services:
        services.db.execute(delete(ContainerSummary))
        services.db.execute(delete(CollectionSummary))
    ada.pull("ada/lab/blast:1", status=200)
    registry.parts.jobs.write_tally()
    registry.run_jobs()

    assert summary(registry, ContainerSummary, "blast").pull_count == 1
    assert summary(registry, CollectionSummary, "lab").pull_count == 1


def test_everything_is_summed_up_anew(registry, ada):
    """As after an upgrade from a version that had no summaries."""
    ada.push("ada/lab/blast:1", ONE)
    ada.push("ada/tools/other:1", TWO)
    registry.run_jobs()
    with registry.parts.unit()() as services:
        services.db.execute(delete(ContainerSummary))
        services.db.execute(update(CollectionSummary).values(size=99, image_count=7))
        # A tag that somebody has taken by hand from the database.
        services.db.execute(delete(Tag).where(Tag.name == "1"))
        services.outbox.write(EVERYTHING_JOB)
    registry.run_jobs()

    assert summary(registry, ContainerSummary, "blast").image_count == 1
    assert summary(registry, ContainerSummary, "blast").tag_count == 0
    assert summary(registry, CollectionSummary, "tools").size == len(TWO)
