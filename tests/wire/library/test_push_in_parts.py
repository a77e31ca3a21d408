"""A push above 64 MiB as Apptainer 1.4 does it, here with parts of 1 MiB."""

import hashlib

import pytest

from sregistry_core.testing.sif_files import make_sif

MIB = 1 << 20


@pytest.fixture
def registry(make_registry):
    return make_registry(part_size="1M")


@pytest.fixture
def image():
    return make_sif(payload_size=2 * MIB + 500_000)


class Push:
    """A push in parts under way."""

    def __init__(self, actor, image, container="blast"):
        self.actor, self.image = actor, image
        self.digest = hashlib.sha256(image).hexdigest()
        self.container_id = make_container(actor, container)
        self.image_id = self.announce(self.digest)

    def announce(self, digest):
        answer = self.actor.post(
            "/v1/images", {"hash": f"sha256.{digest}", "container": self.container_id}
        )
        return answer.json["data"]["id"]

    def begin(self, size=None, **options):
        return self.actor.post(
            f"/v2/imagefile/{self.image_id}/_multipart",
            {"filesize": len(self.image) if size is None else size},
            **options,
        ).json

    def address(self, upload_id, number, **options):
        return self.actor.put(
            f"/v2/imagefile/{self.image_id}/_multipart",
            {"partSize": MIB, "uploadID": upload_id, "partNumber": number, "sha256sum": ""},
            **options,
        ).json

    def send(self, upload_id, number, body=None, **options):
        address = self.address(upload_id, number)["data"]["presignedURL"]
        start = (number - 1) * MIB
        part = self.image[start : start + MIB] if body is None else body
        return self.actor.put(address, part, **options).headers.get("ETag")

    def complete(self, upload_id, tokens, **options):
        parts = [{"partNumber": number, "token": token} for number, token in tokens.items()]
        return self.actor.put(
            f"/v2/imagefile/{self.image_id}/_multipart_complete",
            {"uploadID": upload_id, "completedParts": parts},
            **options,
        )


def make_container(actor, name):
    entity = actor.get(f"/v1/entities/{actor.name}").json["data"]["id"]
    collection = actor.post("/v1/collections", {"name": "lab", "entity": entity}).json["data"]["id"]
    return actor.post("/v1/containers", {"name": name, "collection": collection}).json["data"]["id"]


def test_the_server_chooses_size_and_number_of_the_parts(ada, image):
    begun = Push(ada, image).begin()["data"]

    assert begun["partSize"] == MIB
    assert begun["totalParts"] == 3
    assert all(isinstance(value, str) for value in begun["options"].values())


def test_parts_in_order_become_the_image(ada, stranger, image):
    push = Push(ada, image)
    upload_id = push.begin()["data"]["uploadID"]
    tokens = {number: push.send(upload_id, number) for number in (1, 2, 3)}

    answer = push.complete(upload_id, tokens, status=200).json

    assert answer["data"]["containerUrl"] == "ada/lab/blast"
    found = stranger.get(f"/v1/images/ada/lab/blast:sha256.{push.digest}").json["data"]
    assert found["uploaded"] is True
    assert stranger.pull(f"ada/lab/blast:sha256.{push.digest}").body == image


def test_parts_in_any_order_and_twice_become_the_image(ada, stranger, image):
    push = Push(ada, image)
    upload_id = push.begin()["data"]["uploadID"]
    push.send(upload_id, 1)
    tokens = {number: push.send(upload_id, number) for number in (3, 1, 2)}

    push.complete(upload_id, tokens, status=200)

    assert stranger.pull(f"ada/lab/blast:sha256.{push.digest}").body == image


def test_a_store_without_etag_is_fine_too(ada, image):
    push = Push(ada, image)
    upload_id = push.begin()["data"]["uploadID"]
    for number in (1, 2, 3):
        push.send(upload_id, number)

    push.complete(upload_id, {1: "", 2: "", 3: ""}, status=200)


def test_an_outdated_part_is_refused(ada, image):
    push = Push(ada, image)
    upload_id = push.begin()["data"]["uploadID"]
    tokens = {number: push.send(upload_id, number) for number in (1, 2, 3)}
    push.send(upload_id, 2)

    answer = push.complete(upload_id, tokens, status=400).json

    assert answer["error"]["message"] == "part 2 is not the one that arrived last"


