"""Behind nginx: bytes go by it alone, nothing is read in vain, and nobody but it is believed."""

import hashlib
import http.client
import os
import re
import sqlite3
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from sregistry_core.testing.sif_files import make_sif

from .conversation import Client, curl

MIB = 1 << 20
A_MOMENT_SECONDS = 7
"""sregistry.proxy_cache_lifetime, as it is when nobody sets it."""


@pytest.fixture
def ada(site):
    return Client(site, site.ada)


@pytest.fixture
def bob(site):
    return Client(site, site.bob)


@pytest.fixture
def anybody(site):
    return Client(site)


@pytest.fixture
def shelf():
    """A collection that no other test has."""
    return f"c{uuid.uuid4().hex[:12]}"


def image_of(size=0):
    return make_sif(labels={"org.example": uuid.uuid4().hex}) + os.urandom(size)


def written_by(site):
    """Bytes that the registry itself has written so far, to files and to connections."""
    said = Path(f"/proc/{site.registry.pid}/io").read_text(encoding="ascii")
    return int(re.search(r"^wchar: (\d+)$", said, re.MULTILINE)[1])


def left_in(directory):
    return [path for path in directory.rglob("*") if path.is_file()]


def test_nginx_sends_the_bytes_and_the_registry_none(site, ada, anybody, shelf):
    image = image_of(8 * MIB)
    ada.push(f"ada/{shelf}/blast:1", image)
    before = written_by(site)

    pulled = anybody.ask("GET", f"/v1/imagefile/ada/{shelf}/blast:1?arch=amd64")

    assert pulled.status == 200
    assert pulled.body == image
    assert pulled.headers["etag"] == f'"sha256:{hashlib.sha256(image).hexdigest()}"'
    assert "x-accel-redirect" not in pulled.headers
    assert pulled.headers["x-content-type-options"] == "nosniff"
    assert written_by(site) - before < MIB


