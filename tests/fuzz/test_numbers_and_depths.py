"""Numbers that no integer holds, wherever one is read; and JSON just shallow enough to be read."""

import json
from urllib.parse import quote

import pytest

from .asking import Request, ask
from .odd_parts import NUMBERS
from .shapes import require_shape

LIMITS = ("limit", "offset", "after", "n", "last", "x-pagesize", "x-pagetoken")
READING = (
    "/api/v1/collections",
    "/api/v1/containers/ada/lab/blast/images",
    "/api/v1/containers/ada/lab/blast/tags",
    "/api/v1/search",
    "/api/v1/shares",
    "/api/v1/teams",
    "/api/v1/users",
    "/api/collections/",
    "/api/containers/",
    "/pks/lookup",
    "/v1/search",
    "/v2/_catalog",
    "/v2/ada/lab/blast/tags/list",
)
NUMBERED = ("/api/v1/shares/{}", "/api/containers/{}/", "/api/collections/{}/", "/v1/tags/{}")
BYTES = (
    "/v1/imagefile/ada/lab/blast:1.0",
    "/api/v1/containers/ada/lab/blast/images/1.0/file",
)
JSON_ROUTES = (
    ("POST", "/v1/entities", "name"),
    ("POST", "/v1/images", "hash"),
    ("POST", "/v2/imagefile/{image}", "filesize"),
    ("PUT", "/v2/imagefile/{image}/_multipart_complete", "completedParts"),
    ("POST", "/v2/tags/{container}", "Tag"),
    ("POST", "/api/v1/collections", "collection"),
    ("POST", "/api/v1/tokens", "lifetime_seconds"),
    ("POST", "/api/upload/chunked_upload", "name"),
    ("PUT", "/v2/ada/lab/blast/manifests/deep", "layers"),
    ("PUT", "/v2/ada/lab/blast/manifests/deep", "annotations"),
)


@pytest.fixture
def told(registry, seeds):
    """Asks as an administrator, who sees most, and holds the answer against its dialect."""

    def tell(method, path, *, query="", headers=(), body=b""):
        shown = [("Authorization", f"Bearer {seeds.tokens['root']}"), *headers]
        request = Request(method, path, query, shown, body)
        answer = ask(registry.app.app, request)
        assert answer.status < 500, (path, query[:80], [(k, v[:80]) for k, v in headers], answer)
        require_shape(request, answer)
        return answer

    return tell


def quoted(text):
    return quote(text, safe="")


@pytest.mark.parametrize("path", READING)
def test_numbers_in_queries(told, path):
    # Our own API refuses what it does not know before it reads what it does.
    rest = "" if path.startswith("/api/v1/") else "op=index&search=ada&value=blast&"
    for name in LIMITS:
        for number in NUMBERS:
            told("GET", path, query=f"{rest}{name}={quoted(number)}")


def test_a_limit_is_no_larger_for_its_zeros(told):
    answer = told("GET", "/api/v1/collections", query="limit=" + "0" * 8 + "1" + "0" * 9)

    assert answer.status == 400


@pytest.mark.parametrize("path", NUMBERED)
def test_numbers_in_paths(told, path):
    for number in NUMBERS:
        told("GET", path.format(quoted(number)))
        told("DELETE", path.format(quoted(number)))


@pytest.mark.parametrize("path", BYTES)
def test_numbers_in_ranges(told, path):
    for number in (*NUMBERS, "\xb2"):
        if not number.isascii() and number != "\xb2":
            continue
        for span in (f"bytes={number}-", f"bytes=-{number}", f"bytes=0-{number}"):
            told("GET", path, headers=[("Range", span)])


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_numbers_in_chunks(told, seeds, method):
    path = f"/v2/ada/lab/blast/blobs/uploads/{seeds.known['upload'][0]}"
    for number in NUMBERS:
        if number.isascii():
            for span in (f"{number}-{number}", f"0-{number}", f"bytes {number}-{number}/9"):
                told(method, path, headers=[("Content-Range", span)], body=b"x")


@pytest.mark.parametrize(("method", "path", "member"), JSON_ROUTES)
def test_json_just_shallow_enough_to_be_read(told, seeds, method, path, member):
    """Whoever reads it must also be able to show it, and to keep it, from deeper in the stack."""
    path = path.format(image=seeds.known["image"][1], container=seeds.known["container"][2])
    base = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "a/b", "digest": "sha256:" + "0" * 64, "size": 1},
        "layers": [],
    }
    for depth in (*range(100, 700, 100), *range(700, 1000, 3), *range(820, 960)):
        deep = json.dumps({**base, member: 0}).replace(
            f'"{member}": 0', f'"{member}": {"[" * depth}{"]" * depth}'
        )
        told(method, path, body=deep.encode())
