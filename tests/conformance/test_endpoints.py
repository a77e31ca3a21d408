"""The endpoints of the specification and their refusals, but for uploads.

Source: OCI distribution 1.1, the table of endpoints (end-1 to end-14) and of error codes.
"""

import pytest

from sregistry_core.testing.oci import (
    EMPTY,
    EMPTY_TYPE,
    OCI_INDEX,
    OCI_MANIFEST,
    OciClient,
    code_of,
    descriptor,
    digest_of,
    manifest_of,
)

ALGORITHMS = pytest.mark.parametrize("algorithm", ["sha256", "sha512"])

BLOB = bytes(range(256)) * 12


@pytest.fixture(params=["token", "password"], scope="session")
def client(request, conformance_registry):
    """Somebody who pushes, with a long token or with a password on every request."""
    registry = conformance_registry
    if request.param == "token":
        return OciClient(registry.app, "ada", registry.writer.token)
    shown = registry.with_password("ada")
    return OciClient(registry.app, "ada", extra_headers=shown.extra_headers)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_end_1_the_root_answers_who_is_logged_in(client, method):
    assert client.ask(method, "/v2/").status_int == 200


def test_end_1_the_root_challenges_all_others(client):
    nobody = OciClient(client.app, "nobody")

    assert code_of(nobody.get("/v2/", status=401)) == "UNAUTHORIZED"


@ALGORITHMS
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("kind", ["blobs", "manifests"])
@pytest.mark.parametrize("exists", [True, False])
def test_what_is_not_there_is_404(client, repository, algorithm, method, kind, exists):
    if exists:
        client.push_blob(repository, BLOB)
    code = {"blobs": "BLOB_UNKNOWN", "manifests": "MANIFEST_UNKNOWN"}[kind]

    answer = client.ask(method, f"/v2/{repository}/{kind}/{digest_of(b'absent', algorithm)}")

    assert answer.status_int == 404
    if method == "GET":
        assert code_of(answer) == (code if exists else "NAME_UNKNOWN")


BAD_DIGESTS = [
    "sha256:baddigeststring",
    "sha256:",
    "sha256:" + "0" * 63,
    "sha256:" + "0" * 65,
    "sha256:" + "F" * 64,
    "SHA256:" + "0" * 64,
    "sha512:" + "0" * 64,
    "sha384:" + "0" * 96,
    "md5:" + "0" * 32,
    ":" + "0" * 64,
    "a:b:c",
    "sha256:..",
    "sha256:" + "0" * 64 + "%00",
    "sha256:%20" + "0" * 63,
]


@pytest.mark.parametrize("digest", BAD_DIGESTS)
@pytest.mark.parametrize(
    ("method", "kind"),
    [("GET", "blobs"), ("HEAD", "blobs"), ("DELETE", "blobs"), ("GET", "manifests"),
     ("HEAD", "manifests"), ("PUT", "manifests"), ("DELETE", "manifests"), ("GET", "referrers")],
)  # fmt: skip
def test_a_digest_that_is_none_is_400(client, repository, digest, method, kind):
    client.push_blob(repository, BLOB)

    answer = client.ask(
        method,
        f"/v2/{repository}/{kind}/{digest}",
        b"{}" if method == "PUT" else None,
        headers={"Content-Type": OCI_MANIFEST} if method == "PUT" else {},
    )

    assert answer.status_int == 400
    if method != "HEAD":
        assert code_of(answer) == "DIGEST_INVALID"


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-499", 0, 499),
        ("bytes=500-999", 500, 999),
        ("bytes=500-", 500, 3071),
        ("bytes=-500", 2572, 3071),
        ("bytes=-99999", 0, 3071),
        ("bytes=2000-5000", 2000, 3071),
        ("bytes=3071-3071", 3071, 3071),
        ("bytes=0-99999999999", 0, 3071),
    ],
)
@ALGORITHMS
def test_end_2_ranges(client, repository, algorithm, header, first, last):
    digest = client.push_blob(repository, BLOB, algorithm=algorithm)

    answer = client.blob(repository, digest, headers={"Range": header}, status=206)

    assert answer.body == BLOB[first : last + 1]
    assert answer.headers["Content-Length"] == str(last - first + 1)
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(BLOB)}"


@pytest.mark.parametrize(
    "header", ["bytes=500-0", "bytes=5000-10000", "bytes=3072-", "bytes=3072-3072", "bytes=-0"]
)
def test_end_2_ranges_outside_of_the_blob(client, repository, header):
    digest = client.push_blob(repository, BLOB)

    answer = client.blob(repository, digest, headers={"Range": header}, status=416)

    assert answer.headers["Content-Range"] == f"bytes */{len(BLOB)}"


@pytest.mark.parametrize(
    "header", ["bytes=", "bytes=-", "bytes=a-b", "items=0-5", "0-5", "bytes=1-2,4-5"]
)
def test_end_2_ranges_that_may_be_passed_over(client, repository, header):
    digest = client.push_blob(repository, BLOB)

    assert client.blob(repository, digest, headers={"Range": header}, status=200).body == BLOB


def test_end_2_what_a_client_has_is_not_sent_again(client, repository):
    digest = client.push_blob(repository, BLOB)
    etag = client.head(f"/v2/{repository}/blobs/{digest}").headers["ETag"]

    client.blob(repository, digest, headers={"If-None-Match": etag}, status=304)


@pytest.mark.parametrize("digest", BAD_DIGESTS)
def test_end_6_a_digest_that_is_none(client, repository, digest):
    place = client.begin(repository)

    refused = client.ask("PUT", f"{place}?digest={digest}", BLOB)

    assert (refused.status_int, code_of(refused)) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize("count", [1, 2, 10, 100])
