"""The contracts on Swift's S3 interface, whose code is other than Ceph's: what it cannot, we do."""

import hashlib
from datetime import timedelta

import pytest

from sregistry_core.testing.direct_storage_contract import DirectStorageContract, ask
from sregistry_core.testing.live import free_port


class TestSwift(DirectStorageContract):
    cannot_compare_digests_because = "Swift takes no digest of the body in a signed address"

    @pytest.fixture
    def storage(self, open_storage, make_swift_bucket):
        return open_storage(**make_swift_bucket())

    @pytest.fixture
    def broken(self, open_storage, make_swift_bucket):
        nobody = f"http://127.0.0.1:{free_port()}"
        return open_storage(**make_swift_bucket(endpoint=nobody, attempts="1"))

    @pytest.fixture
    def left_behind(self, storage):
        def left_behind():
            unfinished = [f"{one.key} ({one.upload})" for one in storage.unfinished()]
            return [*(one.key for one in storage.walk()), *unfinished]

        return left_behind


def test_a_client_that_shows_a_digest_is_taken_where_none_is_signed(
    open_storage, make_swift_bucket
):
    storage = open_storage(**make_swift_bucket())
    digest = hashlib.sha256(b"bytes").hexdigest()
    url = storage.put_url("incoming/1", size=5, sha256=digest, lifetime=timedelta(minutes=5))

    answer = ask("PUT", url, b"bytes", {"X-Amz-Content-Sha256": digest})

    assert answer.status == 200
    with storage.open("incoming/1") as source:
        assert source.read() == b"bytes"
