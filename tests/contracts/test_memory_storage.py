"""The storage of our tests keeps to its contract."""

import pytest

from sregistry_core.testing.memory_storage import MemoryStorage
from sregistry_core.testing.storage_contract import StorageContract


class TestMemoryStorage(StorageContract):
    cannot_be_large_because = "it keeps its objects in memory, on purpose"

    @pytest.fixture
    def storage(self):
        return MemoryStorage()

    @pytest.fixture
    def broken(self):
        pytest.skip("memory is never out of reach")
