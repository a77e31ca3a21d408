"""Pushing as the sregistry client does: begin, then one form with the file in it."""

import hashlib
import json
from datetime import timedelta

import pytest

from sregistry_core.names import ContainerName
from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif(labels={"maintainer": "ada"})
OTHER = make_sif(labels={"other": "one"})
DIGEST = hashlib.sha256(IMAGE).hexdigest()


def test_what_was_pushed_is_pulled_by_every_other_protocol(ada_client, ada, stranger):
    ada_client.push("science/rocks:1", IMAGE)

    assert ada.pull("tacc/science/rocks:1").body == IMAGE
    manifest = stranger.shub("science/rocks:1", status=200).json
    assert stranger.get(manifest["image"]).body == IMAGE
    assert manifest["commit"] == DIGEST[:40]


def test_what_was_pushed_by_the_library_is_pulled_by_the_client(ada_client, ada):
    ada.push("tacc/science/rocks:1", IMAGE)

    manifest = ada_client.manifest("science/rocks:1", signed=False, status=200).json

    assert ada_client.registry.stranger.get(manifest["image"]).body == IMAGE


def test_whoever_makes_a_collection_by_pushing_owns_it(ada_client, bob_client):
    ada_client.push("science/rocks:1", IMAGE)

    assert "may not" in bob_client.begin("science/rocks:2", status=403).json["detail"]


def test_with_the_base_of_a_user_names_are_those_of_the_user(make_client, ada, stranger):
    make_client(ada, base="/ada").push("lab/blast:1", IMAGE)

    assert stranger.pull("ada/lab/blast:1").body == IMAGE


def test_a_name_with_the_host_in_it_is_a_full_name(registry, ada_client, stranger):
    """`sregistry push --name host:80/ada/lab/blast`: push of 0.2.39 then forgets the `api`."""
    header = {"Authorization": ada_client.header("push", "ada/lab/blast:1")}
    asked = {"collection": "ada/lab", "name": "blast", "tag": "1"}
    begun = registry.app.post_json("/upload/chunked_upload", asked, headers=header)

    ada_client.upload("ada/lab/blast:1", IMAGE, begun.json["cid"], status=200)

    assert stranger.pull("ada/lab/blast:1").body == IMAGE


def test_nobody_pushes_into_the_names_of_others(bob, make_client):
    client = make_client(bob, base="/ada")

    taken = client.begin("lab/blast:1", status=403)
    make_client(bob, base="/nobody").begin("lab/blast:1", status=403)

    assert set(taken.json) == {"detail", "message"}


def test_a_tag_moves_to_what_was_pushed_last(ada_client, ada):
    ada_client.push("science/rocks:1", IMAGE)
    ada_client.push("science/rocks:1", OTHER)

    assert ada.pull("tacc/science/rocks:1").body == OTHER
    assert ada.pull(f"tacc/science/rocks:sha256.{DIGEST}").body == IMAGE


def test_the_same_bytes_again_are_one_image_with_two_tags(ada_client, ada):
    ada_client.push("science/rocks:1", IMAGE)
    ada_client.push("science/rocks:2", IMAGE)

    found = ada_client.get("/api/container/search/name/rocks").json
    assert [one["tag"] for one in found] == ["1", "2"]
    assert len({one["id"] for one in found}) == 1


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_bytes_of_any_size_arrive_as_they_are(ada_client, ada, size):
    image = (b"\r\n--" * (size // 4 + 1))[:size]
    ada_client.push("science/rocks:1", image)

    assert ada.pull("tacc/science/rocks:1").body == image


def test_a_frozen_tag_is_not_begun(ada_client, registry, ada):
    ada_client.push("science/rocks:1", IMAGE)
    with registry.parts.unit()() as services:
        rocks = services.catalog.container(ContainerName("tacc", "science", "rocks"))
        services.tags.freeze(rocks, "1")

    assert "frozen" in ada_client.begin("science/rocks:1", status=409).json["detail"]
    assert ada.pull("tacc/science/rocks:1").body == IMAGE


def test_the_path_of_a_file_is_never_believed(registry, ada_client, tmp_path, write_form):
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret of the server")
    ada_client.push("science/rocks:1", IMAGE)
    cid = ada_client.begin("science/rocks:1", status=200).json["cid"]
    fields = {"file1.path": str(secret), "file1.name": "x.sif", "file1.size": "22"}

    answer = registry.app.post(
        "/api/uploads/complete/",
        {**fields, "collection": cid, "name": "rocks", "tag": "1"},
        headers={"Authorization": ada_client.header("upload", "science/rocks:1")},
        expect_errors=True,
    )
    kind, body = write_form({**fields, "collection": cid, "name": "rocks", "tag": "1"}, None)
    other = registry.app.post(
        "/upload",
        body,
        headers={
            "Authorization": ada_client.header("upload", "science/rocks:1"),
            "Content-Type": kind,
        },
        expect_errors=True,
    )

    assert answer.status_int == 404
    assert set(answer.json) == {"detail", "message"}
    assert other.status_int == 400
    assert secret.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"tag": "2"},
        {"collection": "1"},
        {"collection": "tacc/science"},
        {"collection": ""},
        {"collection": "é" * 100},
    ],
)
def test_a_form_for_something_else_is_refused(ada_client, change):
    cid = ada_client.begin("science/rocks:1", status=200).json["cid"]

    answer = ada_client.upload("science/rocks:1", IMAGE, cid, fields=change, expect_errors=True)

    assert answer.status_int in (400, 404)
    assert answer.json["detail"]


