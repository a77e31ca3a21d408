"""Roles on a collection, its robots and its trusted publishers."""

import pytest

AT = "/ada/lab/-"


@pytest.fixture
def lab(ada, bob, at_home):
    """Ada's browser; ada/lab is private."""
    wanted = {"entity": "ada", "collection": "lab", "private": True}
    ada.post("/api/v1/collections", wanted, status=201)
    return at_home("ada")


def alert(page):
    """What the page complains of."""
    return page.html.find(attrs={"role": "alert"}).get_text()


def test_roles_are_given_changed_and_taken_away(lab, bob, fill):
    bob.get("/api/v1/collections/ada/lab", status=404)
    fill(lab.open(f"{AT}/access"), f"{AT}/access", kind="user", name="Bob", role="reader")
    bob.get("/api/v1/collections/ada/lab", status=200)
    fill(lab.open(f"{AT}/access"), f"{AT}/access", role="owner")
    bob.get("/api/v1/collections/ada/lab/grants", status=200)
    fill(lab.open(f"{AT}/access"), f"{AT}/access/remove")
    bob.get("/api/v1/collections/ada/lab", status=404)

    page = fill(lab.open(f"{AT}/access"), f"{AT}/access", 400, kind="team", name="none")
    assert alert(page) == "the team none does not exist."
    assert page.html.find("input", id="name")["value"] == "none"


def test_the_last_owner_of_a_collection_of_the_registry_stays(ada, bob, at_home, fill):
    ada.post("/api/v1/collections", {"entity": "tacc", "collection": "lab"}, status=201)
    browser = at_home("ada")

    page = fill(browser.open("/tacc/lab/-/access"), "/tacc/lab/-/access/remove", 409)
    assert "ada is the last owner of tacc/lab" in alert(page)
    page = fill(page, "/tacc/lab/-/access", 409, role="reader")
    assert "ada is the last owner of tacc/lab" in alert(page)

    ada.put("/api/v1/collections/tacc/lab/grants/users/bob", {"role": "owner"}, status=200)
    left = fill(browser.open("/tacc/lab/-/access"), "/tacc/lab/-/access/remove", name="ada")
    assert left.location.endswith("/?done=grant-removed")
    browser.open("/tacc/lab/-/access", status=403)


def test_a_robot_is_made_renewed_disabled_and_removed(lab, ada, fill, registry):
    made = fill(lab.open(f"{AT}/robots"), f"{AT}/robots", 200, robot="ci", scope="push")
    secret = made.html.find(id="secret").get_text()
    assert made.headers["Cache-Control"] == "no-store"
    robot = registry.with_password("ada/lab+ci", secret)
    robot.get("/v2/", status=200)
    assert secret not in lab.open(f"{AT}/robots")

    fill(lab.open(f"{AT}/robots"), f"{AT}/robots/ci/disable")
    robot.get("/v2/", status=401)
    fill(lab.open(f"{AT}/robots"), f"{AT}/robots/ci/enable")
    robot.get("/v2/", status=200)
    fill(lab.open(f"{AT}/robots"), f"{AT}/robots/ci/change", scope="pull", until="2099-01-01")
    shown = ada.get("/api/v1/collections/ada/lab/robots/ci").json
    assert (shown["scope"], shown["expires_at"][:10]) == ("pull", "2099-01-02")
    fill(lab.open(f"{AT}/robots"), f"{AT}/robots/ci/revoke")
    robot.get("/v2/", status=401)
    fill(lab.open(f"{AT}/robots"), f"{AT}/robots/ci/remove")
    ada.get("/api/v1/collections/ada/lab/robots/ci", status=404)
    page = fill(lab.open(f"{AT}/robots"), f"{AT}/robots", 400, robot="no name")
    assert "is no name for a robot" in alert(page)


def test_jobs_of_a_site_are_trusted_and_no_more(lab, ada, fill):
    fill(
        lab.open(f"{AT}/robots"),
        f"{AT}/publishers",
        publisher="nightly",
        repository="lab/pipeline",
        ref="refs/heads/main",
        claims="environment = production",
    )

    shown = ada.get("/api/v1/collections/ada/lab/publishers/nightly").json
    assert shown["claims"] == {
        "repository": "lab/pipeline",
        "ref": "refs/heads/main",
        "environment": "production",
    }
    page = lab.open(f"{AT}/robots")
    fill(page, f"{AT}/publishers/nightly/remove")
    assert ada.get("/api/v1/collections/ada/lab/publishers").json["items"] == []
    page = fill(page, f"{AT}/publishers", 400, publisher="all", repository="*/x")
    assert "every project of the issuer would be trusted" in alert(page)
