"""One registry for the whole suite; each case has repositories of its own; cases are counted."""

from itertools import count

import pytest

from sregistry_core.testing.oci import OciClient
from sregistry_core.testing.registry import Registry

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def conformance_registry(tmp_path_factory, empty_database):
    registry = Registry(
        tmp_path_factory.mktemp("conformance"),
        empty_database,
        {"sregistry.protocols": "discovery transfer library oci"},
    )
    registry.writer = registry.user("ada")
    yield registry
    registry.close()


@pytest.fixture(scope="session")
def client(conformance_registry):
    """Somebody who pushes, with a long token."""
    return OciClient(conformance_registry.app, "ada", conformance_registry.writer.token)


@pytest.fixture
def repository():
    """A repository that nobody has used yet."""
    return f"ada/conformance/case-{next(_NUMBERS)}"


@pytest.fixture
def other_repository():
    """Another one."""
    return f"ada/elsewhere/case-{next(_NUMBERS)}"


def pytest_terminal_summary(terminalreporter):
    """Say how many cases of conformance there were."""
    counts = {}
    for kind in ("passed", "failed"):
        reports = terminalreporter.stats.get(kind, ())
        counts[kind] = sum("tests/conformance/" in one.nodeid for one in reports)
    if any(counts.values()):
        terminalreporter.write_line(
            f"OCI conformance: {counts['passed']} cases passed, {counts['failed']} failed"
        )
