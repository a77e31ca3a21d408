"""Whatever clients send, they get an answer in the dialect: never a 5xx, never a page."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sregistry_core.testing.oci import OCI_INDEX, OCI_MANIFEST, code_of, descriptor, digest_of

REPOSITORY = "ada/conformance/odd"
FUZZ = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PATH_SIGNS = st.characters(codec="utf-8", exclude_characters="?#\r\n")
HEADER = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"))
RANGES = st.one_of(
    HEADER,
    st.from_regex(r"(bytes[= ])?[0-9]{0,30}-[0-9]{0,30}(/[0-9*]{0,5})?", fullmatch=True),
)
DIGESTS = st.one_of(
    st.text(PATH_SIGNS, min_size=1),
    st.from_regex(r"(sha256|sha512|SHA256|md5):[0-9a-fA-F.%/]{0,130}", fullmatch=True),
)
METHODS = st.sampled_from(["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"])
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from([OCI_MANIFEST, OCI_INDEX, digest_of(b"{}"), "sha256:x"]),
)  # fmt: skip
MEMBERS = st.sampled_from(
    ["schemaVersion", "mediaType", "config", "layers", "manifests", "subject", "artifactType",
     "annotations", "digest", "size", "data", "urls", "platform", "Layers"]
)  # fmt: skip
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(MEMBERS, inner, max_size=6),
    max_leaves=25,
)


def quoted(text):
    from urllib.parse import quote

    return quote(text, safe="/:%")


def answered(answer, *, method="GET"):
    """Hold an answer against the dialect."""
    assert answer.status_int < 500, answer
    if answer.status_int >= 400 and method != "HEAD":
        code_of(answer)
    return answer


def is_ours(answer):
    """True when the address was one of this protocol's."""
    return "error" not in (answer.json if answer.content_type == "application/json" else {})


@FUZZ
@given(method=METHODS, path=st.text(PATH_SIGNS, max_size=80))
def test_any_path(client, method, path):
    answer = client.ask(method, "/v2/" + quoted(path))

    assert answer.status_int < 500
    if answer.status_int >= 400 and method != "HEAD" and is_ours(answer):
        code_of(answer)


@FUZZ
@given(
    method=METHODS,
    name=st.text(PATH_SIGNS, min_size=1, max_size=60),
    rest=st.sampled_from(
        ["tags/list", "manifests/1", f"blobs/{digest_of(b'')}", "blobs/uploads/", "blobs/uploads/1",
         f"referrers/{digest_of(b'')}"]
    ),
)  # fmt: skip
def test_any_name(client, method, name, rest):
    answer = client.ask(method, f"/v2/{quoted(name)}/{rest}")

    assert answer.status_int < 500
    if answer.status_int >= 400 and method != "HEAD" and is_ours(answer):
        code_of(answer)


@FUZZ
@given(
    method=METHODS,
    kind=st.sampled_from(["blobs", "manifests", "referrers", "blobs/uploads"]),
    digest=DIGESTS,
)
def test_any_digest(client, method, kind, digest):
    client.begin(REPOSITORY)

    answered(client.ask(method, f"/v2/{REPOSITORY}/{kind}/{quoted(digest)}"), method=method)


@FUZZ
@given(
    method=st.sampled_from(["PATCH", "PUT"]),
    content_range=RANGES,
    query=st.text(PATH_SIGNS, max_size=40),
    body=st.binary(max_size=50),
)
def test_any_chunk(client, method, content_range, query, body):
    place = client.begin(REPOSITORY)

    answer = client.ask(
        method,
        f"{place}?{quoted(query)}&digest={digest_of(body)}",
        body,
        headers={"Content-Range": content_range},
    )

    answered(answer)


@FUZZ
@given(
    query=st.lists(
        st.tuples(
            st.sampled_from(["mount", "from", "digest", "digest-algorithm", "x"]),
            st.one_of(DIGESTS, st.just(REPOSITORY), st.text(PATH_SIGNS)),
        ),
        max_size=5,
    )
)
def test_any_query_of_an_upload(client, query):
    from urllib.parse import urlencode

    answered(client.ask("POST", f"/v2/{REPOSITORY}/blobs/uploads/?{urlencode(query)}", b""))


