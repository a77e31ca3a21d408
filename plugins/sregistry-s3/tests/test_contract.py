"""A bucket keeps to the contracts: with clients that come by themselves, and without."""

import pytest

from sregistry_core.testing.direct_storage_contract import DirectStorageContract
from sregistry_core.testing.live import free_port
from sregistry_core.testing.storage_contract import StorageContract


class OnCeph:
    settings = {}

    @pytest.fixture
    def storage(self, open_storage, make_bucket):
        return open_storage(**make_bucket(**self.settings))

    @pytest.fixture
    def broken(self, open_storage, make_bucket):
        nobody = f"http://127.0.0.1:{free_port()}"
        return open_storage(**make_bucket(endpoint=nobody, attempts="1", **self.settings))

    @pytest.fixture
    def left_behind(self, storage, left_behind_in):
        return lambda: left_behind_in(storage)


class TestDirect(OnCeph, DirectStorageContract):
    pass


class TestRelay(OnCeph, StorageContract):
    settings = {"relay": "true"}


class TestBelowAPrefix(OnCeph, DirectStorageContract):
    settings = {"prefix": "sites/Vienna"}
