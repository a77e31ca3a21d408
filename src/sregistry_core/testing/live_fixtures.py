"""Fixtures with the real server: name this module in `pytest_plugins`."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from .live import PASSWORD, LiveRegistry

MakeLiveRegistry = Callable[..., LiveRegistry]
WithContent = Callable[..., LiveRegistry]


@pytest.fixture
def make_live_registry(tmp_path: Path) -> Iterator[MakeLiveRegistry]:
    """Makes and starts real servers, which end with the test; takes what `LiveRegistry` takes.

    `make_live_registry(listen="127.0.0.2:80", settings={"sregistry.require_sif": "true"})`
    """
    with ExitStack() as stack:
        count = 0

        def make(directory: Path | None = None, **options: Any) -> LiveRegistry:
            nonlocal count
            count += 1
            registry = LiveRegistry(directory or tmp_path / f"live-{count}", **options)
            return stack.enter_context(registry)

        yield make


@pytest.fixture
def live_registry(make_live_registry: MakeLiveRegistry) -> LiveRegistry:
    """A real server on a free port of this machine, as the embedded default has it."""
    return make_live_registry()


@pytest.fixture(scope="session")
def with_content(tmp_path_factory: pytest.TempPathFactory) -> WithContent:
    """Makes registries that hold what `sregistry-admin demo` makes, once for all tests of a run.

    `with_content(directory, settings={...})` takes what `LiveRegistry` takes, for the storage
    `filesystem`; the server is not started yet. Every user has `PASSWORD`.
    """
    first = LiveRegistry(tmp_path_factory.mktemp("content") / "registry")
    first.admin("init")
    first.admin("demo", "--password-stdin", stdin=PASSWORD)

    def make(directory: Path, **options: Any) -> LiveRegistry:
        registry = LiveRegistry(directory, **options)
        shutil.copytree(first.data, registry.data)
        return registry

    return make
