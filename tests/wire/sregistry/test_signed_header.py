"""The signed header: who may be believed, for how long, and what a wrong one is answered."""

import base64
from datetime import timedelta

import pytest

from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif()


@pytest.fixture(autouse=True)
def secret_image(registry, ada):
    """A private image of the registry's own entity."""
    ada.push("tacc/hidden/rocks:1", IMAGE)
    registry.hide("tacc/hidden")


def test_a_private_image_is_pulled_with_a_signature(ada_client, stranger):
    manifest = ada_client.manifest("hidden/rocks:1", status=200).json

    assert stranger.get(manifest["image"]).body == IMAGE


def test_a_client_with_a_port_in_the_name_signs_the_full_name(registry, ada_client, ada):
    ada.push("ada/lab/blast:1", IMAGE)
    registry.hide("ada/lab")

    ada_client.manifest("ada/lab/blast:1", status=200)


def test_the_base_of_a_user_is_not_part_of_what_is_signed(registry, make_client, ada):
    ada.push("ada/lab/blast:1", IMAGE)
    registry.hide("ada/lab")

    make_client(ada, base="/ada").manifest("lab/blast:1", status=200)


def test_to_the_client_absent_and_hidden_look_the_same_until_it_signs(ada_client, bob_client):
    hidden = bob_client.manifest("hidden/rocks:1", signed=False, status=403)
    absent = bob_client.manifest("hidden/stone:1", signed=False, status=403)
    nothing = bob_client.manifest("nothing/rocks:1", signed=False, status=403)
    assert hidden.body == absent.body == nothing.body
    assert hidden.headers["Content-Type"] == absent.headers["Content-Type"]

    hidden = bob_client.manifest("hidden/rocks:1", status=404)
    absent = bob_client.manifest("hidden/stone:1", status=404)
    assert hidden.text.replace("rocks", "stone") == absent.text


def test_to_all_others_they_are_not_there(stranger):
    hidden = stranger.shub("hidden/rocks:1", status=404)
    absent = stranger.shub("hidden/stone:1", status=404)

    assert hidden.text.replace("rocks", "stone") == absent.text


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Apptainer/1.4.5 (Linux amd64) Go/1.26.0"},
        {"User-Agent": "python-requests/2.31.0"},
        {
            "User-Agent": "Python-urllib/3.6",
            "Accept": "application/json",
            "Content-Type": "application/json; charset=utf-8",
        },
    ],
    ids=["apptainer", "a script", "singularity 2"],
)
def test_only_the_client_that_can_sign_gets_a_403(stranger, headers):
    stranger.shub("hidden/rocks:1", headers=headers, status=404)


@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_clocks_may_differ_by_an_hour(ada_client, registry, hours):
    hour = f"{registry.clock() + timedelta(hours=hours):%Y%m%dT%HZ}"
    header = ada_client.header("pull", "hidden/rocks:1", hour=hour)

    ada_client.get("/api/container/hidden/rocks:1", headers={"Authorization": header}, status=200)


@pytest.mark.parametrize("hours", [-24, -2, 2, 24])
def test_more_than_an_hour_is_too_much(ada_client, registry, hours):
    hour = f"{registry.clock() + timedelta(hours=hours):%Y%m%dT%HZ}"
    header = ada_client.header("pull", "hidden/rocks:1", hour=hour)

    ada_client.get("/api/container/hidden/rocks:1", headers={"Authorization": header}, status=403)


def test_a_signature_is_for_one_action_and_one_name(ada_client):
    for action, path in [
        ("push", "hidden/rocks:1"),
        ("delete", "hidden/rocks:1"),
        ("pull", "hidden/rocks:2"),
        ("pull", "hidden/stone:1"),
        ("pull", "other/rocks:1"),
    ]:
        header = ada_client.header(action, path)
        ada_client.get(
            "/api/container/hidden/rocks:1", headers={"Authorization": header}, status=403
        )


def test_a_signature_to_pull_does_not_delete(ada_client, ada):
    header = ada_client.header("pull", "hidden/rocks:1")

    ada_client.delete("hidden/rocks:1", header=header, status=403)

    assert ada.pull("tacc/hidden/rocks:1").body == IMAGE


