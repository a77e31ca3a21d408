"""Whose signatures a collection demands, and what they were found to be worth."""

import pytest

from sregistry_core.testing.pgp import Key
from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.signed_sif import sign_sif

LAB = "/api/v1/collections/ada/lab"
KEY = Key.make("Ada <ada@example.org>")
ONE, TWO, SHA256 = "A1" * 20, "B2" * 20, "C3" * 32


@pytest.fixture(autouse=True)
def lab(ada):
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"}, status=201)


def demand_of(person, path=LAB):
    shown = person.get(path, status=200).json
    return shown["require_signed"], shown["allowed_signers"]


def test_a_collection_demands_nothing_unless_told(ada, stranger):
    assert demand_of(ada) == demand_of(stranger) == (False, [])


def test_a_demand_is_set_shown_to_all_and_taken_back(ada, stranger):
    changed = ada.patch(LAB, {"require_signed": True}, status=200).json

    assert (changed["require_signed"], changed["allowed_signers"]) == (True, [])
    assert demand_of(stranger) == (True, [])

    ada.patch(LAB, {"allowed_signers": [TWO, ONE.lower(), SHA256]}, status=200)

    assert demand_of(stranger) == (True, [ONE, TWO, SHA256])
    [listed] = stranger.get("/api/v1/collections", status=200).json["items"]
    assert listed["allowed_signers"] == [ONE, TWO, SHA256]

    # What is not named stays as it is.
    ada.patch(LAB, {"description": "ours"}, status=200)
    ada.patch(LAB, {"require_signed": True}, status=200)
    assert demand_of(ada) == (True, [ONE, TWO, SHA256])

    ada.patch(LAB, {"allowed_signers": []}, status=200)
    assert demand_of(ada) == (True, [])

    ada.patch(LAB, {"require_signed": False}, status=200)
    assert demand_of(ada) == (False, [])


def test_a_demand_that_is_taken_back_forgets_its_signers(ada):
    ada.patch(LAB, {"require_signed": True, "allowed_signers": [ONE]}, status=200)
    ada.patch(LAB, {"require_signed": False}, status=200)

    ada.patch(LAB, {"require_signed": True}, status=200)

    assert demand_of(ada) == (True, [])


def test_a_collection_is_made_with_a_demand(ada):
    made = ada.post(
        "/api/v1/collections",
        {
            "entity": "ada",
            "collection": "safe",
            "require_signed": True,
            "allowed_signers": [f"0x{ONE}"],
        },
        status=201,
    ).json

    assert (made["require_signed"], made["allowed_signers"]) == (True, [ONE])


@pytest.mark.parametrize("path", [LAB, "/api/v1/collections"])
@pytest.mark.parametrize(
    ("signers", "message"),
    [
        (["ada"], "'ada' is no fingerprint of 40 or 64 hex digits"),
        ([ONE, ""], "'' is no fingerprint of 40 or 64 hex digits"),
        (["A" * 16], "'AAAAAAAAAAAAAAAA' is no fingerprint of 40 or 64 hex digits"),
        (["\n" * 40], f"{(chr(10) * 40)!r} is no fingerprint of 40 or 64 hex digits"),
        (["Ａ" * 40], f"{'Ａ' * 40!r} is no fingerprint of 40 or 64 hex digits"),
        (ONE, f'allowed_signers must be a list of texts, and is "{ONE}"'),
        ([7], "allowed_signers must be a text, and is 7"),
        ([None], "allowed_signers must be a text, and is null"),
        ([f"{number:040x}" for number in range(1001)], "1001 signers are more than 1000"),
    ],
)
def test_what_is_no_fingerprint_is_refused_in_one_line(ada, refusal, path, signers, message):
    wanted = {"require_signed": True, "allowed_signers": signers}
    if path == LAB:
        answer = ada.patch(path, wanted, status=400)
    else:
        answer = ada.post(path, {"entity": "ada", "collection": "new", **wanted}, status=400)
        ada.get("/api/v1/collections/ada/new", status=404)

    assert refusal(answer)[1:] == ("malformed", message)
    assert demand_of(ada) == (False, [])


def test_signers_without_a_demand_are_refused(ada, refusal):
    message = (
        "ada/lab takes images without signatures: certain signers can be named only where"
        " signatures are required"
    )
    for wanted in ({"allowed_signers": [ONE]}, {"allowed_signers": [ONE], "require_signed": False}):
        assert refusal(ada.patch(LAB, wanted, status=400))[2] == message

    ada.patch(LAB, {"allowed_signers": []}, status=200)
    assert demand_of(ada) == (False, [])


def test_only_owners_and_administrators_set_a_demand(ada, bob, admin, stranger):
    ada.put(f"{LAB}/grants/users/bob", {"role": "writer"}, status=200)

    bob.patch(LAB, {"require_signed": True}, status=403)
    stranger.patch(LAB, {"require_signed": True}, status=401)
    assert demand_of(ada) == (False, [])

    admin.patch(LAB, {"require_signed": True, "allowed_signers": [ONE]}, status=200)
    bob.patch(LAB, {"require_signed": False}, status=403)
    bob.patch(LAB, {"allowed_signers": []}, status=403)
    assert demand_of(ada) == (True, [ONE])


def test_no_tag_is_set_on_what_is_not_signed_as_demanded(registry, ada, refusal):
    plain = make_sif(labels={"a": "b"})
    with registry.parts.unit()() as services:
        services.keys.add(KEY.public.encode())
    ada.push("ada/lab/blast:1", plain)
    ada.push("ada/lab/blast:2", sign_sif(plain, KEY))
    registry.run_jobs()
    container = "/api/v1/containers/ada/lab/blast"
    plain_digest, signed_digest = (
        ada.get(f"{container}/images/{tag}", status=200).json["digest"] for tag in "12"
    )
    ada.patch(LAB, {"require_signed": True}, status=200)

    answer = ada.put(f"{container}/tags/stable", {"digest": plain_digest}, status=403)
    ada.put(f"{container}/tags/stable", {"digest": signed_digest}, status=200)

    assert refusal(answer)[2] == (
        "ada/lab takes only images that are signed, and this one has no signature"
    )


def test_every_view_of_an_image_shows_what_was_found(registry, ada):
    with registry.parts.unit()() as services:
        services.keys.add(KEY.public.encode())
    ada.push("ada/lab/blast:1", sign_sif(make_sif(), KEY))
    container = "/api/v1/containers/ada/lab/blast"
    assert ada.get(f"{container}/images/1", status=200).json["verification"] is None

    registry.run_jobs()

    shown = ada.get(f"{container}/images/1", status=200).json
    assert shown["verification"] == "verified"
    assert [(one["state"], one["signer"]) for one in shown["signatures"]] == [
        ("verified", "Ada <ada@example.org>")
    ]
    [listed] = ada.get(f"{container}/images", status=200).json["items"]
    [searched] = ada.get("/api/v1/search?text=blast", status=200).json["items"]
    assert listed["verification"] == searched["verification"] == "verified"
