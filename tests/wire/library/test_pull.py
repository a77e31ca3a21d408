"""Pulls by tag, digest and architecture; whole, in ranges, and in parallel."""

import hashlib

import pytest

from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif(payload_size=300_000)
ARM = make_sif(arch="arm64")


@pytest.fixture(autouse=True)
def pushed(registry, ada):
    ada.push("ada/lab/blast:1", IMAGE)


def test_an_image_is_described_as_the_client_needs_it(stranger):
    found = stranger.get("/v1/images/ada/lab/blast:1?arch=amd64", status=200).json["data"]

    assert found["hash"] == f"sha256.{hashlib.sha256(IMAGE).hexdigest()}"
    assert found["size"] == len(IMAGE)
    assert found["uploaded"] is True
    assert found["tags"] == ["1"]
    assert found["createdAt"].endswith("+00:00")


def test_the_architecture_chooses_the_image(ada, stranger):
    ada.push("ada/lab/blast:1", ARM, arch="arm64")

    assert stranger.pull("ada/lab/blast:1", arch="arm64").body == ARM
    assert stranger.pull("ada/lab/blast:1", arch="amd64").body == IMAGE
    stranger.pull("ada/lab/blast:1", arch="s390x", status=404)


@pytest.mark.parametrize("query", ["", "?arch="])
def test_a_client_that_does_not_say_gets_the_usual_architecture(ada, stranger, query):
    ada.push("ada/lab/blast:1", ARM, arch="arm64")

    assert stranger.get(f"/v1/imagefile/ada/lab/blast:1{query}").body == IMAGE


def test_a_client_that_does_not_say_gets_the_only_architecture(ada, stranger):
    ada.push("ada/lab/arm:1", ARM, arch="arm64")

    assert stranger.get("/v1/imagefile/ada/lab/arm:1").body == ARM


def test_the_file_knows_its_architecture_better_than_the_client(ada):
    ada.push("ada/lab/arm:1", ARM, arch="arm64")
    image = ada.get("/v1/images/ada/lab/arm:1").json["data"]

    answer = ada.post(
        f"/v2/tags/{image['container']}",
        {"Arch": "amd64", "Tag": "2", "ImageID": image["id"]},
        status=400,
    )

    assert answer.json["error"]["message"] == "the image is for arm64, not for amd64"


def test_the_tags_of_each_architecture_are_shown(ada, stranger):
    ada.push("ada/lab/blast:1", ARM, arch="arm64")
    container = stranger.get("/v1/containers/ada/lab/blast").json["data"]
    tags = stranger.get(f"/v2/tags/{container['id']}").json["data"]

    assert sorted(tags) == ["amd64", "arm64"]
    assert container["archTags"] == tags
    assert stranger.get(f"/v1/tags/{container['id']}").json["data"] == tags["amd64"]


def test_a_list_of_tags_means_its_first(stranger):
    assert stranger.pull("ada/lab/blast:1,2").body == IMAGE


