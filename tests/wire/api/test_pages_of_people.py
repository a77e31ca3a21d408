"""Members, grants and share links come by pages, in the API and on their pages."""

import pytest

from sregistry_core.models import CollectionRole
from sregistry_core.names import CollectionName
from sregistry_core.testing.browser import Browser
from sregistry_core.testing.sif_files import make_sif

PEOPLE = ["bob", "carl", "dora"]


@pytest.fixture
def registry(make_api):
    return make_api(protocols="discovery transfer library shub api ui")


@pytest.fixture
def crowd(registry):
    """Ada, and whom she has given roles, with a team and three share links."""
    ada = registry.user("ada")
    ada.push("ada/lab/blast:1", make_sif())
    with registry.parts.unit()() as services:
        for name in PEOPLE:
            services.accounts.create(name)
        services.teams.create("crew")
        services.teams.create("zoo")
        lab = services.catalog.collection(CollectionName("ada", "lab"))
        for name in PEOPLE:
            services.teams.add_member("crew", name)
            services.grants.give(lab, CollectionRole.READER, user=name)
        for name in ("crew", "zoo"):
            services.grants.give(lab, CollectionRole.WRITER, team=name)
    ada.put("/api/v1/collections/ada/lab/grants/users/bob", {"role": "owner"}, status=200)
    for _ in range(3):
        ada.post("/api/v1/containers/ada/lab/blast/shares", {"reference": "1"}, status=201)
    return ada


def whole(actor, path):
    """A list by pages of two."""
    found, after = [], ""
    while after is not None:
        following = f"&after={after}" if after else ""
        page = actor.get(f"{path}?limit=2{following}", status=200).json
        assert len(page["items"]) <= 2
        found += page["items"]
        after = page["next_after"]
    return found


def test_pages_of_the_api_go_through_everything_once(registry, crowd):
    admin = registry.user("root", is_admin=True)

    members = [one["user"] for one in whole(admin, "/api/v1/teams/crew/members")]
    grants = whole(crowd, "/api/v1/collections/ada/lab/grants")
    shares = [one["number"] for one in whole(crowd, "/api/v1/containers/ada/lab/blast/shares")]

    assert members == PEOPLE
    assert [one["user"] or one["team"] for one in grants] == [*PEOPLE, "crew", "zoo"]
    assert shares == sorted(shares, reverse=True)
    assert len(shares) == 3
    crowd.get("/api/v1/collections/ada/lab/grants?after=bob", status=400)
    crowd.get("/api/v1/containers/ada/lab/blast/shares?after=x", status=400)


def test_the_pages_show_some_and_lead_to_the_next(registry, crowd, monkeypatch):
    for area in ("access", "share", "team"):
        monkeypatch.setattr(f"sregistry_core.protocols.ui.manage.{area}_views.SHOWN_AT_ONCE", 2)
    crowd.put("/api/v1/teams/crew/members/ada", {"role": "owner"}, expect_errors=True)
    with registry.parts.unit()() as services:
        services.teams.add_member("crew", "ada")
    browser = Browser(registry)
    browser.sign_in("ada", status=303)

    for path, first, later in (
        ("/ada/lab/-/access", "Role of bob", "Role of crew"),
        ("/-/teams/crew", "<strong>bob</strong>", "<strong>dora</strong>"),
        ("/ada/lab/blast/-/shares", "Revoke link 3", "Revoke link 1"),
    ):
        page = browser.open(path, status=200)
        assert first in page.text
        assert later not in page.text
        while later not in page.text:
            page = browser.open(page.html.find("a", string="Next page")["href"], status=200)
        assert page.html.find("a", string="Next page") is None or later == "Role of crew"
