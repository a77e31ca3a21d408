"""Pushing as clients before 0.0.88 do: names, metadata and the file in one signed form."""

import hashlib
import json
from datetime import timedelta

import pytest

from sregistry_core.names import ContainerName
from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif(labels={"maintainer": "ada"})
OTHER = make_sif(labels={"other": "one"})
DIGEST = hashlib.sha256(IMAGE).hexdigest()
# What the client 0.0.87 sends where it finds no singularity to ask.
METADATA = json.dumps(
    {"collection": "science", "data": {"attributes": {"labels": {"SREGISTRY_SIZE_MB": 0}}}}
)


@pytest.fixture
def send(write_form):
    """Sends what a client of 2018 sends, with the fields in its order."""

    def post(client, path, image, *, header=None, fields=None, environ=None, **form_options):
        where, _, tag = path.partition(":")
        collection, _, name = where.rpartition("/")
        values = {
            "collection": collection,
            "name": name,
            "metadata": METADATA,
            "tag": tag or "latest",
            **(fields or {}),
        }
        kind, body = write_form(
            {key: value for key, value in values.items() if value is not None},
            image,
            file_field="datafile",
            **form_options,
        )
        return client.registry.app.post(
            f"{client.base}/api/push/",
            body,
            headers={
                "Authorization": client.header("push", path) if header is None else header,
                "Content-Type": kind,
                "User-Agent": "python-requests/2.18.4",
            },
            extra_environ=environ,
            expect_errors=True,
        )

    return post


def nothing_is_left(registry):
    staging = registry.directory / "staging"
    return not [*(staging / "incoming").iterdir()] and not [*(staging / "spool").iterdir()]


def blobs(registry):
    return [one for one in (registry.directory / "images").rglob("*") if one.is_file()]


def test_what_was_pushed_is_pulled_by_every_other_protocol(send, ada_client, ada, stranger):
    answer = send(ada_client, "science/rocks:1", IMAGE)

    assert answer.status_int == 201
    assert answer.json == {
        "message": "Upload Complete",
        "detail": "Upload Complete",
        "collection": "science",
        "name": "rocks",
        "tag": "1",
    }
    assert ada.pull("tacc/science/rocks:1").body == IMAGE
    manifest = stranger.shub("science/rocks:1", status=200).json
    assert stranger.get(manifest["image"]).body == IMAGE
    assert manifest["commit"] == DIGEST[:40]
    assert nothing_is_left(ada_client.registry)


def test_the_address_is_there_without_the_last_slash(registry, ada, write_form):
    kind, body = write_form({"collection": "science", "name": "rocks", "tag": "1"}, IMAGE)

    ada.post("/api/push", body, headers={"Content-Type": kind}, status=201)

    assert ada.pull("tacc/science/rocks:1").body == IMAGE


def test_with_the_base_of_a_user_names_are_those_of_the_user(send, make_client, ada, stranger):
    assert send(make_client(ada, base="/ada"), "lab/blast:1", IMAGE).status_int == 201

    assert stranger.pull("ada/lab/blast:1").body == IMAGE


def test_a_name_as_it_was_always_spelt_is_signed_and_kept_as_ours(send, ada_client, stranger):
    assert send(ada_client, "Science/Rocks:V1", IMAGE).status_int == 201

    assert stranger.pull("tacc/science/rocks:V1").body == IMAGE


def test_whoever_makes_a_collection_by_pushing_owns_it(send, ada_client, bob_client, stranger):
    send(ada_client, "science/rocks:1", IMAGE)

    assert send(bob_client, "science/rocks:2", OTHER).status_int == 403
    assert send(bob_client, "science/rocks:1", OTHER).status_int == 403
    assert stranger.pull("tacc/science/rocks:1").body == IMAGE


def test_what_is_refused_makes_no_names_and_keeps_no_bytes(send, registry, bob, make_client, admin):
    client = make_client(bob, base="/ada")
    registry.user("ada")

    refused = send(client, "lab/blast:1", IMAGE)
    taken = send(make_client(bob, base="/nobody"), "lab/blast:1", IMAGE)

    assert refused.status_int == taken.status_int == 403
    assert set(refused.json) == {"detail", "message"}
    assert not blobs(registry)
    admin.get("/v1/collections/ada/lab", status=404)


def test_a_broken_form_makes_no_names(send, registry, ada_client, ada):
    def cut(kind, body):
        return kind, body[:-60]

    assert send(ada_client, "science/rocks:1", IMAGE, spoil=cut).status_int == 400

    ada.get("/v1/collections/tacc/science", status=404)
    assert nothing_is_left(registry)
    assert not blobs(registry)


def test_a_refused_image_makes_no_names(make_registry, write_form):
    registry = make_registry(protocols="transfer library sregistry shub", require_sif="true")
    ada = registry.user("ada")
    kind, body = write_form({"collection": "science", "name": "rocks", "tag": "1"}, b"no image")

    refused = ada.post(
        "/api/push/", body, headers={"Content-Type": kind}, expect_errors=True
    ).status_int

    assert 400 <= refused < 500
    ada.get("/v1/collections/tacc/science", status=404)


def test_a_tag_moves_to_what_was_pushed_last(send, ada_client, ada):
    send(ada_client, "science/rocks:1", IMAGE)
    send(ada_client, "science/rocks:1", OTHER)

    assert ada.pull("tacc/science/rocks:1").body == OTHER
    assert ada.pull(f"tacc/science/rocks:sha256.{DIGEST}").body == IMAGE