def test_ranges_and_conditions_hold_behind_nginx(site, ada, anybody, shelf):
    image = image_of(MIB)
    ada.push(f"ada/{shelf}/blast:1", image)
    path = f"/v1/imagefile/ada/{shelf}/blast:1?arch=amd64"
    etag = anybody.ask("HEAD", path).headers["etag"]

    middle = anybody.ask("GET", path, headers={"Range": "bytes=1000-1999"})
    same = anybody.ask("GET", path, headers={"Range": "bytes=0-9", "If-Range": etag})
    other = anybody.ask("GET", path, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    known = anybody.ask("GET", path, headers={"If-None-Match": etag})
    beyond = anybody.ask("GET", path, headers={"Range": f"bytes={len(image)}-"})

    assert (middle.status, middle.body) == (206, image[1000:2000])
    assert middle.headers["content-range"] == f"bytes 1000-1999/{len(image)}"
    assert (same.status, same.body) == (206, image[:10])
    assert (other.status, other.body) == (200, image)
    assert (known.status, known.body) == (304, b"")
    assert beyond.status == 416
    assert anybody.ask("HEAD", path).headers["content-length"] == str(len(image))


def test_whoever_names_the_version_that_is_here_gets_it(ada, anybody, shelf):
    image = image_of(MIB)
    ada.push(f"ada/{shelf}/blast:1", image)
    path = f"/v1/imagefile/ada/{shelf}/blast:1?arch=amd64"
    etag = anybody.ask("HEAD", path).headers["etag"]
    part = {"Range": "bytes=1000-1999"}

    same = anybody.ask("GET", path, headers={"If-Match": etag})
    one_of = anybody.ask("GET", path, headers={"If-Match": f'"other", {etag}', **part})
    other = anybody.ask("GET", path, headers={"If-Match": '"other"'})
    weak = anybody.ask("GET", path, headers={"If-Match": f"W/{etag}"})
    every = anybody.ask("GET", path, headers={"If-Match": "*"})

    assert (same.status, same.body) == (200, image)
    assert (one_of.status, one_of.body) == (206, image[1000:2000])
    assert (other.status, weak.status) == (412, 412)
    assert (every.status, every.body) == (200, image)


def test_a_large_image_is_taken_over_and_not_copied(site, ada, shelf):
    image = image_of(64 * MIB)
    before = written_by(site)

    identifier = ada.push(f"ada/{shelf}/blast:1", image)

    assert written_by(site) - before < 2 * MIB
    assert left_in(site.front.body_files) == []
    assert ada.ask("GET", f"/v1/images/ada/{shelf}/blast:1").json["data"]["id"] == identifier


def test_a_push_in_parts_arrives_by_nginx(ada, anybody, shelf):
    image = image_of(65 * MIB)
    container = ada.container(f"ada/{shelf}/blast")
    where = f"/v2/imagefile/{ada.announce(container, image)}/_multipart"
    begun = ada.ask("POST", where, {"filesize": len(image)}).json["data"]
    done = []
    for number in range(1, begun["totalParts"] + 1):
        wanted = {"uploadID": begun["uploadID"], "partNumber": number}
        address = ada.ask("PUT", where, wanted).json["data"]["presignedURL"]
        part = image[(number - 1) * begun["partSize"] : number * begun["partSize"]]
        sent = ada.ask("PUT", address, part)
        assert sent.status == 200
        done.append({"partNumber": number, "token": sent.headers["etag"]})

    end = ada.ask(
        "PUT", f"{where}_complete", {"uploadID": begun["uploadID"], "completedParts": done}
    )

    digest = hashlib.sha256(image).hexdigest()
    assert end.status == 200, end.body
    pulled = anybody.ask("GET", f"/v1/imagefile/ada/{shelf}/blast:sha256.{digest}?arch=amd64")
    assert pulled.status == 303
    assert anybody.ask("GET", pulled.headers["location"]).body == image


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
def test_a_blob_of_an_oci_client_arrives_by_nginx(ada, anybody, shelf, chunked):
    blob = os.urandom(3 * MIB)
    digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
    name = f"ada/{shelf}/blast"
    begun = ada.ask("POST", f"/v2/{name}/blobs/uploads/", b"")
    assert begun.status == 202
    body = iter([blob[:MIB], blob[MIB:]]) if chunked else blob

    sent = ada.ask("PATCH", begun.headers["location"], body)
    end = ada.ask("PUT", f"{sent.headers['location']}?digest={digest}", b"")

    assert (sent.status, end.status) == (202, 201)
    pulled = ada.ask("GET", f"/v2/{name}/blobs/{digest}")
    assert pulled.body == blob
    assert pulled.headers["docker-content-digest"] == digest


def test_http_2_pulls_and_pushes(site, ada, shelf, tmp_path):
    image = image_of(MIB)
    ada.push(f"ada/{shelf}/blast:1", image)
    file = tmp_path / "pulled"
    url = f"{site.front.url}/v1/imagefile/ada/{shelf}/blast:1?arch=amd64"

    version = curl(site, "--http2", "-o", file, "-w", "%{http_version}", url)

    assert version == b"2"
    assert file.read_bytes() == image
    blob = os.urandom(MIB)
    (tmp_path / "blob").write_bytes(blob)
    shown = f"Authorization: Bearer {site.ada}"
    place = f"{site.front.url}/v2/ada/{shelf}/blast/blobs/uploads/"
    digest = hashlib.sha256(blob).hexdigest()
    words = ("--http2", "-H", shown, "-X", "POST", "--data-binary", f"@{tmp_path / 'blob'}")
    status = curl(site, *words, "-w", "%{http_code}", f"{place}?digest=sha256:{digest}")
    assert status == b"201"


def begin_without_a_body(client, method, path, *, length, headers=None):
    """Send the header of a request and nothing of its body; gives the answer."""
    connection = client.connect()
    connection.putrequest(method, client.path_of(path))
    for name, value in {**client.shown, **(headers or {})}.items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(length))
    connection.endheaders()
    begun = time.monotonic()
    answer = connection.getresponse()
    status, body = answer.status, answer.read()
    connection.close()
    assert time.monotonic() - begun < 10
    return status, body


def test_a_push_without_the_right_is_refused_before_its_body_is_read(site, ada, bob, shelf):
    ada.container(f"ada/{shelf}/blast")
    path = f"/v2/ada/{shelf}/blast/blobs/uploads/?digest=sha256:{'0' * 64}"

    refused, body = begin_without_a_body(bob, "POST", path, length=10**12)
    nobody, challenge = begin_without_a_body(Client(site), "POST", path, length=10**12)

    assert refused == 403
    assert b'"DENIED"' in body
    assert nobody == 401
    assert b'"UNAUTHORIZED"' in challenge
    assert left_in(site.front.body_files) == []


def test_an_address_that_leads_nowhere_is_refused_before_the_body_is_read(site, anybody):
    status, body = begin_without_a_body(anybody, "PUT", "/transfer/nothing", length=10**12)

    assert status == 404
    assert body


def test_the_challenge_reaches_a_client_whose_body_is_refused(site, anybody):
    said = anybody.ask("POST", "/v2/ada/lab/blast/blobs/uploads/", b"")

    assert said.status == 401
    assert said.headers["www-authenticate"].startswith("Bearer realm=")


def test_somebody_who_may_not_push_gets_the_challenge_that_they_get_without_the_proxy(
    ada, bob, shelf
):
    ada.container(f"ada/{shelf}/blast")

    said = bob.ask("POST", f"/v2/ada/{shelf}/blast/blobs/uploads/", b"")

    assert said.status == 403
    assert said.headers["www-authenticate"].startswith("Bearer realm=")
    assert said.json["errors"][0]["code"] == "DENIED"