@ALGORITHMS
def test_end_7b_tags_as_parameters(client, repository, algorithm, count):
    client.push_blob(repository, EMPTY)
    body = manifest_of(descriptor(EMPTY, EMPTY_TYPE), [])
    tags = [f"tag{number:03}" for number in range(count)]
    query = "&".join(f"tag={tag}" for tag in tags)

    digest = digest_of(body, algorithm)
    answer = client.push_manifest(repository, f"{digest}?{query}", body)

    assert answer.headers["OCI-Tag"].split(", ") == tags
    assert client.tags(repository) == tags
    for tag in (tags[0], tags[-1]):
        assert client.manifest(repository, tag).headers["Docker-Content-Digest"] == digest


def test_end_7_a_tag_moves(client, repository):
    client.push_blob(repository, EMPTY)
    for number in range(3):
        body = manifest_of(descriptor(EMPTY, EMPTY_TYPE), [], annotations={"n": str(number)})
        client.push_manifest(repository, "moving", body)
        assert client.manifest(repository, "moving").body == body
    assert client.tags(repository) == ["moving"]


@pytest.mark.parametrize("tag", ["a", "A", "_", "1", "a.b-c_d", "x" * 128, "V1.0.0-RC_1"])
def test_end_7_every_tag_that_can_be(client, repository, tag):
    client.push_blob(repository, EMPTY)
    body = manifest_of(descriptor(EMPTY, EMPTY_TYPE), [])

    client.push_manifest(repository, tag, body)

    assert client.manifest(repository, tag).body == body


@pytest.mark.parametrize("tag", [".", "-", ".a", "x" * 129, "a%20b", "a%40b", "%23"])
def test_end_7_tags_that_cannot_be(client, repository, tag):
    client.push_blob(repository, EMPTY)
    body = manifest_of(descriptor(EMPTY, EMPTY_TYPE), [])

    refused = client.push_manifest(repository, tag, body, status=400)

    assert code_of(refused) == "MANIFEST_INVALID"
    client.manifest(repository, tag, status=404)


def test_end_7_a_manifest_over_the_limit(client, repository):
    refused = client.push_manifest(
        repository, "large", b" " * ((4 << 20) + 1), media_type=OCI_MANIFEST, status=413
    )

    assert code_of(refused) == "SIZE_INVALID"


@pytest.mark.parametrize(
    "name", ["UPPER CASE", "a/b/c/d", "a_b/c/d", "a/b/-c", "a/b/c-", "a/b/c..d", "a//b", "a/b/c~"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_names_that_cannot_be(client, name, method):
    refused = client.ask(method, f"/v2/{name.replace(' ', '%20')}/manifests/1", b"{}")

    assert (refused.status_int, code_of(refused)) == (400, "NAME_INVALID")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 10])
def test_end_8_pages_of_tags(client, repository, size):
    client.push_blob(repository, EMPTY)
    body = manifest_of(descriptor(EMPTY, EMPTY_TYPE), [])
    tags = [f"tag{number}" for number in range(10)]
    query = "&".join(f"tag={tag}" for tag in reversed(tags))
    client.push_manifest(repository, f"{digest_of(body)}?{query}", body)

    found, path = [], f"/v2/{repository}/tags/list?n={size}"
    while path:
        answer = client.get(path, status=200)
        assert len(answer.json["tags"]) <= size
        found += answer.json["tags"]
        path = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")

    assert found == tags


def test_end_8_no_tags(client, repository):
    client.push_blob(repository, BLOB)

    assert client.get(f"/v2/{repository}/tags/list").json == {"name": repository, "tags": []}


def test_end_8_tags_of_a_repository_that_is_not_there(client, repository):
    assert code_of(client.get(f"/v2/{repository}/tags/list", status=404)) == "NAME_UNKNOWN"


@pytest.mark.parametrize("kind", ["blobs", "manifests"])
@ALGORITHMS
def test_end_9_and_10_what_is_not_there_is_not_deleted(client, repository, kind, algorithm):
    client.push_blob(repository, BLOB)
    code = {"blobs": "BLOB_UNKNOWN", "manifests": "MANIFEST_UNKNOWN"}[kind]

    refused = client.delete(
        f"/v2/{repository}/{kind}/{digest_of(b'absent', algorithm)}", status=404
    )

    assert code_of(refused) == code


@pytest.mark.parametrize("exists", [True, False])
@ALGORITHMS
def test_end_12_referrers_are_never_404(client, repository, exists, algorithm):
    if exists:
        client.push_blob(repository, BLOB)

    answer = client.get(f"/v2/{repository}/referrers/{digest_of(b'x', algorithm)}", status=200)

    assert answer.headers["Content-Type"] == OCI_INDEX
    assert answer.json["manifests"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/v2/"),
        ("PUT", "/v2/_catalog"),
        ("POST", "/v2/{}/tags/list"),
        ("DELETE", "/v2/{}/tags/list"),
        ("PUT", "/v2/{}/referrers/" + digest_of(b"")),
        ("POST", "/v2/{}/manifests/1"),
        ("PATCH", "/v2/{}/manifests/1"),
        ("PUT", "/v2/{}/blobs/" + digest_of(b"")),
        ("POST", "/v2/{}/blobs/" + digest_of(b"")),
        ("PUT", "/v2/{}/blobs/uploads/"),
        ("POST", "/v2/{}/blobs/uploads/1"),
    ],
)
def test_a_method_that_an_address_has_not(client, repository, method, path):
    answer = client.ask(method, path.format(repository))

    assert (answer.status_int, code_of(answer)) == (405, "UNSUPPORTED")
    assert answer.headers["Allow"]
