"""Fixtures with the real server: name this module in `pytest_plugins`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from .live import LiveRegistry

MakeLiveRegistry = Callable[..., LiveRegistry]


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
