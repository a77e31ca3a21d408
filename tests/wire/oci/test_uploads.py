"""Blobs on their way in: at once, streamed, in chunks, broken off and resumed."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sregistry_core.testing.oci import OciClient, code_of, digest_of

REPOSITORY = "ada/lab/blast"
BLOB = bytes(range(256)) * 40
SHA512 = digest_of(BLOB, "sha512")


def chunk(client, place, first, content, *, spelling="{}-{}", **options):
    last = first + len(content) - 1
    return client.patch(
        place, content, headers={"Content-Range": spelling.format(first, last)}, **options
    )


def test_a_blob_is_pushed_in_one_post(ada):
    answer = ada.post(f"/v2/{REPOSITORY}/blobs/uploads/?digest={digest_of(BLOB)}", BLOB, status=201)

    assert answer.headers["Location"] == f"/v2/{REPOSITORY}/blobs/{digest_of(BLOB)}"
    assert ada.get(answer.headers["Location"]).body == BLOB


def test_a_blob_is_pushed_by_post_and_put(ada):
    place = ada.begin(REPOSITORY)

    ada.put(f"{place}?digest={digest_of(BLOB)}", BLOB, status=201)

    assert ada.blob(REPOSITORY, digest_of(BLOB)).body == BLOB
    ada.get(place, status=404)


def test_the_address_without_a_slash_at_its_end_is_taken_too(ada):
    ada.post(f"/v2/{REPOSITORY}/blobs/uploads", status=202)


def test_a_blob_is_streamed_in_one_patch(ada):
    place = ada.begin(REPOSITORY)

    streamed = ada.patch(place, BLOB, status=202)
    ada.put(f"{streamed.headers['Location']}?digest={digest_of(BLOB)}", status=201)

    assert streamed.headers["Range"] == f"0-{len(BLOB) - 1}"
    assert ada.blob(REPOSITORY, digest_of(BLOB)).body == BLOB


@pytest.mark.parametrize(
    "spelling", ["{}-{}", "bytes {}-{}", "bytes={}-{}", "bytes {}-{}/*", "bytes {}-{}/10240"]
)
@pytest.mark.parametrize("last_by_put", [True, False])
def test_a_blob_is_pushed_in_chunks(ada, spelling, last_by_put):
    place = ada.begin(REPOSITORY)
    for first in (0, 4000):
        answer = chunk(ada, place, first, BLOB[first : first + 4000], spelling=spelling, status=202)
        place = answer.headers["Location"]
        assert answer.headers["Range"] == f"0-{first + 3999}"
    rest = BLOB[8000:]
    if not last_by_put:
        chunk(ada, place, 8000, rest, spelling=spelling, status=202)
        rest = b""
    headers = {"Content-Range": spelling.format(8000, len(BLOB) - 1)} if rest else {}
    ada.put(f"{place}?digest={digest_of(BLOB)}", rest, headers=headers, status=201)

    assert ada.blob(REPOSITORY, digest_of(BLOB)).body == BLOB


def test_the_state_of_an_upload_is_told(ada):
    place = ada.begin(REPOSITORY)
    empty = ada.get(place, status=204)
    chunk(ada, place, 0, BLOB[:1], status=202)
    one = ada.get(place, status=204)
    chunk(ada, place, 1, BLOB[1:100], status=202)
    more = ada.get(place, status=204)

    assert [answer.headers["Range"] for answer in (empty, one, more)] == ["0-0", "0-0", "0-99"]
    assert more.headers["Location"] == place
    assert not more.body


@pytest.mark.parametrize(("received", "first"), [(0, 1), (0, 500), (100, 0), (100, 99), (100, 101)])
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_chunk_out_of_order_is_refused_and_changes_nothing(ada, received, first, method):
    place = ada.begin(REPOSITORY)
    if received:
        chunk(ada, place, 0, BLOB[:received], status=202)
    headers = {"Content-Range": f"{first}-{first + 49}"}
    path = place if method == "PATCH" else f"{place}?digest={digest_of(BLOB)}"

    refused = ada.ask(method, path, BLOB[first : first + 50], headers=headers)

    assert refused.status_int == 416
    assert code_of(refused) == "BLOB_UPLOAD_INVALID"
    assert refused.headers["Location"] == place
    assert refused.headers["Range"] == f"0-{max(0, received - 1)}"
    chunk(ada, place, received, BLOB[received:], status=202)
    ada.put(f"{place}?digest={digest_of(BLOB)}", status=201)


@pytest.mark.parametrize("header", ["0-0", "0-49", "5-1", "-5", "0-", "a-b", "0-99,5-6", "١-٢"])
def test_a_range_that_is_not_that_of_the_body_is_refused(ada, header):
    place = ada.begin(REPOSITORY)

    refused = ada.ask(
        "PATCH", place, BLOB[:25], headers={"Content-Range": header.encode().decode("latin-1")}
    )

    assert refused.status_int == 400
    assert code_of(refused) == "SIZE_INVALID"
    assert ada.get(place).headers["Range"] == "0-0"


def test_bytes_with_another_digest_are_refused(ada):
    wrong = digest_of(b"something else")
    streamed = ada.begin(REPOSITORY)
    ada.patch(streamed, BLOB, status=202)

    for refused in (
        ada.put(f"{ada.begin(REPOSITORY)}?digest={wrong}", BLOB, status=400),
        ada.post(f"/v2/{REPOSITORY}/blobs/uploads/?digest={wrong}", BLOB, status=400),
        ada.put(f"{streamed}?digest={wrong}", status=400),
    ):
        assert code_of(refused) == "DIGEST_INVALID"
    ada.blob(REPOSITORY, wrong, status=404)
    ada.blob(REPOSITORY, digest_of(BLOB), status=404)


@pytest.mark.parametrize(
    "digest", ["", "sha256:", "sha256:abc", "md5:" + "0" * 32, "sha256:" + "A" * 64,
               "sha256:../../etc/passwd", "sha512:" + "0" * 64, "sha256:" + "0" * 65, "blake3:0"]
)  # fmt: skip
def test_a_digest_that_is_none_is_refused(ada, digest):
    place = ada.begin(REPOSITORY)
    for refused in (
        ada.put(f"{place}?digest={digest}", BLOB, status=400),
        ada.post(f"/v2/{REPOSITORY}/blobs/uploads/?digest={digest}", BLOB, status=400),
        ada.post(f"/v2/{REPOSITORY}/blobs/uploads/?mount={digest}", BLOB, status=400),
    ):
        assert code_of(refused) == "DIGEST_INVALID"
    assert code_of(ada.put(place, BLOB, status=400)) == "DIGEST_INVALID"


def test_a_blob_may_go_by_its_sha512(ada):
    whole = ada.begin(REPOSITORY)
    ada.put(f"{whole}?digest={SHA512}", BLOB, status=201)

    answer = ada.blob(REPOSITORY, SHA512, status=200)

    assert answer.body == BLOB
    assert answer.headers["Docker-Content-Digest"] == SHA512
    other = ada.begin("ada/lab/other", "?digest-algorithm=sha512")
    ada.patch(other, BLOB, status=202)
    ada.put(f"{other}?digest={SHA512}", status=201)
    ada.post("/v2/ada/lab/third/blobs/uploads/?digest=" + SHA512, BLOB, status=201)
    ada.post(f"/v2/{REPOSITORY}/blobs/uploads/?digest-algorithm=md5", status=400)
    refused = ada.put(f"{ada.begin(REPOSITORY)}?digest={SHA512}", b"else", status=400)
    assert code_of(refused) == "DIGEST_INVALID"


def test_bytes_are_kept_once_under_all_their_digests(registry, ada):
    ada.push_blob(REPOSITORY, BLOB)
    ada.push_blob(REPOSITORY, BLOB, algorithm="sha512")
    ada.push_blob("ada/lab/other", BLOB)

    kept = [path for path in (registry.directory / "images").rglob("*") if path.is_file()]

    assert len(kept) == 1
    assert ada.delete(f"/v2/{REPOSITORY}/blobs/{digest_of(BLOB)}", status=202)
    assert ada.blob(REPOSITORY, SHA512).body == BLOB


def test_an_empty_blob_is_a_blob(ada):
    digest = digest_of(b"")
    ada.put(f"{ada.begin(REPOSITORY)}?digest={digest}", status=201)
    ada.post(f"/v2/{REPOSITORY}/blobs/uploads/?digest={digest}", status=201)

    assert ada.blob(REPOSITORY, digest, status=200).body == b""
    assert ada.head(f"/v2/{REPOSITORY}/blobs/{digest}").headers["Content-Length"] == "0"


def test_an_upload_is_cancelled(registry, ada):
    place = ada.begin(REPOSITORY)
    ada.patch(place, BLOB, status=202)

    ada.delete(place, status=204)

    for answer in (
        ada.get(place, status=404),
        ada.patch(place, BLOB, status=404),
        ada.put(f"{place}?digest={digest_of(BLOB)}", BLOB, status=404),
        ada.delete(place, status=404),
    ):
        assert code_of(answer) == "BLOB_UPLOAD_UNKNOWN"
    assert not list((registry.directory / "staging/uploads").iterdir())


def test_an_upload_belongs_to_its_user_and_its_repository(registry, ada, bob):
    from sregistry_core.models import CollectionRole
    from sregistry_core.names import CollectionName

    place = ada.begin(REPOSITORY)
    upload = place.rpartition("/")[2]
    ada.push_blob("ada/lab/other", b"x")
    with registry.parts.unit()() as services:
        lab = services.catalog.collection(CollectionName("ada", "lab"))
        services.grants.give(lab, CollectionRole.WRITER, user="bob")

    bob.patch(place, BLOB, status=404)
    bob.delete(place, status=404)
    ada.get(f"/v2/ada/lab/other/blobs/uploads/{upload}", status=404)
    ada.get(place, status=204)


def test_an_upload_expires(registry, ada):
    place = ada.begin(REPOSITORY)
    ada.patch(place, BLOB[:10], status=202)

    registry.clock.move(timedelta(hours=25))

    ada.get(place, status=404)


def test_an_upload_goes_on_in_another_process(registry, ada, tmp_path):
    """Nothing but the disk and the database is shared: the hash in memory is gone."""
    place = ada.begin(REPOSITORY)
    chunk(ada, place, 0, BLOB[:5000], status=202)
    registry.parts.facilities.staging._parts._progress.clear()

    chunk(ada, place, 5000, BLOB[5000:], status=202)
    ada.put(f"{place}?digest={digest_of(BLOB)}", status=201)

    assert ada.blob(REPOSITORY, digest_of(BLOB)).body == BLOB


def test_what_a_crash_has_left_behind_the_last_chunk_is_overwritten(registry, ada):
    place = ada.begin(REPOSITORY)
    chunk(ada, place, 0, BLOB[:5000], status=202)
    [parts] = (registry.directory / "staging/uploads").iterdir()
    with parts.open("ab") as file:
        file.write(b"half a chunk, and then no power")

    assert ada.get(place).headers["Range"] == "0-4999"
    chunk(ada, place, 5000, BLOB[5000:], status=202)
    ada.put(f"{place}?digest={digest_of(BLOB)}", status=201)


def test_an_upload_whose_bytes_are_gone_is_gone(registry, ada):
    place = ada.begin(REPOSITORY)
    chunk(ada, place, 0, BLOB[:5000], status=202)
    for path in (registry.directory / "staging/uploads").iterdir():
        path.unlink()

    refused = ada.ask("PATCH", place, BLOB[5000:])

    assert (refused.status_int, code_of(refused)) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_a_blob_that_is_too_large_is_refused(make_registry):
    registry = make_registry(protocols="oci", largest_image="1000")
    made = registry.user("ada")
    ada = OciClient(made.app, "ada", made.token)
    place = ada.begin(REPOSITORY)
    ada.patch(place, BLOB[:900], status=202)

    for refused in (
        ada.ask("PATCH", place, BLOB[:101]),
        ada.ask("PUT", f"{place}?digest={digest_of(BLOB)}", BLOB[:101]),
        ada.ask("PUT", f"{ada.begin(REPOSITORY)}?digest={digest_of(BLOB)}", BLOB),
        ada.ask("POST", f"/v2/{REPOSITORY}/blobs/uploads/?digest={digest_of(BLOB)}", BLOB),
    ):
        assert (refused.status_int, code_of(refused)) == (413, "SIZE_INVALID")
    assert ada.get(place).headers["Range"] == "0-899"


@pytest.mark.parametrize(
    ("header", "expected", "content_range"),
    [
        ("bytes=0-9", BLOB[:10], "bytes 0-9/10240"),
        ("bytes=10000-", BLOB[10000:], "bytes 10000-10239/10240"),
        ("bytes=-10", BLOB[-10:], "bytes 10230-10239/10240"),
        ("bytes=10000-99999", BLOB[10000:], "bytes 10000-10239/10240"),
    ],
)
def test_a_blob_is_sent_in_ranges(ada, header, expected, content_range):
    digest = ada.push_blob(REPOSITORY, BLOB)

    answer = ada.blob(REPOSITORY, digest, headers={"Range": header}, status=206)

    assert answer.body == expected
    assert answer.headers["Content-Range"] == content_range
    assert answer.headers["Docker-Content-Digest"] == digest


@pytest.mark.parametrize("header", ["bytes=10240-", "bytes=20000-30000", "bytes=500-0", "bytes=-0"])
def test_a_range_outside_of_the_blob_is_refused(ada, header):
    digest = ada.push_blob(REPOSITORY, BLOB)

    code_of(ada.blob(REPOSITORY, digest, headers={"Range": header}, status=416))


def test_head_tells_size_and_digest(ada):
    digest = ada.push_blob(REPOSITORY, BLOB)

    answer = ada.head(f"/v2/{REPOSITORY}/blobs/{digest}", status=200)

    assert answer.headers["Content-Length"] == str(len(BLOB))
    assert answer.headers["Docker-Content-Digest"] == digest
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_a_storage_elsewhere_is_a_redirect_for_get_and_none_for_head(registry, ada, monkeypatch):
    from sregistry_core.contracts import Redirect

    digest = ada.push_blob(REPOSITORY, BLOB)
    [storage] = registry.parts.facilities.blob_store.storages.values()
    monkeypatch.setattr(
        type(storage), "handoff", lambda *_, **__: Redirect("https://store.test/signed")
    )

    answer = ada.blob(REPOSITORY, digest, status=307)

    assert answer.headers["Location"] == "https://store.test/signed"
    assert ada.head(f"/v2/{REPOSITORY}/blobs/{digest}", status=200).content_length == len(BLOB)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(chance=st.randoms(use_true_random=False))
def test_retries_repeats_and_chunks_out_of_order_end_in_the_right_bytes(ada, chance):
    """Hinkskalle told the range of the last chunk only, and one byte too many."""
    blob = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 3000)))
    place, reached = ada.begin(REPOSITORY), 0
    while reached < len(blob):
        first = chance.choice([reached, reached, chance.randrange(len(blob))])
        piece = blob[first : first + chance.randrange(1, 1000)]
        answer = chunk(ada, place, first, piece, expect_errors=True)
        if first == reached:
            assert answer.status_int == 202
            reached += len(piece)
        else:
            assert answer.status_int == 416
        assert answer.headers["Range"] == f"0-{max(0, reached - 1)}"
        assert ada.get(place).headers["Range"] == f"0-{max(0, reached - 1)}"
    ada.put(f"{place}?digest={digest_of(blob)}", status=201)
    assert ada.blob(REPOSITORY, digest_of(blob)).body == blob
