"""What lets programs in is listed by pages: robots, trusted publishers, and secrets of builds."""

import pytest

from sregistry_core.contracts import Scope
from sregistry_core.names import CollectionName
from sregistry_core.testing.browser import Browser

ISSUER = "https://ci.test"
LAB = CollectionName("ada", "lab")
NAMES = ["a", "a-b", "ab", "b", "b-1", "b1", "c"]
"""In their order, which must be that of the keys on every database."""


@pytest.fixture
def registry(make_api):
    return make_api(protocols="discovery transfer library api ui", publishers=ISSUER)


@pytest.fixture
def owner(registry):
    """Ada, who owns the team crew and two collections."""
    ada = registry.user("ada")
    ada.post("/api/v1/teams", {"team": "crew"}, status=201)
    for name in ("lab", "other"):
        ada.post("/api/v1/collections", {"entity": "ada", "collection": name}, status=201)
    return ada


@pytest.fixture
def add(registry):
    """Does something for each of the names, in another order than they come in."""

    def each(deed):
        with registry.parts.unit()() as services:
            for name in sorted(NAMES, key=lambda name: name[::-1]):
                deed(services, name)

    return each


def make_robots(owner):
    return lambda services, name: services.robots.create(owner, name, scope=Scope.PULL)


def trust(services, name):
    collection = services.catalog.collection(LAB)
    services.publishers.add(
        collection, name, issuer=ISSUER, claims={"repository": "lab/blast"}, scope=Scope.PUSH
    )


def keep_secret(services, name):
    collection = services.catalog.collection(LAB)
    services.build_secrets.set(collection, name.replace("-", "_"), "what only builds may know")


@pytest.mark.parametrize(
    ("path", "of"), [("collections/ada/lab", LAB), ("teams/crew", "crew")], ids=["lab", "crew"]
)
def test_robots_come_by_pages(owner, add, whole, count_queries, path, of):
    def counted():
        return count_queries(lambda: owner.get(f"/api/v1/{path}/robots?limit=100", status=200))

    owner.post(f"/api/v1/{path}/robots", {"robot": "z", "scope": "push"}, status=201)
    few = counted()
    add(make_robots(of))
    add(make_robots(CollectionName("ada", "other")))

    listed = whole(owner, f"/api/v1/{path}/robots")
    assert [one["robot"] for one in listed] == [*NAMES, "z"]
    assert {one["user"] for one in listed} == {f"{of}+{name}" for name in [*NAMES, "z"]}
    assert counted() == few


def test_publishers_come_by_pages_and_robots_are_not_among_them(owner, add, whole, count_queries):
    def counted():
        path = "/api/v1/collections/ada/lab/publishers?limit=100"
        return count_queries(lambda: owner.get(path, status=200))

    owner.post("/api/v1/collections/ada/lab/robots", {"robot": "aa", "scope": "push"}, status=201)
    few = counted()
    add(trust)

    listed = whole(owner, "/api/v1/collections/ada/lab/publishers")
    assert [one["publisher"] for one in listed] == NAMES
    robots = whole(owner, "/api/v1/collections/ada/lab/robots")
    assert [one["robot"] for one in robots] == ["aa"]
    assert counted() == few


def test_secrets_of_builds_come_by_pages(owner, add, whole, count_queries):
    path = "/api/v1/collections/ada/lab/build-secrets"
    few = count_queries(lambda: owner.get(path, status=200))
    add(keep_secret)

    listed = [one["name"] for one in whole(owner, path)]
    assert listed == sorted(name.replace("-", "_") for name in NAMES)
    assert count_queries(lambda: owner.get(path, status=200)) == few


def test_a_robot_that_is_removed_meanwhile_moves_no_other(owner, add):
    add(make_robots(LAB))
    path = "/api/v1/collections/ada/lab/robots"
    first = owner.get(f"{path}?limit=3", status=200).json
    assert first["next_after"] == NAMES[2]

    owner.delete(f"{path}/{NAMES[2]}", status=204)

    rest = owner.get(f"{path}?after={first['next_after']}", status=200).json["items"]
    assert [one["robot"] for one in rest] == NAMES[3:]


def test_the_page_of_a_collection_leads_through_robots_and_publishers_by_themselves(
    registry, owner, add, count_queries, monkeypatch
):
    monkeypatch.setattr("sregistry_core.protocols.ui.manage.robot_views.SHOWN_AT_ONCE", 3)
    browser = Browser(registry)
    browser.sign_in("ada", status=303)
    path = "/ada/lab/-/robots"
    few = count_queries(lambda: browser.open(path, status=200))
    add(lambda services, name: make_robots(LAB)(services, f"robot-{name}"))
    add(trust)

    robots = leaf(browser, f"{path}?trusted=b", "robots-title", "Next page")
    assert robots == [f"ada/lab+robot-{name}" for name in NAMES]
    publishers = leaf(browser, f"{path}?after=robot-b", "publishers-title", "Further publishers")
    assert publishers == [f"ada/lab+{name}" for name in NAMES]

    assert count_queries(lambda: browser.open(path, status=200)) == few
    both = browser.open(f"{path}?after=robot-b&trusted=b", status=200)
    assert names_in(both, "robots-title") == [f"ada/lab+robot-{one}" for one in NAMES[4:]]
    assert names_in(both, "publishers-title") == [f"ada/lab+{one}" for one in NAMES[4:]]
    last = browser.open(f"{path}?after=z&trusted=b", status=200)
    assert "There is nothing more." in last
    back = last.html.find("a", string="To the beginning")["href"]
    assert back == f"{path}?trusted=b"


def test_the_page_of_a_team_leads_through_its_robots(registry, owner, add, monkeypatch):
    monkeypatch.setattr("sregistry_core.protocols.ui.manage.robot_views.SHOWN_AT_ONCE", 3)
    browser = Browser(registry)
    browser.sign_in("ada", status=303)
    add(make_robots("crew"))

    found = leaf(browser, "/-/teams/crew/robots", "robots-title", "Next page")

    assert found == [f"crew+{name}" for name in NAMES]


def leaf(browser, address, title, link):
    """What stands below a title, page by page."""
    found = []
    while address is not None:
        page = browser.open(address, status=200)
        names = names_in(page, title)
        assert 1 <= len(names) <= 3
        found += names
        following = page.html.find("a", string=link)
        address = following and following["href"]
    return found


def names_in(page, title):
    section = page.html.find("section", attrs={"aria-labelledby": title})
    return [name.get_text() for name in section.select(".rows > li .what strong")]