def test_a_chunk_out_of_order_is_told_where_to_go_on(ada, shelf):
    begun = ada.ask("POST", f"/v2/ada/{shelf}/blast/blobs/uploads/", b"")
    place = begun.headers["location"]
    ada.ask("PATCH", place, b"0123456789", {"Content-Range": "0-9"})

    said = ada.ask("PATCH", place, b"later", {"Content-Range": "20-24"})

    assert said.status == 416
    assert said.headers["range"] == "0-9"
    assert said.headers["location"] == place
    assert said.headers["docker-upload-uuid"] == place.rpartition("/")[2]
    assert ada.ask("PATCH", place, b"next", {"Content-Range": "10-13"}).status == 202


def test_a_question_of_the_proxy_changes_nothing(site, ada, shelf):
    begun = ada.ask("POST", f"/v2/ada/{shelf}/blast/blobs/uploads/", b"")

    assert begun.status == 202
    with closing(sqlite3.connect(site.registry.data / "registry.sqlite")) as database:
        rows = database.execute(
            "SELECT blob_upload.id FROM blob_upload JOIN container ON container.id = container_id"
            " JOIN collection ON collection.id = collection_id WHERE collection.name = ?",
            [shelf],
        ).fetchall()
    assert [row[0] for row in rows] == [begun.headers["location"].rpartition("/")[2]]


@pytest.mark.parametrize("name", ["X-Body-File", "X-Body-Withheld", "X_Body_File"])
def test_a_client_that_names_a_file_itself_gets_nothing_by_it(site, ada, shelf, name, tmp_path):
    secret = site.front.body_files / f"secret-{uuid.uuid4().hex}"
    secret.write_bytes(b"what another client is sending")
    path = f"/v2/ada/{shelf}/blast/blobs/uploads/"
    digest = hashlib.sha256(b"mine").hexdigest()
    try:
        by_nginx = ada.ask("POST", f"{path}?digest=sha256:{digest}", b"mine", {name: str(secret)})
        at_the_root = ada.ask("GET", "/v1/entities/ada", headers={name: str(secret)})
        direct = http.client.HTTPConnection(
            *site.registry.listen.split(":"), source_address=("127.0.0.3", 0), timeout=30
        )
        direct.request(
            "POST", f"{path}?digest=sha256:{digest}", b"mine", {name: str(secret), **ada.shown}
        )
        answer = direct.getresponse()
        answer.read()
        direct.close()

        assert by_nginx.status == 201
        assert at_the_root.status == 200
        assert answer.status == 201
        assert ada.ask("GET", f"/v2/ada/{shelf}/blast/blobs/sha256:{digest}").body == b"mine"
        assert secret.read_bytes() == b"what another client is sending"
    finally:
        secret.unlink()


def test_images_are_not_to_be_had_past_the_registry(site, ada, anybody, shelf):
    ada.push(f"ada/{shelf}/blast:1", image_of(), private=True)
    files = left_in(site.images)

    answers = {
        anybody.ask("GET", f"/_images/{path.relative_to(site.images)}").status for path in files
    }

    assert files
    assert answers == {404}


def test_a_thousand_nodes_cost_the_registry_a_handful_of_requests(site, ada, anybody, shelf):
    ada.push(f"ada/{shelf}/blast:1", image_of())
    before = site.answered("shub")

    def ask(_number):
        return anybody.ask("GET", f"/ada/api/container/{shelf}/blast:1").status

    assert ask(0) == 200
    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(ask, range(1000)))

    assert statuses == {200}
    assert site.answered("shub") - before < 40


@pytest.mark.parametrize("pause", [0.1, 0.9, 1.9, 2.9])
def test_what_becomes_private_is_gone_for_strangers_after_a_moment(
    site, ada, anybody, shelf, pause
):
    ada.push(f"ada/{shelf}/blast:1", image_of())
    path = f"/ada/api/container/{shelf}/blast:1"
    assert anybody.ask("GET", path).status == 200

    assert ada.ask("PATCH", f"/api/v1/collections/ada/{shelf}", {"private": True}).status == 200
    ends = time.monotonic() + A_MOMENT_SECONDS
    while time.monotonic() < ends:
        anybody.ask("GET", path)
        time.sleep(min(pause, max(0.0, ends - time.monotonic())))

    assert anybody.ask("GET", path).status == 404


def test_what_an_owner_is_shown_is_shown_to_nobody_else(ada, anybody, shelf):
    ada.push(f"ada/{shelf}/blast:1", image_of(), private=True)
    paths = [f"/v1/images/ada/{shelf}/blast:1", f"/v2/ada/{shelf}/blast/manifests/1"]

    for path in paths:
        assert ada.ask("GET", path).status == 200
        assert anybody.ask("GET", path).status in (401, 404)
