"""Lists about teams come by pages: one's own, open ones, and what a team owns."""

import pytest

from sregistry_core.testing.browser import Browser
from sregistry_core.testing.statements import statements_of

NAMES = ["a", "a-b", "ab", "b", "b-1", "b1", "c"]


@pytest.fixture
def browser(registry, ada, at_home, monkeypatch):
    """Ada's browser; she owns the team crew."""
    monkeypatch.setattr("sregistry_core.protocols.ui.manage.team_views.SHOWN_AT_ONCE", 3)
    ada.post("/api/v1/teams", {"team": "crew"}, status=201)
    return at_home("ada")


@pytest.fixture
def open_teams(registry):
    """Makes teams that everybody may join."""

    def make():
        with registry.parts.unit()() as services:
            for name in NAMES:
                services.teams.create(f"open-{name}")
                services.team_changes.set_open(f"open-{name}", True)

    return make


@pytest.fixture
def give_to_crew(ada):
    """Makes collections of the team."""

    def make():
        for name in NAMES:
            ada.post("/api/v1/collections", {"entity": "crew", "collection": name}, status=201)

    return make


def asked(registry, browser, path):
    browser.open(path, status=200)
    with statements_of(registry.parts.database) as sent:
        browser.open(path, status=200)
    return len(sent)


def leaf(browser, address, read, link):
    """What a list says, page by page."""
    found = []
    while address is not None:
        page = browser.open(address, status=200)
        rows = read(page)
        assert len(rows) <= 3
        found += rows
        following = page.html.find("a", string=link)
        address = following and following["href"]
    return found


def open_ones(page):
    section = page.html.find("section", attrs={"aria-labelledby": "open-title"})
    return [name.get_text() for name in section.find_all("strong")]


def own_ones(page):
    section = page.html.find("section", attrs={"aria-labelledby": "mine-title"})
    return [name.get_text() for name in section.find_all("strong")]


def owned(page):
    return [link.get_text() for link in page.html.select(".rows a.what")]


def test_open_teams_come_by_pages_beside_one_s_own(registry, browser, open_teams):
    few = asked(registry, browser, "/-/teams")
    open_teams()
    names = [f"open-{name}" for name in NAMES]

    assert leaf(browser, "/-/teams?after=bob", open_ones, "Further open teams") == names
    assert asked(registry, browser, "/-/teams") == few
    kept = browser.open("/-/teams?after=aa", status=200)
    assert own_ones(kept) == ["crew"]
    assert "after=aa" in kept.html.find("a", string="Further open teams")["href"]


def test_one_s_own_teams_come_by_pages_beside_open_ones(browser, ada, open_teams):
    open_teams()
    for name in NAMES:
        ada.post("/api/v1/teams", {"team": f"mine-{name}"}, status=201)
    names = ["crew", *(f"mine-{name}" for name in NAMES)]

    assert leaf(browser, "/-/teams?open=open-b", own_ones, "Further teams") == names
    first = browser.open("/-/teams?open=open-b", status=200)
    assert open_ones(first) == ["open-b-1", "open-b1", "open-c"]
    assert "open=open-b" in first.html.find("a", string="Further teams")["href"]


def test_what_a_team_owns_is_counted_and_listed_by_pages(registry, browser, give_to_crew):
    pages = ("/-/teams/crew", "/-/teams/crew/delete")
    few = [asked(registry, browser, path) for path in pages]
    give_to_crew()

    assert "It owns 7 collections" in browser.open("/-/teams/crew", status=200)
    found = leaf(browser, "/-/teams/crew/delete", owned, "Next page")
    assert found == [f"crew/{name}" for name in NAMES]
    assert [asked(registry, browser, path) for path in pages] == few
    behind = browser.open("/-/teams/crew/delete?after=crew/c", status=200)
    assert owned(behind) == []
    assert "It owns collections" in behind


def test_a_team_that_owns_much_names_some_of_it_when_it_is_not_deleted(registry, give_to_crew, ada):
    ada.post("/api/v1/teams", {"team": "crew"}, status=201)
    give_to_crew()
    with registry.parts.unit()() as services, pytest.raises(Exception, match="crew") as refusal:
        services.team_changes.delete("crew", typed="crew")

    said = str(refusal.value)
    assert "crew/a, crew/a-b, crew/ab, crew/b, crew/b-1 and others" in said


@pytest.mark.parametrize(
    "path",
    [
        "/-/teams?after=%00", "/-/teams?open=%00", "/-/teams/crew?after=%00",
        "/-/teams/crew/robots?after=%00", "/-/teams/crew/delete?after=%00",
    ],
)  # fmt: skip
def test_a_zero_byte_is_no_key(browser, path):
    assert browser.open(path, status="*").status_int in (200, 400)


def test_other_registries_come_by_pages(registry, admin):
    root = Browser(registry)
    root.sign_in("root", status=303)
    few = asked(registry, root, "/-/admin/registries")
    with registry.parts.unit()() as services:
        for name in NAMES:
            services.federation.add(f"other-{name}", f"https://{name}.example.org")

    def read(page):
        return [title.get_text() for title in page.html.select(".entry h2")]

    found = leaf(root, "/-/admin/registries?limit=3", read, "Further ones")

    assert found == [f"other-{name}" for name in NAMES]
    assert asked(registry, root, "/-/admin/registries") == few
    last = root.open("/-/admin/registries?after=z", status=200)
    assert "There is nothing more." in last
