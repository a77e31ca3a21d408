"""The repository of a collection, by the API: connected, shown, changed and forgotten."""

import pytest

from sregistry_core.models import GitConnection

LAB = "/api/v1/collections/ada/lab/repository"
URL = "https://github.com/lab/Recipes.git"
TOKEN = "ghp_0123456789abcdefghij"


@pytest.fixture
def lab(ada):
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"}, status=201)


def test_a_repository_is_connected_shown_and_disconnected(ada, bob, lab):
    ada.get(LAB, status=404)
    made = ada.put(LAB, {"url": URL}, status=200).json
    assert made["forge"] == "github"
    assert (made["container"], made["acts_for"]) == ("recipes", "ada")
    assert made["deploy_key"].startswith("ssh-ed25519 AAAA")
    assert len(made["hook_secret"]) == 40

    shown = ada.get(LAB, status=200).json
    assert shown == {**made, "hook_secret": None}
    bob.get(LAB, status=403)

    changed = ada.put(
        LAB,
        {
            "url": URL,
            "forge": "plain",
            "branches": ["main", "dev/*"],
            "paths": ["images/**"],
            "container": "tools",
            "poll_seconds": 600,
        },
        status=200,
    ).json
    assert (changed["forge"], changed["branches"]) == ("plain", ["main", "dev/*"])
    assert (changed["paths"], changed["poll_seconds"]) == (["images/**"], 600)
    assert (changed["hook_url"], changed["hook_secret"]) == (made["hook_url"], None)
    assert changed["deploy_key"] == made["deploy_key"]

    renewed = ada.post(f"{LAB}/key", status=200).json
    assert renewed["deploy_key"] != made["deploy_key"]
    assert ada.post(f"{LAB}/secret", status=200).json["hook_secret"] != made["hook_secret"]
    assert ada.post(f"{LAB}/look", {"everything": True}, status=202).json["url"] == URL

    ada.delete(LAB, status=204)
    ada.get(LAB, status=404)


def test_tokens_are_sealed_kept_and_forgotten_with_their_host(registry, ada, lab):
    ada.put(LAB, {"url": URL, "token": TOKEN, "status_token": TOKEN}, status=200)
    assert TOKEN.encode() not in registry.written()
    with registry.parts.unit()() as services:
        row = services.db.query(GitConnection).one()
        assert services.git_hooks._secrets.opened(row.token) == TOKEN

    moved = ada.put(LAB, {"url": "https://github.com/lab/other"}, status=200).json
    assert (moved["has_token"], moved["has_status_token"]) == (True, True)
    emptied = ada.put(LAB, {"url": "https://github.com/lab/other", "token": ""}, status=200).json
    assert (emptied["has_token"], emptied["has_status_token"]) == (False, True)

    elsewhere = ada.put(LAB, {"url": "https://github.evil.test/lab/other"}, status=200).json
    assert (elsewhere["has_token"], elsewhere["has_status_token"]) == (False, False)
    ada.put(LAB, {"url": "https://github.com/lab/other", "token": TOKEN}, status=200)
    other_way = ada.put(LAB, {"url": "git@github.com:lab/other"}, status=200).json
    assert other_way["has_token"] is False
    assert other_way["url"] == "ssh://git@github.com/lab/other"


def test_settings_that_make_no_sense_are_refused(ada, lab):
    for wrong in (
        {"forge": "sourceforge"},
        {"poll_seconds": 60},
        {"container": "a/b"},
        {"branches": ["x" * 201]},
        {"token": "a\nb"},
        {"strange": 1},
    ):
        ada.put(LAB, {"url": URL, **wrong}, status=400)
    ada.get(LAB, status=404)
