"""Fixtures with a real S3 server: name this module in `pytest_plugins`."""

import secrets
from collections.abc import Callable, Iterator, Mapping

import pytest

from .s3_server import CephGateway
from .swift_server import SwiftCluster

MakeBucket = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CephGateway]:
    """One server for all tests of a run; whoever sends it away has it back at the end."""
    with CephGateway(tmp_path_factory.mktemp("ceph")) as server:
        yield server


@pytest.fixture
def make_bucket(s3_server: CephGateway) -> MakeBucket:
    """Makes an empty bucket, and gives the keys of the ini file for a storage in it.

    `make_bucket(relay="true")` gives `relay` beside `bucket`, `endpoint` and the rest.
    """

    def make(**settings: str) -> dict[str, str]:
        return {**s3_server.make_bucket(), **settings}

    return make


@pytest.fixture(scope="session")
def swift_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SwiftCluster]:
    """A server of other code for all tests of a run that name it, which are few."""
    with SwiftCluster(tmp_path_factory.mktemp("swift")) as server:
        yield server


@pytest.fixture
def make_swift_bucket(swift_server: SwiftCluster) -> MakeBucket:
    """Does on Swift what `make_bucket` does on Ceph: a place of its own in one bucket of a run."""
    place = {"prefix": f"place-{secrets.token_hex(6)}", "server": "swift"}
    return lambda **settings: {**swift_server.bucket(), **place, **settings}


def as_ini(name: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Give the lines of an ini file that open a storage called `name` beside others."""
    return {f"{name}.use": "s3", **{f"{name}.{key}": text for key, text in settings.items()}}