def test_head_tells_size_and_ranges(stranger):
    answer = stranger.head("/v1/imagefile/ada/lab/blast:1", status=200)

    assert answer.headers["Content-Length"] == str(len(IMAGE))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.body == b""


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=100-", 100, len(IMAGE) - 1),
        ("bytes=-5", len(IMAGE) - 5, len(IMAGE) - 1),
        (f"bytes=5-{len(IMAGE) * 2}", 5, len(IMAGE) - 1),
        (f"bytes=-{len(IMAGE) * 2}", 0, len(IMAGE) - 1),
    ],
)
def test_a_range_is_given_exactly(stranger, asked, first, last):
    answer = stranger.pull("ada/lab/blast:1", headers={"Range": asked}, status=206)

    assert answer.body == IMAGE[first : last + 1]
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(IMAGE)}"
    assert answer.headers["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize("asked", [f"bytes={len(IMAGE)}-", "bytes=-0"])
def test_a_range_outside_is_refused(stranger, asked):
    answer = stranger.pull("ada/lab/blast:1", headers={"Range": asked}, status=416)

    assert answer.headers["Content-Range"] == f"bytes */{len(IMAGE)}"


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,5-6", "x"])
def test_a_range_that_cannot_be_read_is_ignored(stranger, asked):
    answer = stranger.pull("ada/lab/blast:1", headers={"Range": asked}, status=200)

    assert answer.body == IMAGE


def test_what_a_client_has_is_not_sent_again(stranger):
    etag = stranger.pull("ada/lab/blast:1").headers["ETag"]

    answer = stranger.pull("ada/lab/blast:1", headers={"If-None-Match": etag}, status=304)

    assert answer.body == b""


def test_a_range_of_another_version_is_the_whole(stranger):
    headers = {"Range": "bytes=0-9", "If-Range": '"sha256:other"'}

    assert stranger.pull("ada/lab/blast:1", headers=headers, status=200).body == IMAGE


class TestParallelDownload:
    """303 and ranges: what newer clients do with large images."""

    @pytest.fixture
    def registry(self, make_registry):
        return make_registry(parallel_download_above="1K")

    def test_a_large_image_is_fetched_in_ranges(self, stranger):
        answer = stranger.pull("ada/lab/blast:1", status=303)
        location = answer.headers["Location"]

        assert location.startswith("http://registry.test/transfer/")
        pieces = []
        for start in range(0, len(IMAGE), 100_000):
            last = min(start + 100_000, len(IMAGE)) - 1
            part = stranger.get(location, headers={"Range": f"bytes={start}-{last}"}, status=206)
            pieces.append(part.body)
        assert b"".join(pieces) == IMAGE

    def test_the_probe_of_older_clients_is_answered_as_they_need_it(self, stranger):
        location = stranger.pull("ada/lab/blast:1", status=303).headers["Location"]

        answer = stranger.get(location, headers={"Range": "bytes=0-1024"}, status=206)

        assert answer.headers["Content-Range"] == f"bytes 0-1024/{len(IMAGE)}"

    def test_clients_that_just_follow_get_the_whole(self, stranger):
        location = stranger.pull("ada/lab/blast:1", status=303).headers["Location"]

        assert stranger.get(location, status=200).body == IMAGE

    def test_a_client_that_asks_for_a_range_itself_gets_it_at_once(self, stranger):
        stranger.pull("ada/lab/blast:1", headers={"Range": "bytes=0-9"}, status=206)

    def test_the_address_of_a_private_image_carries_the_permission(self, registry, ada, stranger):
        registry.hide("ada/lab")

        location = ada.pull("ada/lab/blast:1", status=303).headers["Location"]

        assert stranger.get(location, status=200).body == IMAGE

    def test_the_address_ends_with_the_right_to_read(self, registry, ada, bob, stranger):
        location = bob.pull("ada/lab/blast:1", status=303).headers["Location"]
        registry.hide("ada/lab")

        stranger.get(location, status=404)

    def test_the_address_ends_with_the_image(self, ada, stranger):
        location = ada.pull("ada/lab/blast:1", status=303).headers["Location"]
        ada.delete("/v1/images/ada/lab/blast:1", status=200)

        stranger.get(location, status=404)

    def test_the_address_expires(self, registry, ada, stranger):
        location = ada.pull("ada/lab/blast:1", status=303).headers["Location"]
        registry.clock.move(registry.parts.settings.transfer_lifetime)

        stranger.get(location, status=410)


def test_a_pull_is_counted_once(registry, stranger):
    from sqlalchemy import select

    from sregistry_core.models import DailyDownloads

    stranger.pull("ada/lab/blast:1")
    stranger.pull("ada/lab/blast:1", headers={"Range": "bytes=5-"})
    stranger.head("/v1/imagefile/ada/lab/blast:1")
    registry.parts.jobs.write_tally()
    stranger.pull("ada/lab/blast:1")
    registry.parts.jobs.write_tally()

    with registry.parts.unit()() as services:
        assert services.db.scalars(select(DailyDownloads.count)).all() == [2]


def test_nobody_is_led_to_an_oci_registry(stranger):
    stranger.get(
        "/v1/oci-redirect?accessTypes=pull&mapped=1&namespace=ada%2Flab%2Fblast", status=404
    )
