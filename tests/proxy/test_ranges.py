"""Parts of an image, as the library client fetches them: nginx asks where it is, and sends them."""

import hashlib
import os
import uuid

import pytest

from sregistry_core.testing.sif_files import make_sif

from .conversation import Client

MIB = 1 << 20
IMAGE = make_sif(labels={"org.example": uuid.uuid4().hex}) + os.urandom(65 * MIB)
ETAG = f'"sha256:{hashlib.sha256(IMAGE).hexdigest()}"'


@pytest.fixture
def ada(site):
    return Client(site, site.ada)


@pytest.fixture
def anybody(site):
    return Client(site)


@pytest.fixture
def name():
    return f"ada/c{uuid.uuid4().hex[:12]}/blast:1"


@pytest.fixture
def public(ada, name):
    ada.push(name, IMAGE)
    return name


def address_of(client, name):
    """The signed address that a client is led to."""
    answer = client.ask("GET", f"/v1/imagefile/{name}?arch=amd64")
    assert answer.status == 303
    return answer.headers["location"]


def part(client, address, first, last, **headers):
    return client.ask("GET", address, headers={"Range": f"bytes={first}-{last}", **headers})


def test_parts_of_a_public_image_cost_the_registry_a_handful_of_requests(site, anybody, public):
    address = address_of(anybody, public)
    before = site.answered("transfer")

    came = [part(anybody, address, at, at + 999) for at in range(0, 60 * MIB, MIB)]

    assert b"".join(one.body for one in came) == b"".join(
        IMAGE[at : at + 1000] for at in range(0, 60 * MIB, MIB)
    )
    assert {one.status for one in came} == {206}
    assert site.answered("transfer") - before < 10


def test_a_part_says_of_what_it_is_one_whoever_sends_it(anybody, public):
    address = address_of(anybody, public)
    first, later = part(anybody, address, 0, 9), part(anybody, address, 10, 19)

    for one in (first, later):
        assert one.headers["etag"] == ETAG
        assert one.headers["content-type"] == "application/octet-stream"
        assert one.headers["content-disposition"] == 'attachment; filename="blast.sif"'
        assert one.headers["x-content-type-options"] == "nosniff"
        assert "x-image-place" not in one.headers
    assert later.headers["content-range"] == f"bytes 10-19/{len(IMAGE)}"
    assert part(anybody, address, len(IMAGE), len(IMAGE) + 9).status == 416


def test_who_names_a_version_gets_no_part_of_another_one(anybody, public):
    address = address_of(anybody, public)

    same = part(anybody, address, 10, 19, **{"If-Range": ETAG})
    other = part(anybody, address, 10, 19, **{"If-Range": '"other"'})

    assert (same.status, same.body) == (206, IMAGE[10:20])
    assert (other.status, len(other.body)) == (200, len(IMAGE))
    assert part(anybody, address, 10, 19, **{"If-Match": '"other"'}).status == 412


def test_parts_of_a_private_image_end_with_the_right_to_them(site, ada, anybody, name):
    ada.push(name, IMAGE, private=True)
    address = address_of(ada, name)
    assert part(anybody, address, 10, 19).body == IMAGE[10:20]
    before = site.answered("transfer")
    assert part(anybody, address, 20, 29).body == IMAGE[20:30]
    assert site.answered("transfer") - before == 1

    assert ada.ask("DELETE", f"/api/v1/containers/{name.partition(':')[0]}").status == 204

    gone = part(anybody, address, 10, 19)
    assert gone.status == 404
    assert b"does not exist" in gone.body


def test_an_address_that_nobody_has_signed_is_refused_in_words(anybody):
    said = part(anybody, "/transfer/nothing", 10, 19)
    assert said.status == 404
    assert b"no such address" in said.body


def test_nobody_else_is_told_where_images_are(site, anybody, public):
    address = address_of(anybody, public)
    asking = {"X-Image-Place": "wanted"}

    by_nginx = anybody.ask("GET", address, headers=asking)
    refused = anybody.ask("GET", "/_place", headers=asking)

    assert (by_nginx.status, by_nginx.body) == (200, IMAGE)
    assert refused.status == 404
