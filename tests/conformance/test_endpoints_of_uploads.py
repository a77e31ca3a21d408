"""Uploads: in pieces, out of order, mounted and cancelled, as the specification has them.

Source: OCI distribution 1.1, the table of endpoints (end-4 to end-6, end-11, end-14) and of error
codes.
"""

import pytest

from sregistry_core.testing.oci import OciClient, code_of, digest_of

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


@ALGORITHMS
def test_end_4_an_upload_may_name_its_algorithm(client, repository, algorithm):
    place = client.begin(repository, f"?digest-algorithm={algorithm}")

    client.put(f"{place}?digest={digest_of(BLOB, algorithm)}", BLOB, status=201)

    assert client.blob(repository, digest_of(BLOB, algorithm)).body == BLOB


def test_end_4_an_algorithm_that_is_not_known_is_refused(client, repository):
    refused = client.post(f"/v2/{repository}/blobs/uploads/?digest-algorithm=md5", status=400)

    assert code_of(refused) == "DIGEST_INVALID"


def test_end_4_uploads_have_addresses_of_their_own(client, repository):
    first, second = client.begin(repository), client.begin(repository)

    assert first != second
    client.patch(first, b"first", status=202)
    client.patch(second, b"second", status=202)
    client.put(f"{second}?digest={digest_of(b'second')}", status=201)
    client.put(f"{first}?digest={digest_of(b'first')}", status=201)


@pytest.mark.parametrize("pieces", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("last_by_put", [True, False])
@ALGORITHMS
def test_end_5_chunks(client, repository, algorithm, pieces, last_by_put):
    place, step = client.begin(repository), -(-len(BLOB) // pieces)
    starts = list(range(0, len(BLOB), step))
    for first in starts[:-1] if last_by_put else starts:
        piece = BLOB[first : first + step]
        end = first + len(piece) - 1
        answer = client.patch(place, piece, headers={"Content-Range": f"{first}-{end}"}, status=202)
        place = answer.headers["Location"]
        assert answer.headers["Range"] == f"0-{end}"
        state = client.get(place, status=204)
        assert state.headers["Range"] == f"0-{end}"
        assert state.headers["Location"]
    rest = BLOB[starts[-1] :] if last_by_put else b""
    headers = {"Content-Range": f"{starts[-1]}-{len(BLOB) - 1}"} if last_by_put else {}
    digest = digest_of(BLOB, algorithm)
    answer = client.put(f"{place}?digest={digest}", rest, headers=headers, status=201)
    assert client.get(answer.headers["Location"], status=200).body == BLOB


@pytest.mark.parametrize("reached", [0, 1, 1000])
@pytest.mark.parametrize("offset", [-1000, -1, 1, 1000])
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_end_5_and_6_chunks_out_of_order(client, repository, reached, offset, method):
    if reached + offset < 0:
        offset = 5
    place = client.begin(repository)
    if reached:
        headers = {"Content-Range": f"0-{reached - 1}"}
        client.patch(place, BLOB[:reached], headers=headers, status=202)
    first = reached + offset
    headers = {"Content-Range": f"{first}-{first + 9}"}
    path = place if method == "PATCH" else f"{place}?digest={digest_of(BLOB)}"

    refused = client.ask(method, path, BLOB[first : first + 10], headers=headers)

    assert refused.status_int == 416
    assert code_of(refused) == "BLOB_UPLOAD_INVALID"
    assert refused.headers["Range"] == f"0-{max(0, reached - 1)}"
    state = client.get(refused.headers["Location"], status=204)
    place = state.headers["Location"]
    rest = {"Content-Range": f"{reached}-{len(BLOB) - 1}"}
    client.patch(place, BLOB[reached:], headers=rest, status=202)
    client.put(f"{place}?digest={digest_of(BLOB)}", status=201)


@pytest.mark.parametrize("header", ["x", "1", "5-", "-5", "9-0", "0-9-9", "0-1000", "0-98"])
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_end_5_and_6_odd_ranges(client, repository, header, method):
    place = client.begin(repository)
    path = place if method == "PATCH" else f"{place}?digest={digest_of(BLOB[:100])}"

    refused = client.ask(method, path, BLOB[:100], headers={"Content-Range": header})

    assert refused.status_int == 400
    assert code_of(refused) == "SIZE_INVALID"
    client.put(f"{place}?digest={digest_of(BLOB)}", BLOB, status=201)


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("ended", ["never begun", "finished", "cancelled"])
def test_an_upload_that_is_over_is_unknown(client, repository, method, ended):
    place = client.begin(repository)
    if ended == "never begun":
        place = place[:-4] + "0000"
    elif ended == "finished":
        client.put(f"{place}?digest={digest_of(BLOB)}", BLOB, status=201)
    else:
        client.delete(place, status=204)
    path = f"{place}?digest={digest_of(BLOB)}" if method == "PUT" else place

    refused = client.ask(method, path, None if method in ("GET", "DELETE") else BLOB)

    assert (refused.status_int, code_of(refused)) == (404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize("source", ["absent", "another blob", "not a name", "itself"])
def test_end_11_what_cannot_be_mounted_is_uploaded(client, repository, other_repository, source):
    client.push_blob(other_repository, b"another blob")
    named = {
        "absent": "ada/elsewhere/nothing",
        "another blob": other_repository,
        "not a name": "a//b",
        "itself": repository,
    }[source]

    answer = client.post(
        f"/v2/{repository}/blobs/uploads/?mount={digest_of(BLOB)}&from={named}", status=202
    )
    client.put(f"{answer.headers['Location']}?digest={digest_of(BLOB)}", BLOB, status=201)

    assert client.blob(repository, digest_of(BLOB)).body == BLOB


@pytest.mark.parametrize("state", ["empty", "with bytes"])
def test_end_14_an_upload_is_cancelled(client, repository, state):
    place = client.begin(repository)
    if state == "with bytes":
        place = client.patch(place, BLOB, status=202).headers["Location"]

    client.delete(place, status=204)

    client.get(place, status=404)
