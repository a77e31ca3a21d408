"""What no client of good will sends: answered in one line, never with a 500."""

import base64

import pytest


@pytest.mark.parametrize(
    "path",
    [
        "/%ff",
        "/v1/search?value=%ff",
        "/v1/images/%ff",
        "/api/container/%ff/x",
        "/s/%ff/a/b",
        "/transfer/%ff",
        "/v1/images/a/b/c:%00",
        "/v1/entities/%00",
        "/v1/search?value=%00",
    ],
)
def test_bytes_that_are_no_text_are_refused(stranger, path):
    answer = stranger.get(path, expect_errors=True)

    assert answer.status_int in (200, 400, 404)


@pytest.mark.parametrize(
    "shown",
    [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"\xff:x").decode(),
        "Basic " + base64.b64encode(b"a\0b:x").decode(),
        "Bearer " + "x" * 8000,
        "Digest x=y",
        "Bearer a b c",
        "\t",
    ],
)
def test_a_header_that_cannot_be_read_is_nobody_or_refused(stranger, shown):
    answer = stranger.get(
        "/v1/search?value=abc", headers={"Authorization": shown}, expect_errors=True
    )

    assert answer.status_int in (200, 401)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"1",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"name": "\\u0000"}',
        b'{"name": 5}',
        b'{"name": {"a": []}}',
        b'{"name": null}',
    ],
)
def test_json_that_cannot_be_meant_is_refused(ada, body):
    answer = ada.post("/v1/entities", body, status=400)

    assert answer.json["error"]["code"] == 400


def test_a_body_that_is_too_large_is_refused(ada):
    ada.post("/v1/entities", b" " * ((1 << 20) + 1), status=413)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_a_method_that_is_not_there_is_refused(stranger, method):
    answer = stranger.app.request("/v1/search?value=abc", method=method, expect_errors=True)

    assert answer.status_int in (404, 405)
