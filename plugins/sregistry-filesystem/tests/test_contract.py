"""The directory keeps to the contract of a storage: by rename, and across file systems by copy."""

import shutil

import pytest

from sregistry_core.testing.components import mounted
from sregistry_core.testing.storage_contract import StorageContract
from sregistry_filesystem import DirectoryStorage


class DirectoryContract(StorageContract):
    @pytest.fixture
    def root(self, tmp_path):
        return tmp_path / "images"

    @pytest.fixture
    def storage(self, root):
        return DirectoryStorage(root)

    @pytest.fixture
    def broken(self, tmp_path):
        root = tmp_path / "disk" / "images"
        storage = DirectoryStorage(root)
        shutil.rmtree(root)
        return storage

    @pytest.fixture
    def left_behind(self, storage, root):
        return lambda: [str(path) for path in root.rglob("*") if not path.is_dir()]


class TestOnTheSameFileSystem(DirectoryContract):
    pass


class TestAcrossFileSystems(DirectoryContract):
    @pytest.fixture
    def root(self, tmp_path):
        with mounted(tmp_path / "mounted", "50%") as root:
            yield root

    def test_the_staged_file_is_on_another_file_system(self, root, stage):
        assert root.stat().st_dev != stage().stat().st_dev
