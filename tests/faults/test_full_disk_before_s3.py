"""The disk of the waiting room fills while images belong to an object store behind it."""

import pytest

from sregistry_core.testing.s3_fixtures import as_ini

from .answers import Refused
from .bodies import MIB, Body
from .small_disk import small_disk
from .truth import files_below
from .waiting import eventually

LARGE = Body(b"large", 16 * MIB)
SMALL = Body(b"small", 700_000)


def test_a_push_without_room_is_refused_and_succeeds_when_there_is_some(
    tmp_path, make_bucket, make_live_registry, make_pusher
):
    directory = tmp_path / "registry"
    with small_disk(directory / "var" / "staging", 64 * MIB) as disk:
        settings = {
            "sregistry.plugins": "s3",
            "sregistry.storage": "cloud",
            "sregistry.part_size": "5M",
            **as_ini("cloud", make_bucket(relay="true")),
        }
        ada = make_pusher(make_live_registry(directory, settings=settings))
        image_id = ada.announce(ada.container("ada/lab/blast"), LARGE.digest)["id"]
        address = ada.begin(image_id, LARGE.size)
        disk.fill(leave=LARGE.size // 2)

        answer = ada.put(address, LARGE, LARGE.size)
        with pytest.raises(Refused) as refused:
            ada.push("ada/lab/other:1", Body(b"another", 16 * MIB))

        assert (answer.status, answer.message) == (507, "no room for the body: the disk is full")
        assert refused.value.status == 507
        # What fills the disk is a file itself.
        eventually(lambda: len(list(files_below(disk.path))) == 1)
        disk.empty()
        assert ada.push("ada/lab/blast:1", LARGE)
        assert ada.pull("ada/lab/blast:1") == LARGE.digest
        eventually(lambda: not files_below(disk.path))
