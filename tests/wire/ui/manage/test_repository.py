"""The page of the repository that a collection is built from."""

import re

import pytest

from sregistry_core.names import CollectionName

PAGE = "/ada/lab/-/repository"
API = "/api/v1/collections/ada/lab/repository"


@pytest.fixture
def lab(ada, bob, at_home):
    """Ada's browser; ada/lab is private."""
    wanted = {"entity": "ada", "collection": "lab", "private": True}
    ada.post("/api/v1/collections", wanted, status=201)
    return at_home("ada")


def text_of(page):
    return " ".join(page.html.get_text(" ").split())


def test_an_owner_connects_changes_and_disconnects_a_repository(lab, ada, fill, at_home):
    page = lab.open(PAGE)
    assert "Connect a repository" in text_of(page)
    assert "This registry has no builder" in text_of(page)

    shown = fill(
        page,
        PAGE,
        200,
        url="git@github.com:lab/recipes.git",
        branches="main dev/*",
        paths="a/**\nb/*.def",
        status_token="a0secret0token",
        poll="1h",
    )
    made = ada.get(API, status=200).json
    assert made["url"] == "ssh://git@github.com/lab/recipes.git"
    assert (made["branches"], made["paths"]) == (["main", "dev/*"], ["a/**", "b/*.def"])
    assert (made["poll_seconds"], made["has_status_token"]) == (3600, True)
    secret = shown.html.find(id="secret").get_text()
    assert re.fullmatch(r"\s*[A-Za-z0-9]{40}\s*", secret)
    assert made["hook_url"] in text_of(shown)

    page = lab.open(PAGE)
    assert secret.strip() not in page.text
    assert "a0secret0token" not in page.text
    fill(page, PAGE, url="ssh://git@github.com/lab/recipes.git", branches="", poll="1h")
    assert ada.get(API).json["branches"] == []
    assert ada.get(API).json["has_status_token"] is True

    renewed = fill(lab.open(PAGE), f"{PAGE}/secret", 200)
    assert renewed.html.find(id="secret").get_text() != secret
    page = fill(lab.open(PAGE), f"{PAGE}/key").follow()
    assert "There is another deploy key" in text_of(page)
    assert ada.get(API).json["deploy_key"] != made["deploy_key"]

    at_home("bob").open(PAGE, status=404)
    page = fill(lab.open(PAGE), f"{PAGE}/disconnect").follow()
    assert "The repository is disconnected." in text_of(page)
    ada.get(API, status=404)


def test_what_is_refused_is_said_beside_the_form_with_what_was_typed(lab, fill):
    page = fill(lab.open(PAGE), PAGE, 400, url="file:///etc", container="tools")

    alert = page.html.find(role="alert").get_text()
    assert alert == "a repository is at https://, ssh://."
    assert page.html.find(id="url")["value"] == "file:///etc"
    assert page.html.find(id="container")["value"] == "tools"


def test_a_trouble_is_shown_and_escaped(lab, ada, registry):
    ada.put(API, {"url": "https://git.example.org/lab/recipes"}, status=200)
    with registry.parts.unit()() as services:
        collection = services.catalog.collection(CollectionName("ada", "lab"))
        services.git_connections.find(collection).connection.last_error = "<b>away</b>"

    page = lab.open(PAGE)

    assert page.html.find(role="alert").get_text() == "<b>away</b>"
