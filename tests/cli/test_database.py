"""A registry moves from SQLite to PostgreSQL and back, and everything comes along."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sregistry_core.db.session import open_database
from sregistry_core.models import metadata
from sregistry_core.names import ImageName
from sregistry_core.testing.registry import Registry
from sregistry_core.testing.sif_files import make_sif

PROTOCOLS = "discovery transfer library oci shub api"
IMAGE = make_sif(labels={"version": "2.1"})


def everything(url):
    """All rows of all tables."""
    database = open_database(url)
    with database.reading.connect() as connection:
        found = {
            name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for name, table in metadata.tables.items()
        }
    database.dispose()
    return found


def share(registry):
    """Share the image, and give the number of the link, which the database counts."""
    with registry.parts.unit()() as services:
        name = ImageName.parse("ada/lab/blast:1", home="tacc")
        return services.shares.create(name, timedelta(days=7)).link.number


@pytest.fixture
def new(postgresql):
    """The address of an empty database on another server."""
    url = postgresql.make_empty_database()
    yield url
    postgresql.drop(url)


@pytest.fixture
def used(site, empty_database):
    """A site that has been used; its settings."""
    site.settings["sregistry.protocols"] = PROTOCOLS
    site.write()
    registry = Registry(site.directory, empty_database, {"sregistry.protocols": PROTOCOLS})
    ada = registry.user("ada")
    ada.push("ada/lab/blast:1", IMAGE)
    registry.run_jobs()
    share(registry)
    registry.close()
    return site.settings["sregistry.database"]


def without_duties(rows):
    """Leave out the duty to fill the search index, which every copy writes anew."""
    kept = [row for row in rows["outbox"] if "summaries.refresh" not in row]
    return {**rows, "outbox": kept}


def test_everything_is_copied_there_and_back_again(site, used, new, tmp_path):
    said = site.must("database", "copy", used, new)

    assert said[-1].startswith("copied ")
    assert "image: 1" in said
    assert without_duties(everything(new)) == without_duties(everything(used))
    back = f"sqlite:///{tmp_path}/back.sqlite"
    site.must("database", "copy", new, back)
    assert without_duties(everything(back)) == without_duties(everything(used))


def test_the_registry_goes_on_in_the_new_database(site, used, new, empty_database):
    site.must("database", "copy", used, new)
    settings = {"sregistry.protocols": PROTOCOLS, "sregistry.database": new}

    registry = Registry(site.directory, empty_database, settings)

    assert registry.stranger.pull("ada/lab/blast:1").body == IMAGE
    bob = registry.user("bob")
    bob.push("bob/lab/blast:1", make_sif())
    assert share(registry) == 2
    registry.close()


def test_a_database_that_holds_something_is_left_alone(site, used, new):
    site.must("database", "copy", used, new)
    before = everything(new)

    assert "the new database is not empty" in site.refusal("database", "copy", used, new)

    assert everything(new) == before


def test_a_source_without_a_schema_is_refused(site, new, tmp_path):
    line = site.refusal("database", "copy", f"sqlite:///{tmp_path}/nothing.sqlite", new)

    assert line.startswith("the database has no schema")