def test_a_missing_part_is_named(ada, image):
    push = Push(ada, image)
    upload_id = push.begin()["data"]["uploadID"]
    tokens = {number: push.send(upload_id, number) for number in (1, 3)}

    answer = push.complete(upload_id, tokens, status=400).json

    assert answer["error"]["message"] == "part 2 of 3 has not arrived"


@pytest.mark.parametrize("length", [MIB - 1, MIB + 1, 0])
def test_a_part_of_another_size_is_refused(ada, image, length):
    push = Push(ada, image)
    upload_id = push.begin()["data"]["uploadID"]

    push.send(upload_id, 1, bytes(length), status=400)


def test_changed_bytes_are_refused_with_both_digests_and_their_space_is_free(registry, ada, image):
    push = Push(ada, image)
    upload_id = push.begin()["data"]["uploadID"]
    tokens = {number: push.send(upload_id, number) for number in (1, 3)}
    tokens[2] = push.send(upload_id, 2, bytes(MIB))
    changed = image[:MIB] + bytes(MIB) + image[2 * MIB :]

    answer = push.complete(upload_id, tokens, status=400).json

    found = hashlib.sha256(changed).hexdigest()
    assert answer["error"]["message"] == (
        f"the bytes have the digest sha256:{found}, sha256:{push.digest} was announced"
    )
    assert list((registry.directory / "staging" / "uploads").iterdir()) == []
    ada.get(f"/v1/images/ada/lab/blast:sha256.{push.digest}", status=404)


def test_an_aborted_upload_is_gone_with_its_bytes(registry, ada, image):
    push = Push(ada, image)
    upload_id = push.begin()["data"]["uploadID"]
    address = push.address(upload_id, 2)["data"]["presignedURL"]
    push.send(upload_id, 1)

    ada.put(f"/v2/imagefile/{push.image_id}/_multipart_abort", {"uploadID": upload_id}, status=200)

    ada.put(address, image[MIB : 2 * MIB], status=404)
    push.complete(upload_id, {}, status=404)
    assert list((registry.directory / "staging" / "uploads").iterdir()) == []


def test_an_abandoned_upload_expires(registry, ada, image):
    push = Push(ada, image)
    upload_id = push.begin()["data"]["uploadID"]
    push.send(upload_id, 1)
    registry.clock.move(registry.parts.settings.upload_lifetime)
    with registry.parts.unit()() as services:
        services.outbox.write("uploads.expire")

    registry.run_jobs()

    assert list((registry.directory / "staging" / "uploads").iterdir()) == []
    push.complete(upload_id, {}, status=404)


def test_nobody_else_continues_an_upload(registry, ada, bob, image):
    push = Push(ada, image)
    upload_id = push.begin()["data"]["uploadID"]
    push.actor = bob

    hidden = push.address(upload_id, 1, status=403)
    assert hidden["error"]["message"] == "bob may not push ada/lab/blast"


def test_a_part_that_is_not_there_is_refused(ada, image):
    push = Push(ada, image)
    upload_id = push.begin()["data"]["uploadID"]

    for number in (0, 4):
        answer = push.address(upload_id, number, status=400)
        assert answer["error"]["message"] == f"there is no part {number}: the upload has 3"


def test_there_are_never_more_than_ten_thousand_parts(make_registry):
    registry = make_registry(part_size="1M", largest_image="1T", keep_free="0")
    ada = registry.user("ada")
    push = Push(ada, b"x")
    size = 10_001 * MIB

    begun = push.begin(size)["data"]

    assert begun["partSize"] == 2 * MIB
    assert begun["totalParts"] == -(-size // (2 * MIB))


@pytest.mark.parametrize("size", [-1, 1.5, "12", None, True, 1 << 64])
def test_a_size_that_is_none_is_refused(ada, image, size):
    push = Push(ada, image)

    answer = ada.post(f"/v2/imagefile/{push.image_id}/_multipart", {"filesize": size}, status=400)

    assert "filesize must be a whole number" in answer.json["error"]["message"]


def test_more_than_an_image_may_have_is_refused_before_the_first_byte(make_registry):
    registry = make_registry(largest_image="1M")
    push = Push(registry.user("ada"), b"x")

    answer = push.begin(MIB + 1, status=413)

    assert answer["error"]["code"] == 413


def test_what_does_not_fit_on_the_disk_is_refused_before_the_first_byte(make_registry):
    registry = make_registry(keep_free="1000T")
    push = Push(registry.user("ada"), b"x")

    answer = push.begin(10, status=507)

    assert answer["error"]["message"].startswith("no room for 10 bytes")
