"""Examines the database."""

from collections.abc import Iterator

from sregistry_core.db import schema
from sregistry_core.services.database import name_of_home, write_and_roll_back

from .finding import Finding
from .opening import Opened


def examine_database(opened: Opened) -> Iterator[Finding]:
    """Compare the schema, look whose database it is, and write something that is rolled back."""
    database, settings = opened.database, opened.settings
    schema.require_current(database.reading)
    yield Finding.ok(f"database: schema {schema.newest_version()}")
    home = name_of_home(database)
    if home is not None and home != settings.id:
        yield Finding.failure(f"sregistry.id = {settings.id}, but the database is that of {home}")
    write_and_roll_back(database)
    opened.database_works = True
    yield Finding.ok("database: can be written to")
