"""Storages on a real S3 server."""

from urllib.parse import urlsplit

import pytest

from sregistry_core.contracts import PluginSettings
from sregistry_core.testing.network import Passage
from sregistry_s3 import sregistry_storage


@pytest.fixture
def open_storage(tmp_path):
    """Opens a storage with some settings, as the ini file would give them."""

    def open_storage(**settings):
        values = {"use": "s3", **settings}
        return sregistry_storage("s3", PluginSettings("cloud", values, tmp_path, {}))

    return open_storage


@pytest.fixture
def left_behind_in(s3_server):
    """Tells all that is in the bucket of a storage: objects, and uploads in parts."""

    def left_behind(storage):
        unfinished = [f"{one.key} ({one.upload})" for one in storage.unfinished()]
        return [*(one.key for one in storage.walk()), *unfinished]

    return left_behind


@pytest.fixture
def passage(s3_server):
    """A way to the server that can be looked at, and broken off."""
    with Passage(urlsplit(s3_server.url).port) as passage:
        yield passage


@pytest.fixture
def make_file(tmp_path):
    """Makes a file of some bytes."""
    count = iter(range(1000))

    def make(content):
        path = tmp_path / f"file-{next(count)}"
        path.write_bytes(content)
        return path

    return make
