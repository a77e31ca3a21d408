"""Registries with one of everything, for requests that nobody of good will sends."""

import pytest

from .seeds import plant
from .shapes import watch


@pytest.fixture(scope="session")
def seeds(tmp_path_factory, empty_database):
    """What is in every registry of these tests."""
    return plant(tmp_path_factory.mktemp("seeds") / "registry", empty_database)


@pytest.fixture(scope="session")
def grown(seeds, tmp_path_factory):
    """One registry for all tests: to assemble one for each takes longer than to ask it."""
    made = seeds.registry(tmp_path_factory.mktemp("grown") / "registry")
    watch(made.app.app.registry)
    yield made
    made.close()


@pytest.fixture
def registry(seeds, grown):
    """The registry as it was planted, whatever an earlier test has done to it."""
    seeds.restore(grown)
    return grown
