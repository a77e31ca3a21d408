"""Collections on their pages: made, described, hidden, frozen, handed on and deleted."""

import pytest

from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif()


@pytest.fixture
def lab(ada, at_home):
    """Ada's browser; ada/lab/blast:1 is there."""
    ada.push("ada/lab/blast:1", IMAGE)
    return at_home("ada")


def alert(page):
    """What the page complains of."""
    return page.html.find(attrs={"role": "alert"}).get_text()


def notice(page):
    """What the page says of what was done."""
    return page.html.find(attrs={"role": "status"}).get_text()


def test_a_collection_is_made_where_its_maker_may(ada, at_home, fill, registry):
    browser = at_home("ada")
    page = browser.open("/-/new")

    assert [one["value"] for one in page.html.select("#entity option")] == ["ada", "tacc"]
    made = fill(page, "/-/new", entity="ada", name="Lab", description="# Of Ada")

    assert made.location.endswith("/ada/lab/-/settings?done=collection-created")
    page = browser.open(made.location)
    assert "is made" in notice(page)
    assert page.html.find("textarea", id="description").get_text().strip() == "# Of Ada"
    assert ada.get("/api/v1/collections/ada/lab", status=200).json["private"] is False


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(lab, fill):
    page = fill(
        lab.open("/-/new"), "/-/new", 409, entity="ada", name="lab", description="two\nlines"
    )

    assert alert(page) == "the name ada/lab is taken."
    assert page.html.find("input", id="name")["value"] == "lab"
    assert "two\nlines" in page.html.find("textarea").get_text().replace("\r", "")
    page = fill(page, "/-/new", 400, name="no name!")
    assert "is no name for a collection" in alert(page)


def test_nobody_makes_collections_for_others(lab, bob, fill):
    page = lab.open("/-/new")

    page = fill(page, "/-/new", 403, entity="bob", name="new")

    assert "may not" in alert(page)


def test_settings_are_saved_and_topics_brought_into_one_form(lab, ada, fill):
    page = lab.open("/ada/lab/-/settings")

    fill(
        page,
        "/ada/lab/-/settings",
        description="for all",
        topics="Genomics,  deep_learning genomics",
        seen_by="members",
    )

    shown = ada.get("/api/v1/collections/ada/lab").json
    assert (shown["topics"], shown["private"]) == (["deep-learning", "genomics"], True)
    page = lab.open("/ada/lab/-/settings?done=collection-changed")
    assert page.html.find(id="topics")["value"] == "deep-learning, genomics"
    page = fill(page, "/ada/lab/-/settings", 400, topics=" ".join(f"t{n}" for n in range(21)))
    assert "21 topics are more than the 20" in alert(page)


def test_nothing_in_a_frozen_collection_changes(lab, ada, fill, registry):
    fill(lab.open("/ada/lab/-/settings"), "/ada/lab/-/freeze")

    found = ada.get("/v1/containers/ada/lab/blast").json["data"]
    image = ada.get("/v1/images/ada/lab/blast:1").json["data"]["id"]
    tag = {"Arch": "amd64", "Tag": "2", "ImageID": image}
    ada.post(f"/v2/tags/{found['id']}", tag, status=409)
    ada.post("/v1/images", {"hash": f"sha256.{'0' * 64}", "container": found["id"]}, status=409)
    ada.delete("/api/v1/containers/ada/lab/blast/tags/1", status=409)
    ada.delete("/api/v1/containers/ada/lab/blast", status=409)
    ada.post("/api/v1/collections/ada/lab/containers", {"container": "new"}, status=409)
    ada.post("/v2/ada/lab/blast/blobs/uploads/", status=409)
    ada.put("/v2/ada/lab/blast/manifests/3", b"{}", status=409)
    ada.delete("/v1/images/ada/lab/blast:1?arch=amd64", status=409)
    page = fill(lab.open("/ada/lab/-/settings"), "/ada/lab/-/rename", 409, name="other")
    assert alert(page) == "ada/lab is frozen."
    assert "Thaw it first" in lab.open("/ada/lab/-/delete")
    ada.pull("ada/lab/blast:1", status=200)

    fill(page, "/ada/lab/-/freeze")
    ada.post(f"/v2/tags/{found['id']}", tag, status=200)


def test_a_collection_is_deleted_with_its_name_typed_in(lab, ada, fill):
    ada.push("ada/other/same:1", IMAGE)
    ada.push("ada/lab/own:1", make_sif(labels={"a": "b"}))
    page = lab.open("/ada/lab/-/delete")

    counts = [one.get_text() for one in page.html.select(".counts dd")]
    assert counts[:3] == ["2", "2", "2"]
    page = fill(page, "/ada/lab/-/delete", 400, typed="ada/lab ")
    assert "type ada/lab to delete it" in alert(page)
    assert fill(page, "/ada/lab/-/delete", typed="ada/lab").location.endswith(
        "/?done=collection-deleted"
    )

    ada.get("/api/v1/collections/ada/lab", status=404)
    ada.pull("ada/other/same:1", status=200)


def test_signers_are_demanded_on_the_page(lab, ada, fill):
    page = lab.open("/ada/lab/-/settings")
    fingerprint = "AB" * 20

    fill(page, "/ada/lab/-/signatures", required="yes", signers=f"{fingerprint}\r\n\r\n")

    shown = ada.get("/api/v1/collections/ada/lab").json
    assert (shown["require_signed"], shown["allowed_signers"]) == (True, [fingerprint])
    page = fill(page, "/ada/lab/-/signatures", 400, required="yes", signers="nonsense")
    assert "is no fingerprint" in alert(page)


def test_a_stranger_finds_no_page_of_a_private_collection(lab, bob, at_home, registry):
    registry.hide("ada/lab")
    stranger = at_home("bob")

    for page in ("settings", "delete"):
        hidden = stranger.open(f"/ada/lab/-/{page}", status=404)
        absent = stranger.open(f"/ada/lax/-/{page}", status=404)
        shown = hidden.text.replace("ada/lab", "ada/lax")
        assert shown.partition("request <code>")[0] == absent.text.partition("request <code>")[0]