def test_a_wrong_secret_is_refused_as_an_unknown_name_is(ada_client):
    known = ada_client.header("pull", "hidden/rocks:1", user="ada")
    ada_client.secret = "0" * 40
    wrong = ada_client.manifest("hidden/rocks:1", status=403)
    unknown = ada_client.get(
        "/api/container/hidden/rocks:1",
        headers={"Authorization": ada_client.header("pull", "hidden/rocks:1", user="nobody")},
        status=403,
    )

    assert wrong.body == unknown.body
    assert known


def test_a_wrong_secret_is_refused_whether_there_is_something_or_not(ada_client):
    ada_client.secret = "0" * 40

    hidden = ada_client.manifest("hidden/rocks:1", status=403)
    absent = ada_client.manifest("hidden/stone:1", status=403)

    assert hidden.body == absent.body


def test_a_new_secret_ends_the_old_one(ada_client, make_client, ada):
    new = make_client(ada)

    ada_client.manifest("hidden/rocks:1", status=403)
    new.manifest("hidden/rocks:1", status=200)


def test_a_disabled_user_signs_in_vain(ada_client, registry):
    with registry.parts.unit()() as services:
        services.accounts.disable("ada")

    ada_client.manifest("hidden/rocks:1", status=403)


def test_capitals_in_the_name_of_the_user_do_not_matter(ada_client):
    header = ada_client.header("pull", "hidden/rocks:1", user="Ada")

    ada_client.get("/api/container/hidden/rocks:1", headers={"Authorization": header}, status=200)


def test_its_use_is_noted(ada_client, registry):
    ada_client.manifest("hidden/rocks:1", status=200)
    registry.parts.jobs.write_tally()

    with registry.parts.unit()() as services:
        found = services.client_credentials.find(services.accounts.find("ada"))
    assert found.last_used_at == registry.clock()


DIGITS = "0" * 64
SHOWN = base64.b64encode(b"ada").decode()


@pytest.mark.parametrize(
    "header",
    [
        "SREGISTRY-HMAC-SHA256",
        "SREGISTRY-HMAC-SHA256 ",
        "SREGISTRY-HMAC-SHA256 Credential=",
        "SREGISTRY-HMAC-SHA256 Signature=00",
        f"SREGISTRY-HMAC-SHA256 Credential=pull/{SHOWN},Signature={DIGITS}",
        f"SREGISTRY-HMAC-SHA256 Credential=pull/{SHOWN}/20240309T08Z,Signature=00",
        f"SREGISTRY-HMAC-SHA256 Credential=pull/{SHOWN}/never,Signature={DIGITS}",
        f"SREGISTRY-HMAC-SHA256 Credential=pull/{SHOWN}/99999999T99Z,Signature={DIGITS}",
        f"SREGISTRY-HMAC-SHA256 Credential=pull/!!!/20240309T08Z,Signature={DIGITS}",
        f"SREGISTRY-HMAC-SHA256 Credential=pull/A/20240309T08Z,Signature={DIGITS}",
        f"SREGISTRY-HMAC-SHA256 Credential=pull/gICA/20240309T08Z,Signature={DIGITS}",
        f"SREGISTRY-HMAC-SHA256 Credential=pull/{'A' * 9000}/20240309T08Z,Signature={DIGITS}",
        f"SREGISTRY-HMAC-SHA256 Credential=nothing/{SHOWN}/20240309T08Z,Signature={DIGITS}",
        "Token 0123456789",
        "Digest x=y",
        "x" * 8000,
        "\u00e9",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/container/hidden/rocks:1"),
        ("DELETE", "/api/container/hidden/rocks:1"),
        ("POST", "/api/upload/chunked_upload"),
    ],
)
def test_a_header_that_cannot_be_read_is_refused(registry, method, path, header):
    body = b'{"collection": "science", "name": "rocks"}' if method == "POST" else b""

    answer = registry.app.request(
        path, method=method, body=body, headers={"Authorization": header}, expect_errors=True
    )

    assert answer.status_int in (401, 403)
    assert answer.json["detail"]
