"""The fixtures of our tests: name this module in `pytest_plugins`.

`pytest --database postgresql` gives every registry of `make_registry` a database of its own on a
real PostgreSQL server, which is started for it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from .postgresql import PostgresqlServer
from .redis_server import RedisServer
from .registry import Actor, Registry, make_empty_database
from .routers import Routers

MakeRegistry = Callable[..., Registry]
DatabaseSettings = Callable[[], AbstractContextManager[dict[str, str]]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the database be chosen that registries of tests run on."""
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the newest schema, made once."""
    return make_empty_database(tmp_path_factory.mktemp("database") / "empty.sqlite")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """One PostgreSQL server for all tests of a run; every test makes databases of its own."""
    with PostgresqlServer() as server:
        yield server


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis server of the test's own, which runs."""
    with RedisServer(tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def database_settings(request: pytest.FixtureRequest) -> DatabaseSettings:
    """Opens the ini keys of a new database of the kind that was chosen, gone after the block."""

    @contextmanager
    def settings() -> Iterator[dict[str, str]]:
        if request.config.getoption("--database", default="sqlite") == "sqlite":
            yield {}
            return
        server: PostgresqlServer = request.getfixturevalue("postgresql")
        url = server.make_database()
        yield {"sregistry.database": url}
        server.drop(url)

    return settings


@pytest.fixture(scope="session")
def routers() -> Routers:
    """The routers that tests of a run hand on to each other."""
    return Routers()


@pytest.fixture
def make_registry(
    tmp_path: Path, empty_database: Path, database_settings: DatabaseSettings, routers: Routers
) -> Iterator[MakeRegistry]:
    """Makes registries; a keyword argument `name__key` or `name` sets an ini key.

    `make_registry(require_sif="true")` sets `sregistry.require_sif`, and `filesystem__root` sets
    `filesystem.root`.
    """
    made: list[Registry] = []
    with ExitStack() as stack:

        def make(**settings: str) -> Registry:
            ini = {
                key.replace("__", ".") if "__" in key else f"sregistry.{key}": value
                for key, value in settings.items()
            }
            ini = {**stack.enter_context(database_settings()), **ini}
            registry = Registry(tmp_path / f"registry-{len(made)}", empty_database, ini, routers)
            made.append(registry)
            stack.callback(registry.close)
            return registry

        yield make


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
