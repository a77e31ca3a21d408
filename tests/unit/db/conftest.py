"""Databases of each kind, that hold nothing yet."""

import pytest

from sregistry_core.db.session import open_database


@pytest.fixture
def path(tmp_path):
    return tmp_path / "registry.sqlite"


@pytest.fixture
def on_sqlite(path):
    opened = open_database(f"sqlite:///{path}")
    yield opened
    opened.dispose()


@pytest.fixture
def on_postgresql(postgresql):
    url = postgresql.make_empty_database()
    opened = open_database(url)
    yield opened
    opened.dispose()
    postgresql.drop(url)


@pytest.fixture(params=["on_sqlite", "on_postgresql"])
def database(request):
    """A database of each kind, without a schema."""
    return request.getfixturevalue(request.param)