def test_what_one_has_begun_another_does_not_finish(ada_client, bob_client):
    cid = ada_client.begin("science/rocks:1", status=200).json["cid"]

    bob_client.upload("science/rocks:1", IMAGE, cid, status=403)


def test_a_push_may_last_for_hours_but_not_for_ever(ada_client, registry, ada):
    cid = ada_client.begin("science/rocks:1", status=200).json["cid"]
    header = ada_client.header("upload", "science/rocks:1")
    registry.clock.move(timedelta(hours=9))

    ada_client.upload("science/rocks:1", IMAGE, cid, header=header, status=200)
    registry.clock.move(timedelta(hours=16))
    ada_client.upload("science/rocks:1", IMAGE, cid, header=header, status=410)


def test_who_may_not_push_any_more_does_not(ada_client, admin, ada, registry):
    cid = ada_client.begin("science/rocks:1", status=200).json["cid"]
    with registry.parts.unit()() as services:
        services.accounts.disable("ada")

    ada_client.upload("science/rocks:1", IMAGE, cid, status=403)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body[:-30],
        lambda body: body[: len(body) // 2],
        lambda body: b"",
        lambda body: b"x" * 100,
        lambda body: body.replace(b"form-data", b"attachment"),
        lambda body: body.replace(b"\r\n", b"\n"),
    ],
    ids=["no end", "half", "empty", "no form", "no form data", "bare lines"],
)
def test_a_form_that_is_broken_leaves_nothing_behind(
    ada_client, registry, write_form, spoil, stranger
):
    cid = ada_client.begin("science/rocks:1", status=200).json["cid"]
    kind, body = write_form({"name": "rocks", "collection": cid, "tag": "1"}, IMAGE)

    answer = registry.app.post(
        "/upload",
        spoil(body),
        headers={
            "Authorization": ada_client.header("upload", "science/rocks:1"),
            "Content-Type": kind,
        },
        expect_errors=True,
    )

    assert answer.status_int == 400
    assert answer.json["detail"]
    stranger.pull("tacc/science/rocks:1", status=404)
    assert not [*(registry.directory / "staging/incoming").iterdir()]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({f"field{n}": "x" for n in range(30)}, 413),
        ({"name": "x" * 20_000}, 413),
        ({"name": "a\0b"}, 400),
    ],
)
def test_fields_without_end_are_refused(ada_client, registry, write_form, fields, status):
    kind, body = write_form(fields, IMAGE)

    answer = registry.app.post("/upload", body, headers={"Content-Type": kind}, expect_errors=True)

    assert answer.status_int == status


def test_a_file_that_comes_before_the_fields_is_refused(ada_client, registry, write_form):
    cid = ada_client.begin("science/rocks:1", status=200).json["cid"]
    fields = {"name": "rocks", "collection": cid, "tag": "1"}
    kind, body = write_form(fields, IMAGE, file_first=True)

    registry.app.post("/upload", body, headers={"Content-Type": kind}, status=400)


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "multipart/form-data", "multipart/form-data; boundary=", "multipart"]
)
def test_what_is_no_form_is_refused(registry, kind):
    headers = {"Content-Type": kind} if kind else {}

    assert registry.app.post("/upload", b"x", headers=headers, expect_errors=True).status_int == 400


def test_more_bytes_than_are_taken_are_refused(make_registry, write_form):
    registry = make_registry(
        protocols="transfer library sregistry shub", largest_image=str(len(IMAGE) - 1)
    )
    ada = registry.user("ada")
    begun = ada.post("/api/upload/chunked_upload", {"collection": "science", "name": "rocks"})
    fields = {"collection": begun.json["cid"], "name": "rocks", "tag": "latest"}
    kind, body = write_form(fields, IMAGE)

    ada.post("/upload", body, headers={"Content-Type": kind}, status=413)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"collection": 5}',
        b"[" * 100_000,
        b'{"collection": "a/b/c"}',
        b'{"collection": "science", "name": ""}',
        b'{"collection": "", "name": "rocks"}',
        b'{"collection": "science", "name": "rocks/stone"}',
    ],
)
def test_a_beginning_that_makes_no_sense_is_refused(registry, ada, body):
    answer = ada.post("/api/upload/chunked_upload", body, expect_errors=True)

    assert answer.status_int == 400
    assert set(json.loads(answer.text)) == {"detail", "message"}


@pytest.mark.parametrize("path", ["di_no/x:1", "science/x y:1", "science/rocks:a b", "a/b/c/d:1"])
def test_a_name_outside_the_rule_is_refused_with_the_rule(ada_client, path):
    answer = ada_client.begin(path, status=400)

    assert "is no" in answer.json["detail"] or "more than three parts" in answer.json["detail"]


def test_a_token_does_as_well_as_a_signature(registry, ada, write_form):
    begun = ada.post(
        "/api/upload/chunked_upload", {"collection": "science", "name": "rocks"}, status=200
    )
    fields = {"collection": begun.json["cid"], "name": "rocks", "tag": "latest"}
    kind, body = write_form(fields, IMAGE)

    ada.post("/upload", body, headers={"Content-Type": kind}, status=200)

    assert ada.pull("tacc/science/rocks").body == IMAGE


def test_nothing_is_built_here_and_it_says_so(registry):
    answer = registry.app.post("/google_build/build/", b"", status=501)

    assert "builds no images" in answer.json["detail"]
