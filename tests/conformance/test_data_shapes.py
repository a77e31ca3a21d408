"""Push, pull, discovery and management of every shape of content, by every way to push a blob.

Source: OCI distribution 1.1, sections Pull, Push, Content Discovery and Content Management.
"""

import json

import pytest

from sregistry_core.testing.oci import OCI_INDEX, code_of, digest_of
from sregistry_core.testing.oci_shapes import SHAPES

EVERY_SHAPE = pytest.mark.parametrize("shape", SHAPES)


def post_only(client, repository, content, digest):
    client.post(f"/v2/{repository}/blobs/uploads/?digest={digest}", content, status=201)


def post_and_put(client, repository, content, digest):
    client.put(f"{client.begin(repository)}?digest={digest}", content, status=201)


def streamed(client, repository, content, digest):
    place = client.patch(client.begin(repository), content, status=202).headers["Location"]
    client.put(f"{place}?digest={digest}", status=201)


def chunked(client, repository, content, digest):
    place, step = client.begin(repository), max(1, len(content) // 3)
    for first in range(0, len(content), step):
        piece = content[first : first + step]
        headers = {"Content-Range": f"{first}-{first + len(piece) - 1}"}
        place = client.patch(place, piece, headers=headers, status=202).headers["Location"]
    client.put(f"{place}?digest={digest}", status=201)


def chunked_to_the_put(client, repository, content, digest):
    place, half = client.begin(repository), len(content) // 2
    headers = {}
    if half:
        first = {"Content-Range": f"0-{half - 1}"}
        place = client.patch(place, content[:half], headers=first, status=202).headers["Location"]
        headers = {"Content-Range": f"{half}-{len(content) - 1}"}
    client.put(f"{place}?digest={digest}", content[half:], headers=headers, status=201)


WAYS = [post_only, post_and_put, streamed, chunked, chunked_to_the_put]


@pytest.fixture
def pushed(client, repository):
    """Pushes a shape to the repository, its top as the tag `top`."""

    def pushed(name, way=post_and_put):
        shape = SHAPES[name]()
        for blob in shape.blobs:
            way(client, repository, blob, shape.digest(blob))
        for manifest in shape.manifests[:-1]:
            client.push_manifest(repository, shape.digest(manifest), manifest)
        client.push_manifest(repository, f"{shape.digest(shape.top)}?tag=top", shape.top)
        return shape

    return pushed


@pytest.mark.parametrize("way", WAYS)
@EVERY_SHAPE
def test_what_is_pushed_is_pulled(client, repository, pushed, shape, way):
    found = pushed(shape, way)

    for method in ("HEAD", "GET"):
        for blob in found.blobs:
            path = f"/v2/{repository}/blobs/{found.digest(blob)}"
            answer = client.ask(method, path)
            assert answer.status_int == 200
            assert answer.headers["Content-Length"] == str(len(blob))
            assert answer.headers["Docker-Content-Digest"] == found.digest(blob)
            assert method == "HEAD" or answer.body == blob
        for manifest in found.manifests:
            path = f"/v2/{repository}/manifests/{found.digest(manifest)}"
            answer = client.ask(method, path)
            assert answer.status_int == 200
            assert answer.headers["Content-Length"] == str(len(manifest))
            assert answer.headers["Content-Type"] == json.loads(manifest)["mediaType"]
            assert answer.headers["Docker-Content-Digest"] == found.digest(manifest)
            assert method == "HEAD" or answer.body == manifest


@EVERY_SHAPE
def test_a_tag_gives_the_same_as_the_digest(client, repository, pushed, shape):
    found = pushed(shape)

    for accept in ({}, {"Accept": "*/*"}, {"Accept": json.loads(found.top)["mediaType"]}):
        answer = client.manifest(repository, "top", headers=accept, status=200)
        assert answer.body == found.top
        assert answer.headers["Docker-Content-Digest"] == found.digest(found.top)
    head = client.head(f"/v2/{repository}/manifests/top", status=200)
    assert head.headers["Docker-Content-Digest"] == found.digest(found.top)


@EVERY_SHAPE
def test_a_tag_of_its_own_is_given_by_put(client, repository, pushed, shape):
    found = pushed(shape)
    if found.algorithm != "sha256":
        client.push_manifest(repository, "again", found.top)
        assert client.manifest(repository, "again").body == found.top
        return

    answer = client.push_manifest(repository, "again", found.top)

    assert answer.headers["Docker-Content-Digest"] == found.digest(found.top)
    assert client.get(answer.headers["Location"], status=200).body == found.top


@EVERY_SHAPE
def test_a_push_that_is_repeated_changes_nothing(client, repository, pushed, shape):
    first = pushed(shape)
    again = pushed(shape)

    assert client.tags(repository) == ["top"]
    assert client.manifest(repository, "top").body == first.top == again.top


@EVERY_SHAPE
def test_its_tags_are_listed(client, repository, pushed, shape):
    found = pushed(shape)
    for tag in ("b", "a", "c"):
        client.push_manifest(repository, f"{found.digest(found.top)}?tag={tag}", found.top)

    assert client.tags(repository) == ["a", "b", "c", "top"]
    assert client.tags(repository, "?n=2") == ["a", "b"]
    assert client.tags(repository, "?n=2&last=b") == ["c", "top"]
    assert client.tags(repository, "?last=c") == ["top"]


@EVERY_SHAPE
def test_what_it_refers_to_lists_it(client, repository, pushed, shape):
    found = pushed(shape)
    for manifest in found.manifests:
        document = json.loads(manifest)
        subject = document.get("subject", {}).get("digest")
        asked = subject or found.digest(manifest)
        answer = client.get(f"/v2/{repository}/referrers/{asked}", status=200)
        assert answer.headers["Content-Type"] == OCI_INDEX
        listed = [one["digest"] for one in answer.json["manifests"]]
        assert (found.digest(manifest) in listed) == bool(subject)
        if subject:
            [one] = answer.json["manifests"]
            config_type = document.get("config", {}).get("mediaType")
            assert one.get("artifactType") == (document.get("artifactType") or config_type)
            assert one.get("annotations", {}) == document.get("annotations", {})
            assert one["size"] == len(manifest)


@EVERY_SHAPE
def test_the_answer_to_a_push_names_the_subject(client, repository, pushed, shape):
    found = pushed(shape)

    for manifest in found.manifests:
        answer = client.push_manifest(repository, found.digest(manifest), manifest)
        subject = json.loads(manifest).get("subject", {}).get("digest")
        assert answer.headers.get("OCI-Subject") == subject


@EVERY_SHAPE
def test_what_was_not_pushed_is_not_there(client, repository, pushed, shape):
    found = pushed(shape)

    for digest in [*found.not_pushed, digest_of(b"nothing like this")]:
        for kind, code in (("blobs", "BLOB_UNKNOWN"), ("manifests", "MANIFEST_UNKNOWN")):
            answer = client.get(f"/v2/{repository}/{kind}/{digest}", status=404)
            assert code_of(answer) == code
            client.head(f"/v2/{repository}/{kind}/{digest}", status=404)


@EVERY_SHAPE
def test_a_tag_is_deleted_and_its_manifest_stays(client, repository, pushed, shape):
    found = pushed(shape)

    client.delete(f"/v2/{repository}/manifests/top", status=202)

    assert code_of(client.manifest(repository, "top", status=404)) == "MANIFEST_UNKNOWN"
    assert client.tags(repository) == []
    assert client.manifest(repository, found.digest(found.top)).body == found.top


@EVERY_SHAPE
def test_everything_is_deleted_at_once(client, repository, pushed, shape):
    found = pushed(shape)

    for manifest in reversed(found.manifests):
        path = f"/v2/{repository}/manifests/{found.digest(manifest)}"
        client.delete(path, status=202)
        client.get(path, status=404)
        client.head(path, status=404)
        client.delete(path, status=404)
    assert client.tags(repository) == []
    for blob in dict.fromkeys(found.blobs):
        path = f"/v2/{repository}/blobs/{found.digest(blob)}"
        assert client.ask("DELETE", path).status_int in (202, 404)
        client.get(path, status=404)
        client.head(path, status=404)


@EVERY_SHAPE
def test_blobs_may_be_deleted_before_their_manifests(client, repository, pushed, shape):
    found = pushed(shape)

    for blob in dict.fromkeys(found.blobs):
        client.delete(f"/v2/{repository}/blobs/{found.digest(blob)}", status=202)
        client.blob(repository, found.digest(blob), status=404)
    for manifest in found.manifests:
        path = f"/v2/{repository}/manifests/{found.digest(manifest)}"
        assert client.ask("DELETE", path).status_int in (202, 404)


@pytest.mark.parametrize("source", ["named", "anonymous"])
@EVERY_SHAPE
def test_it_is_copied_by_mounting(client, repository, other_repository, pushed, shape, source):
    found = pushed(shape)
    suffix = f"&from={repository}" if source == "named" else ""

    for blob in found.blobs:
        digest = found.digest(blob)
        path = f"/v2/{other_repository}/blobs/uploads/?mount={digest}{suffix}"
        answer = client.post(path, status=201)
        assert client.get(answer.headers["Location"], status=200).body == blob
    for manifest in found.manifests:
        client.push_manifest(other_repository, found.digest(manifest), manifest)
    assert client.manifest(other_repository, found.digest(found.top)).body == found.top


@EVERY_SHAPE
def test_bytes_with_another_digest_are_refused(client, repository, shape):
    found = SHAPES[shape]()
    for blob in found.blobs:
        digest = found.digest(blob)
        for way in (post_only, post_and_put, streamed, chunked):
            with pytest.raises(Exception, match="400") as refused:
                way(client, repository, blob + b"!", digest)
            assert "DIGEST_INVALID" in str(refused.value)
        client.blob(repository, digest, status=404)


@EVERY_SHAPE
def test_a_manifest_that_was_changed_on_the_way_is_refused(client, repository, pushed, shape):
    found = pushed(shape)

    for manifest in found.manifests:
        digest = found.digest(manifest + b" ")
        refused = client.push_manifest(repository, digest, manifest, status=400)
        assert code_of(refused) == "DIGEST_INVALID"
