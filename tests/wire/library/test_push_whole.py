"""Pushes in one piece, pushes of what is here already, and pushes that lie."""

import hashlib

import pytest

from sregistry_core.testing.sif_files import make_sif


@pytest.fixture
def image():
    return make_sif(labels={"org.example.version": "1"})


def digest_of(image):
    return hashlib.sha256(image).hexdigest()


def announce(actor, image, name="blast"):
    entity = actor.get(f"/v1/entities/{actor.name}").json["data"]["id"]
    collection = actor.post("/v1/collections", {"name": "lab", "entity": entity}).json["data"]["id"]
    container = actor.post("/v1/containers", {"name": name, "collection": collection}).json
    return actor.post(
        "/v1/images",
        {"hash": f"sha256.{digest_of(image)}", "container": container["data"]["id"]},
    ).json["data"]


def stored_files(registry):
    return [path for path in (registry.directory / "images").rglob("*") if path.is_file()]


def test_the_sequence_of_a_push_may_be_repeated(ada, image):
    first = ada.push("ada/lab/blast:1", image)

    assert ada.push("ada/lab/blast:1", image) == first


def test_a_second_push_sends_only_tags(registry, ada, image):
    ada.push("ada/lab/blast:1", image)

    assert announce(ada, image)["uploaded"] is True


def test_equal_bytes_are_stored_once(registry, ada, bob, image):
    ada.push("ada/lab/blast:1", image)
    ada.push("ada/lab/copy:1", image)
    bob.push("bob/other/blast:1", image)

    assert len(stored_files(registry)) == 1


def test_whoever_may_not_read_the_bytes_must_send_them(registry, ada, bob, image):
    ada.push("ada/lab/blast:1", image)
    registry.hide("ada/lab")

    assert announce(bob, image)["uploaded"] is False


def test_whoever_may_read_the_bytes_need_not_send_them(ada, bob, image):
    ada.push("ada/lab/blast:1", image)

    assert announce(bob, image)["uploaded"] is True


def test_a_tag_moves_to_another_image(ada, stranger, image):
    newer = make_sif(labels={"org.example.version": "2"})
    ada.push("ada/lab/blast:1", image)

    ada.push("ada/lab/blast:1", newer)

    assert stranger.pull("ada/lab/blast:1").body == newer
    assert stranger.pull(f"ada/lab/blast:sha256.{digest_of(image)}").body == image


def test_tags_are_folded_to_lower_case(ada, stranger, image):
    ada.push("ada/lab/blast:V1.Upper_x", image)

    assert stranger.pull("ada/lab/blast:v1.upper_X").body == image


def test_names_are_folded_to_lower_case(ada, stranger, image):
    ada.push("ada/lab/blast:1", image)

    assert stranger.pull("ADA/Lab/BLAST:1").body == image


def test_an_image_without_its_bytes_is_not_there(ada, image):
    announce(ada, image)

    ada.get(f"/v1/images/ada/lab/blast:sha256.{digest_of(image)}?arch=amd64", status=404)
    ada.pull(f"ada/lab/blast:sha256.{digest_of(image)}", status=404)


def test_a_tag_for_an_image_without_its_bytes_is_refused(ada, image):
    announced = announce(ada, image)

    answer = ada.post(
        f"/v2/tags/{announced['container']}",
        {"Arch": "amd64", "Tag": "1", "ImageID": announced["id"]},
        status=400,
    )

    assert "are not here yet" in answer.json["error"]["message"]


def test_other_bytes_than_announced_are_refused_with_both_digests(registry, ada, image):
    announced = announce(ada, image)
    lie = bytes(len(image))
    begun = ada.post(f"/v2/imagefile/{announced['id']}", {"filesize": len(image)}).json
    ada.put(begun["data"]["uploadURL"], lie, status=200)

    answer = ada.put(f"/v2/imagefile/{announced['id']}/_complete", {}, status=400).json

    assert answer["error"]["message"] == (
        f"the bytes have the digest sha256:{digest_of(lie)}, "
        f"sha256:{digest_of(image)} was announced"
    )
    assert stored_files(registry) == []


def test_another_size_than_announced_is_refused(ada, image):
    announced = announce(ada, image)
    begun = ada.post(f"/v2/imagefile/{announced['id']}", {"filesize": len(image) + 1}).json

    answer = ada.put(begun["data"]["uploadURL"], image, status=400)

    assert f"{len(image)} bytes were sent, {len(image) + 1} were announced" in answer.text


def test_more_bytes_than_announced_are_refused(ada, image):
    announced = announce(ada, image)
    begun = ada.post(f"/v2/imagefile/{announced['id']}", {"filesize": len(image) - 1}).json

    ada.put(begun["data"]["uploadURL"], image, status=413)


