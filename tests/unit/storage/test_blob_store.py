"""What becomes of a staged file on its way into the storage."""

import shutil

import pytest

from sregistry_core.digests import Digest
from sregistry_core.errors import NotFound, StorageUnavailable
from sregistry_core.storage.staging import Staged

DIGEST = Digest("ab" * 32)


def test_a_file_that_a_sweep_has_taken_is_no_trouble_of_the_storage(registry, tmp_path):
    gone = Staged(tmp_path / "gone", 3, DIGEST)

    with pytest.raises(NotFound, match="given up"):
        registry.parts.facilities.blob_store.put(gone, "1")


def test_a_storage_that_is_gone_is(registry, tmp_path):
    staged = Staged(tmp_path / "staged", 3, DIGEST)
    staged.path.write_bytes(b"abc")
    store = registry.parts.facilities.blob_store
    root = store.storages[store.first]._root
    shutil.rmtree(root)
    root.write_text("no directory")

    with pytest.raises(StorageUnavailable):
        store.put(staged, "1")
