"""A disk that is full, or becomes so: a clear refusal, nothing half, and all is well afterwards."""

import pytest

from .answers import Refused
from .bodies import MIB, Body
from .small_disk import small_disk
from .truth import files_below, require_nothing_left, require_sound, unowned
from .waiting import eventually

SIZE = 64 * MIB
SLACK = MIB
"""What databases and directories take of their own."""
IMAGE = Body(b"large", 16 * MIB)
SMALL = Body(b"small", 700_000)
NAME = "ada/lab/blast"


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "registry"


@pytest.fixture
def disk(directory):
    with small_disk(directory / "var", SIZE) as mounted:
        yield mounted


@pytest.fixture
def make_registry(disk, directory, make_live_registry):
    def make(**settings):
        settings = {"sregistry.part_size": "4M", **settings}
        return make_live_registry(directory, settings=settings)

    return make


@pytest.fixture
def registry(make_registry):
    """Images and the waiting room on the small disk, the database elsewhere."""
    return make_registry(**{"sregistry.database": "sqlite:///registry.sqlite"})


@pytest.fixture
def ada(registry, make_pusher):
    return make_pusher(registry)


def announce(ada, image=IMAGE):
    return ada.announce(ada.container(NAME), image.digest)["id"]


def begin_parts(ada, image_id, size):
    path = f"/v2/imagefile/{image_id}/_multipart"
    upload = ada.ask("POST", path, {"filesize": size}).data()

    def address(number):
        wanted = {"uploadID": upload["uploadID"], "partNumber": number}
        return ada.ask("PUT", path, wanted).data()["presignedURL"]

    return upload, address


def require_well_again(registry, ada, disk, free):
    """The space is free, a push succeeds, and nothing is left over."""
    disk.empty()
    assert ada.ask("GET", f"/v1/images/{NAME}:sha256.{IMAGE.digest}").status == 404
    assert disk.free > free - SLACK
    require_sound(registry, {f"{NAME}:small": ada.push(f"{NAME}:small", SMALL)})
    require_nothing_left(registry)


@pytest.mark.parametrize("way", ["send", "send_in_parts"])
def test_a_size_that_does_not_fit_is_refused_when_it_is_announced(ada, disk, way):
    image_id = announce(ada)
    disk.fill(leave=IMAGE.size - MIB)

    with pytest.raises(Refused, match="507: no room for 16777216 bytes: ") as refused:
        getattr(ada, way)(image_id, IMAGE)

    assert refused.value.status == 507


def test_a_body_for_which_there_is_no_room_any_more_is_refused_in_plain_text(registry, ada, disk):
    image_id, free = announce(ada), disk.free
    address = ada.begin(image_id, IMAGE.size)
    disk.fill(leave=IMAGE.size // 2)

    answer = ada.put(address, IMAGE, IMAGE.size)

    assert answer.status == 507
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.message == "no room for the body: the disk is full"
    eventually(lambda: not files_below(disk.path / "staging"))
    require_well_again(registry, ada, disk, free)


def test_a_body_of_an_old_client_is_refused_in_its_envelope(registry, ada, disk):
    image_id, free = announce(ada), disk.free
    disk.fill(leave=IMAGE.size // 2)

    answer = ada.ask("POST", f"/v1/imagefile/{image_id}", iter(IMAGE), length=IMAGE.size)

    assert answer.status == 507
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.message.startswith("no room for ")
    eventually(lambda: not files_below(disk.path / "staging"))
    require_well_again(registry, ada, disk, free)


@pytest.mark.parametrize(
    ("leave", "where"), [(1 * MIB, "in the spool"), (6 * MIB, "at its place in the upload")]
)
def test_a_part_for_which_there_is_no_room_can_be_sent_again_later(
    registry, ada, disk, leave, where
):
    upload, address = begin_parts(ada, announce(ada), IMAGE.size)
    part_size = upload["partSize"]
    for number in (1, 2):
        offset = (number - 1) * part_size
        ada.put(address(number), IMAGE.part(offset, part_size), part_size).data()
    eventually(lambda: not files_below(disk.path / "staging" / "spool"))
    disk.fill(leave=leave)

    answer = ada.put(address(3), IMAGE.part(2 * part_size, part_size), part_size)

    assert answer.status == 507, where
    assert answer.message.startswith("no room for ")
    disk.empty()
    ada.send_in_parts(announce(ada), IMAGE)
    require_sound(registry, {f"{NAME}:sha256.{IMAGE.digest}": IMAGE.digest})


def test_an_upload_in_parts_that_did_not_fit_frees_its_space_when_it_is_given_up(
    registry, ada, disk
):
    image_id, free = announce(ada), disk.free
    upload, address = begin_parts(ada, image_id, IMAGE.size)
    ada.put(address(1), IMAGE.part(0, 4 * MIB), 4 * MIB).data()
    disk.fill(leave=MIB)
    assert ada.put(address(2), IMAGE.part(4 * MIB, 4 * MIB), 4 * MIB).status == 507

    path = f"/v2/imagefile/{image_id}/_multipart_abort"
    ada.ask("PUT", path, {"uploadID": upload["uploadID"]}).data()

    eventually(lambda: not files_below(disk.path / "staging"))
    require_well_again(registry, ada, disk, free)


def test_reading_goes_on_when_the_disk_is_full(registry, ada, disk):
    digest = ada.push(f"{NAME}:1", IMAGE)
    disk.fill(leave=0)

    assert ada.pull(f"{NAME}:1") == digest
    assert ada.ask("GET", f"/v1/containers/{NAME}").status == 200
    assert ada.ask("GET", "/readyz").status in (200, 503)


def test_a_server_whose_disk_is_full_still_ends_well(make_registry, make_pusher, disk):
    registry = make_registry()
    ada = make_pusher(registry)
    digest = ada.push(f"{NAME}:1", SMALL)
    assert ada.pull(f"{NAME}:1") == digest
    disk.fill(leave=0)

    registry.stop()

    disk.empty()
    registry.start()
    require_sound(registry, {f"{NAME}:1": digest})


@pytest.mark.parametrize("way", ["send", "send_at_once"])
def test_a_database_on_the_full_disk_loses_nothing(make_registry, make_pusher, disk, way):
    registry = make_registry()
    ada = make_pusher(registry)
    kept = {f"{NAME}:first": ada.push(f"{NAME}:first", SMALL)}
    refusals, large = [], 2 * MIB
    for margin in range(0, 320 * 1024, 32 * 1024):
        image = Body(f"margin {margin} {way}".encode(), large)
        image_id = announce(ada, image)
        disk.fill(leave=large + margin)
        try:
            getattr(ada, way)(image_id, image)
        except Refused as refused:
            refusals.append(refused)
            eventually(lambda: not unowned(registry))
        else:
            kept[f"{NAME}:sha256.{image.digest}"] = image.digest
        disk.empty()

    assert {refused.status for refused in refusals} <= {503, 507}, refusals
    assert len(refusals) < 10, "nothing fitted"
    require_sound(registry, kept)
    kept[f"{NAME}:last"] = ada.push(f"{NAME}:last", Body(b"last", 4 * MIB))
    registry.kill()
    registry.start()
    require_sound(registry, kept)
    require_nothing_left(registry)