def test_another_digest_than_announced_is_refused_before_the_first_byte(ada, image):
    announced = announce(ada, image)

    answer = ada.post(
        f"/v2/imagefile/{announced['id']}",
        {"filesize": len(image), "sha256sum": "0" * 64, "md5sum": ""},
        status=400,
    )

    assert "the image was announced as" in answer.json["error"]["message"]


def test_completing_without_bytes_is_refused(ada, image):
    announced = announce(ada, image)

    answer = ada.put(f"/v2/imagefile/{announced['id']}/_complete", {}, status=400)

    assert answer.json["error"]["message"] == "no bytes of this image have arrived"


def test_completing_twice_is_fine(ada, image):
    announced = announce(ada, image)
    ada.upload(announced["id"], image)

    ada.put(f"/v2/imagefile/{announced['id']}/_complete", {}, status=200)


def test_an_upload_address_expires(registry, ada, image):
    announced = announce(ada, image)
    begun = ada.post(f"/v2/imagefile/{announced['id']}", {"filesize": len(image)}).json
    registry.clock.move(registry.parts.settings.upload_lifetime)

    ada.put(begun["data"]["uploadURL"], image, status=410)


def test_an_upload_address_cannot_be_changed(ada, image):
    announced = announce(ada, image)
    address = ada.post(f"/v2/imagefile/{announced['id']}", {"filesize": 5}).json["data"][
        "uploadURL"
    ]
    claims, _, mac = address.rpartition("/")[2].rpartition(".")

    ada.put(f"/transfer/{claims}x.{mac}", b"12345", status=404)
    ada.put(f"/transfer/{claims}.{mac[::-1]}", b"12345", status=404)
    ada.get(address, status=404)


def test_an_empty_image_can_be_pushed(ada, stranger):
    ada.push("ada/lab/empty:1", b"")

    assert stranger.pull("ada/lab/empty:1").body == b""


def test_a_file_that_is_no_image_is_kept_as_opaque(registry, ada, stranger):
    ada.push("ada/lab/blast:1", b"just a text")
    registry.run_jobs()

    assert stranger.pull("ada/lab/blast:1").body == b"just a text"


def test_a_file_that_is_no_sif_is_refused_where_that_is_demanded(make_registry):
    registry = make_registry(require_sif="true")
    ada = registry.user("ada")
    announced = announce(ada, b"just a text")
    begun = ada.post(f"/v2/imagefile/{announced['id']}", {"filesize": 11}).json
    ada.put(begun["data"]["uploadURL"], b"just a text")

    answer = ada.put(f"/v2/imagefile/{announced['id']}/_complete", {}, status=400).json

    assert answer["error"]["message"].startswith("this is no image")
    assert stored_files(registry) == []


def test_a_sif_is_taken_where_that_is_demanded(make_registry, image):
    registry = make_registry(require_sif="true")

    registry.user("ada").push("ada/lab/blast:1", image)


@pytest.mark.parametrize(
    "name", ["a_b/c", "lab/-x", "lab/" + "x" * 65, "x" * 40 + "/blast", "lab/a..b"]
)
def test_a_name_outside_the_rule_is_refused_with_the_rule(ada, name):
    collection, container = name.split("/")
    entity = ada.get("/v1/entities/ada").json["data"]["id"]
    made = ada.post("/v1/collections", {"name": collection, "entity": entity}, expect_errors=True)
    if made.status_int == 200:
        made = ada.post(
            "/v1/containers",
            {"name": container, "collection": made.json["data"]["id"]},
            expect_errors=True,
        )

    assert made.status_int == 400
    assert "letters and digits" in made.json["error"]["message"]


def test_a_tag_that_reads_as_a_digest_is_refused(ada, image):
    announced = announce(ada, image)
    ada.upload(announced["id"], image)

    for tag in ("sha256." + "0" * 64, "a b", "", "-x", "x" * 129):
        ada.post(
            f"/v2/tags/{announced['container']}",
            {"Arch": "amd64", "Tag": tag, "ImageID": announced["id"]},
            status=400,
        )


def test_the_client_is_told_what_all_images_of_the_user_take_together(ada, image):
    other = make_sif(labels={"org.example.version": "2"})
    ada.push("ada/lab/other:1", other)
    ada.push("ada/lab/again:1", other)
    announced = announce(ada, image)
    ada.upload(announced["id"], image)

    answer = ada.put(f"/v2/imagefile/{announced['id']}/_complete", {}).json["data"]

    assert answer["quota"] == {"quotaTotal": 0, "quotaUsage": len(image) + len(other)}