@FUZZ
@given(value=RANGES, condition=HEADER)
def test_any_range(client, value, condition):
    digest = client.push_blob(REPOSITORY, b"some bytes")

    answered(
        client.ask(
            "GET",
            f"/v2/{REPOSITORY}/blobs/{digest}",
            headers={"Range": value, "If-Range": condition, "If-None-Match": condition},
        )
    )


@FUZZ
@given(
    document=DOCUMENTS, content_type=st.one_of(st.sampled_from([OCI_MANIFEST, OCI_INDEX]), HEADER)
)
def test_any_document(client, document, content_type):
    client.push_blob(REPOSITORY, b"{}")
    body = json.dumps(document).encode()

    answered(
        client.ask(
            "PUT",
            f"/v2/{REPOSITORY}/manifests/fuzzed",
            body,
            headers={"Content-Type": content_type},
        )
    )


@FUZZ
@given(members=st.dictionaries(MEMBERS, DOCUMENTS, max_size=4))
def test_any_change_of_a_document_that_is_right(client, members):
    client.push_blob(REPOSITORY, b"{}")
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(b"{}"),
        "layers": [],
        **members,
    }
    body = json.dumps(document).encode()

    answer = answered(
        client.ask(
            "PUT",
            f"/v2/{REPOSITORY}/manifests/{digest_of(body)}",
            body,
            headers={"Content-Type": OCI_MANIFEST},
        )
    )
    if answer.status_int == 201:
        assert client.manifest(REPOSITORY, digest_of(body)).body == body


@FUZZ
@given(body=st.binary(max_size=200))
def test_any_bytes_for_a_document(client, body):
    path = f"/v2/{REPOSITORY}/manifests/fuzzed"

    answered(client.ask("PUT", path, body, headers={"Content-Type": OCI_MANIFEST}))


@FUZZ
@given(
    query=st.lists(
        st.tuples(
            st.sampled_from(["n", "last", "artifactType", "scope", "service", "client_id"]),
            st.text(PATH_SIGNS, max_size=40),
        ),
        max_size=4,
    ),
    path=st.sampled_from(
        ["/v2/_catalog", f"/v2/{REPOSITORY}/tags/list", "/v2/token",
         f"/v2/{REPOSITORY}/referrers/{digest_of(b'')}"]
    ),
)  # fmt: skip
def test_any_query_of_a_list(client, query, path):
    from urllib.parse import urlencode

    client.begin(REPOSITORY)
    answered(client.ask("GET", f"{path}?{urlencode(query)}"))


@FUZZ
@given(accept=HEADER, authorization=HEADER)
def test_any_header(client, accept, authorization):
    client.push_artifact(REPOSITORY, "headers")
    path = f"/v2/{REPOSITORY}/manifests/headers"

    answered(client.ask("GET", path, headers={"Accept": accept}))
    answered(client.ask("GET", path, headers={"Authorization": authorization}))
    answered(client.ask("GET", path, headers={"Authorization": f"Bearer {authorization}"}))
    answered(client.ask("GET", path, headers={"Authorization": f"Basic {authorization}"}))


@FUZZ
@given(form=st.binary(max_size=100))
def test_any_form(client, form):
    answered(client.ask("POST", "/v2/token", form))


@pytest.mark.parametrize("path", ["/v2/%ff/manifests/1", "/v2/a%00b/tags/list", "/v2/%c0%ae/x"])
def test_paths_that_are_no_text(client, path):
    assert client.ask("GET", path).status_int in (400, 404)


@pytest.mark.parametrize("depth", [1000, 100_000])
@pytest.mark.parametrize("opening", ['{"a":', "[", '{"layers":['])
def test_documents_without_end(client, depth, opening):
    refused = client.ask(
        "PUT",
        f"/v2/{REPOSITORY}/manifests/deep",
        (opening * depth).encode(),
        headers={"Content-Type": OCI_MANIFEST},
    )

    assert (refused.status_int, code_of(refused)) == (400, "MANIFEST_INVALID")
