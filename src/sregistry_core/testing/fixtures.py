"""The fixtures of our tests: name this module in `pytest_plugins`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .registry import Actor, Registry, make_empty_database

MakeRegistry = Callable[..., Registry]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the newest schema, made once."""
    return make_empty_database(tmp_path_factory.mktemp("database") / "empty.sqlite")


@pytest.fixture
def make_registry(tmp_path: Path, empty_database: Path) -> Iterator[MakeRegistry]:
    """Makes registries; a keyword argument `name__key` or `name` sets an ini key.

    `make_registry(require_sif="true")` sets `sregistry.require_sif`, and `filesystem__root` sets
    `filesystem.root`.
    """
    made: list[Registry] = []

    def make(**settings: str) -> Registry:
        ini = {
            key.replace("__", ".") if "__" in key else f"sregistry.{key}": value
            for key, value in settings.items()
        }
        registry = Registry(tmp_path / f"registry-{len(made)}", empty_database, ini)
        made.append(registry)
        return registry

    yield make
    for registry in made:
        registry.close()


@pytest.fixture
def registry(make_registry: MakeRegistry) -> Registry:
    """A registry as the embedded default has it."""
    return make_registry()


@pytest.fixture
def ada(registry: Registry) -> Actor:
    """A user."""
    return registry.user("ada")


@pytest.fixture
def bob(registry: Registry) -> Actor:
    """Another user."""
    return registry.user("bob")


@pytest.fixture
def admin(registry: Registry) -> Actor:
    """An administrator."""
    return registry.user("root", is_admin=True)


@pytest.fixture
def stranger(registry: Registry) -> Actor:
    """Somebody without a login."""
    return registry.stranger