def test_the_same_bytes_again_are_kept_once(send, ada_client, registry):
    send(ada_client, "science/rocks:1", IMAGE)
    send(ada_client, "science/rocks:2", IMAGE)
    send(ada_client, "science/stone:1", IMAGE)

    assert len(blobs(registry)) == 1


def test_a_frozen_tag_stays(send, ada_client, registry, ada):
    send(ada_client, "science/rocks:1", IMAGE)
    with registry.parts.unit()() as services:
        rocks = services.catalog.container(ContainerName("tacc", "science", "rocks"))
        services.tags.freeze(rocks, "1")

    refused = send(ada_client, "science/rocks:1", OTHER)

    assert refused.status_int == 409
    assert "frozen" in refused.json["detail"]
    assert ada.pull("tacc/science/rocks:1").body == IMAGE
    assert len(blobs(registry)) == 1


@pytest.mark.parametrize("header", ["", "SREGISTRY-HMAC-SHA256 nonsense", "Digest x=y"])
def test_who_shows_nothing_is_told_403(send, ada_client, header, registry):
    refused = send(ada_client, "science/rocks:1", IMAGE, header=header)

    assert refused.status_int == 403
    assert refused.json["detail"]
    assert not blobs(registry)


@pytest.mark.parametrize(
    ("action", "path"),
    [
        ("upload", "science/rocks:1"),
        ("pull", "science/rocks:1"),
        ("push", "science/rocks:2"),
        ("push", "science/stone:1"),
        ("push", "other/rocks:1"),
    ],
)
def test_a_signature_for_something_else_does_not_hold(send, ada_client, registry, action, path):
    header = ada_client.header(action, path)

    assert send(ada_client, "science/rocks:1", IMAGE, header=header).status_int == 403
    assert not blobs(registry)


def test_a_signature_of_long_ago_does_not_hold(send, ada_client, registry):
    header = ada_client.header("push", "science/rocks:1")
    registry.clock.move(timedelta(hours=2))

    assert send(ada_client, "science/rocks:1", IMAGE, header=header).status_int == 403


def test_a_push_may_last_for_hours_but_not_for_ever(send, ada_client, registry, ada):
    header = ada_client.header("push", "science/rocks:1")
    began = {"sregistry.began_at": registry.clock().timestamp()}
    registry.clock.move(timedelta(hours=9))

    in_time = send(ada_client, "science/rocks:1", IMAGE, header=header, environ=began)
    registry.clock.move(timedelta(hours=17))
    too_late = send(ada_client, "science/rocks:1", IMAGE, header=header, environ=began)

    assert (in_time.status_int, too_late.status_int) == (201, 403)


def test_the_metadata_may_be_large_and_is_not_kept(send, ada_client, ada):
    large = {"metadata": "x" * 900_000}

    assert send(ada_client, "science/rocks:1", IMAGE, fields=large).status_int == 201
    assert send(ada_client, "science/rocks:2", IMAGE, fields={"metadata": "\0"}).status_int == 201
    assert send(ada_client, "science/rocks:3", IMAGE, fields={"metadata": None}).status_int == 201
    assert ada.pull("tacc/science/rocks:1").body == IMAGE


def test_metadata_without_end_is_refused(send, ada_client):
    endless = {"metadata": "x" * ((1 << 20) + 1)}

    assert send(ada_client, "science/rocks:1", IMAGE, fields=endless).status_int == 413


@pytest.mark.parametrize("missing", ["collection", "name", "tag"])
def test_a_name_that_is_missing_is_refused_and_never_guessed(send, ada_client, missing):
    refused = send(ada_client, "science/rocks:1", IMAGE, fields={missing: None})

    assert refused.status_int == 400
    assert missing in refused.json["detail"]


def test_fields_after_the_file_are_refused_with_what_to_do(send, ada_client, registry):
    """Before Python 3.6 the client sends its fields in any order."""
    refused = send(ada_client, "science/rocks:1", IMAGE, file_first=True)

    assert refused.status_int == 400
    assert "comes after the file" in refused.json["detail"]
    assert not blobs(registry)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "a:b"},
        {"name": "a@b"},
        {"name": "../x"},
        {"name": ""},
        {"collection": "a/b/c"},
        {"collection": ""},
        {"tag": "a b"},
        {"tag": ""},
        {"tag": "é"},
    ],
)
def test_a_name_outside_the_rule_is_refused(send, registry, ada, make_client, fields):
    refused = send(
        make_client(ada), "science/rocks:1", IMAGE, header=ada.headers["Authorization"],
        fields=fields,
    )  # fmt: skip

    assert refused.status_int == 400
    assert refused.json["detail"]
    assert not blobs(registry)


def test_more_bytes_than_are_taken_are_refused(make_registry, write_form):
    registry = make_registry(
        protocols="transfer library sregistry shub", largest_image=str(len(IMAGE) - 1)
    )
    ada = registry.user("ada")
    kind, body = write_form({"collection": "science", "name": "rocks", "tag": "1"}, IMAGE)

    ada.post("/api/push/", body, headers={"Content-Type": kind}, status=413)

    assert not blobs(registry)
    ada.get("/v1/collections/tacc/science", status=404)


def test_the_path_of_a_file_is_never_believed(send, ada_client, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret of the server")

    refused = send(
        ada_client, "science/rocks:1", None, fields={"datafile": str(secret), "file1.path": "x"}
    )

    assert refused.status_int == 400
    assert secret.exists()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_a_post_pushes(registry, method):
    answer = registry.app.request("/api/push/", method=method, expect_errors=True)

    assert answer.status_int == 404
    assert set(answer.json) == {"detail", "message"}
