"""One registry for each kind of storage; a case has repositories of its own; all are counted."""

from itertools import count

import pytest

from sregistry_core.testing.oci import OciClient
from sregistry_core.testing.registry import Registry
from sregistry_core.testing.s3_fixtures import as_ini

_NUMBERS = count(1)


@pytest.fixture(scope="session", params=["filesystem", "memory", "s3"])
def storage_settings(request):
    """The ini keys of each kind of storage; S3 is read and written through the registry."""
    if request.param == "memory":
        return {
            "sregistry.plugin_modules": "sregistry_core.testing.memory_storage",
            "sregistry.storage": "memory filesystem",
        }
    if request.param == "s3":
        bucket = request.getfixturevalue("s3_server").make_bucket()
        return {
            "sregistry.plugins": "filesystem s3",
            "sregistry.storage": "cloud filesystem",
            **as_ini("cloud", {**bucket, "relay": "true"}),
        }
    return {}


@pytest.fixture(scope="session")
def conformance_registry(tmp_path_factory, empty_database, database_settings, storage_settings):
    with database_settings() as settings:
        registry = Registry(
            tmp_path_factory.mktemp("conformance"),
            empty_database,
            {"sregistry.protocols": "discovery transfer library oci"} | settings | storage_settings,
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
