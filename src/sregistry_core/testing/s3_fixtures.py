"""Fixtures with a real S3 server: name this module in `pytest_plugins`."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from .s3_server import CephGateway

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


def as_ini(name: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Give the lines of an ini file that open a storage called `name` beside others."""
    return {f"{name}.use": "s3", **{f"{name}.{key}": text for key, text in settings.items()}}
