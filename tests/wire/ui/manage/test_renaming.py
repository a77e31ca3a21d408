"""A collection under another name: every protocol leads from the old one to it."""

import pytest

from sregistry_core.testing.oci import OciClient
from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif()


@pytest.fixture
def moved(ada, at_home, fill):
    """Ada's browser, after ada/lab was renamed ada/laboratory."""
    ada.push("ada/lab/blast:1", IMAGE)
    browser = at_home("ada")
    fill(browser.open("/ada/lab/-/settings"), "/ada/lab/-/rename", name="laboratory")
    return browser


def test_pages_lead_to_the_new_name_for_good(moved):
    page = moved.open("/ada/lab/-/settings?done=collection-changed", status=301)

    assert page.location.endswith("/ada/laboratory/-/settings?done=collection-changed")


def test_every_client_pulls_by_the_old_name(moved, ada, registry):
    assert ada.pull("ada/lab/blast:1", status=200).body == IMAGE
    assert ada.shub("ada/lab/blast:1", status=200).json["image"]
    assert ada.get("/v1/collections/ada/lab").json["data"]["name"] == "laboratory"
    assert ada.get("/api/v1/containers/ada/lab/blast").json["name"] == "ada/laboratory/blast"
    client = OciClient(ada.app, ada.name, ada.token)
    narrow = client.log_in("repository:ada/lab/blast:pull,push")
    assert narrow.manifest("ada/lab/blast", "1", status=200)


def test_pushes_to_the_old_name_go_to_the_collection(moved, ada):
    ada.push("ada/lab/blast:2", make_sif(labels={"two": "2"}))
    client = OciClient(ada.app, ada.name, ada.token)
    narrow = client.log_in("repository:ada/lab/new:pull,push")
    narrow.push_artifact("ada/lab/new", "1", b"a layer")

    assert ada.pull("ada/laboratory/blast:2", status=200)
    assert ada.get("/api/v1/containers/ada/laboratory/new", status=200)
    names = [one["name"] for one in ada.get("/api/v1/collections?entity=ada").json["items"]]
    assert names == ["ada/laboratory"]


def test_a_new_collection_takes_the_name_over(moved, ada):
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"}, status=201)

    ada.pull("ada/lab/blast:1", status=404)
    ada.pull("ada/laboratory/blast:1", status=200)
    page = moved.open("/ada/lab/-/settings", status=200)
    assert "Former names" not in page
    assert "ada/lab" not in moved.open("/ada/laboratory/-/settings").html.main.get_text().replace(
        "ada/laboratory", ""
    )


def test_a_name_can_be_taken_back(moved, ada, fill):
    fill(moved.open("/ada/laboratory/-/settings"), "/ada/laboratory/-/rename", name="lab")

    ada.pull("ada/lab/blast:1", status=200)
    ada.pull("ada/laboratory/blast:1", status=200)
    assert moved.open("/ada/laboratory/-/settings", status=301).location.endswith(
        "/ada/lab/-/settings"
    )


def test_a_former_name_of_what_is_hidden_is_as_good_as_absent(moved, registry, bob, stranger):
    registry.hide("ada/laboratory")

    for one in (bob, stranger):
        hidden = one.get("/api/v1/collections/ada/lab", status=404).json["error"]["message"]
        absent = one.get("/api/v1/collections/ada/lax", status=404).json["error"]["message"]
        assert hidden.replace("ada/lab", "ada/lax") == absent
        said = one.pull("ada/lab/blast:1", status=404).text
        assert "laboratory" not in said


def test_a_former_name_can_be_forgotten(moved, ada, fill):
    page = moved.open("/ada/laboratory/-/settings")
    assert "ada/lab" in page.html.find(class_="rows").get_text()

    fill(page, "/ada/laboratory/-/forget-name")

    ada.pull("ada/lab/blast:1", status=404)


def test_robots_work_on_under_both_names(ada, at_home, fill, registry):
    ada.push("ada/lab/blast:1", IMAGE)
    made = ada.post("/api/v1/collections/ada/lab/robots", {"robot": "ci", "scope": "pull"})
    secret = made.json["token"]["secret"] if "token" in made.json else made.json["secret"]
    fill(at_home("ada").open("/ada/lab/-/settings"), "/ada/lab/-/rename", name="laboratory")

    for name in ("ada/lab+ci", "ada/laboratory+ci"):
        robot = registry.with_password(name, secret)
        assert robot.get("/v2/ada/laboratory/blast/tags/list", status=200)
    assert ada.get("/api/v1/collections/ada/laboratory/robots/ci", status=200)
    registry.with_password("ada/other+ci", secret).get("/v2/", status=401)


def test_share_links_go_on(ada, at_home, fill, stranger):
    ada.push("ada/lab/blast:1", IMAGE)
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "bay"}, status=201)
    link = ada.post("/api/v1/containers/ada/lab/blast/shares", {"reference": "1"}).json["web_url"]
    fill(at_home("ada").open("/ada/lab/-/settings"), "/ada/lab/-/rename", name="laboratory")

    assert stranger.get(link, status=200).body == IMAGE
    again = ada.get("/api/v1/containers/ada/laboratory/blast/shares").json["items"][0]
    assert "/laboratory/blast" in again["web_url"]
    assert stranger.get(again["web_url"], status=200).body == IMAGE


def test_a_collection_is_handed_to_a_team(ada, bob, at_home, fill):
    bob.post("/api/v1/teams", {"team": "crew"}, status=201)
    bob.put("/api/v1/teams/crew/members/ada", {"role": "member"}, status=200)
    ada.push("ada/lab/blast:1", IMAGE)
    browser = at_home("ada")

    page = browser.open("/ada/lab/-/settings")
    assert [one["value"] for one in page.html.select("#target option")] == ["crew", "tacc"]
    fill(page, "/ada/lab/-/transfer", entity="crew")

    assert bob.get("/api/v1/collections/ada/lab").json["name"] == "crew/lab"
    page = browser.open("/crew/lab/-/settings", status=200)
    bob.delete("/api/v1/teams/crew/members/ada", status=204)
    assert browser.open("/crew/lab/-/settings", status=200)


def test_nobody_hands_a_collection_to_strangers(ada, bob, at_home, fill):
    ada.push("ada/lab/blast:1", IMAGE)
    page = at_home("ada").open("/ada/lab/-/settings")

    fill(page, "/ada/lab/-/transfer", 403, entity="bob")

    ada.post("/api/v1/collections/ada/lab/transfer", {"entity": "bob"}, status=403)
    ada.pull("ada/lab/blast:1", status=200)
