"""What lets somebody in is listed by pages, in the API and in the browser."""

from datetime import timedelta

import pytest

from sregistry_core.names import CollectionName, RobotName
from sregistry_core.testing.browser import Browser

AT_ONE_MOMENT = 3
"""So many are made in the same moment, so that pages of two end in the middle of them."""


@pytest.fixture
def registry(make_api):
    return make_api(protocols="discovery transfer library api ui")


@pytest.fixture
def several(registry):
    """Does something as often as told, a few times in each moment."""

    def make(times, deed):
        for number in range(times):
            if number % AT_ONE_MOMENT == 0:
                registry.clock.move(timedelta(minutes=1))
            with registry.parts.unit()() as services:
                deed(services, f"one-{number}")

    return make


@pytest.fixture
def whole(whole):
    """Checks of such a list, too, that what is no key is refused."""

    def read(actor, path):
        for wrong in ("x", "20260101T000000.000000", "20260101T000000.000000-a%C3%A4", "~"):
            actor.get(f"{path}?after={wrong}", status=400)
        return whole(actor, path)

    return read


def leaf_through(browser, path, rows, link="Next page"):
    """What the rows of a list say, page by page."""
    pages = []
    while path is not None:
        page = browser.open(path, status=200)
        pages.append([" ".join(row.get_text(" ").split()) for row in page.html.select(rows)])
        following = page.html.find("a", string=link)
        path = following and following["href"]
    return pages


def test_tokens_come_by_pages(registry, several, whole, count_queries):
    ada = registry.user("ada")
    admin = registry.user("root", is_admin=True)

    def issue(services, name):
        services.tokens.issue(services.accounts.find("ada"), name=name)

    def counted():
        return count_queries(lambda: ada.get("/api/v1/tokens?limit=100", status=200))

    few = counted()
    several(7, issue)

    listed = whole(ada, "/api/v1/tokens")
    # The eighth lets ada ask.
    assert {one["name"] for one in listed[:7]} == {f"one-{number}" for number in range(7)}
    assert len(listed) == 8
    moments = [one["created_at"] for one in listed]
    assert moments == sorted(moments, reverse=True)
    assert whole(admin, "/api/v1/users/ada/tokens") == ada.get("/api/v1/tokens").json["items"]
    assert counted() == few


def test_a_token_that_is_revoked_meanwhile_moves_no_other(registry, several):
    ada = registry.user("ada")
    several(6, lambda services, name: services.tokens.issue(_ada(services), name=name))
    before = ada.get("/api/v1/tokens", status=200).json["items"]
    first = ada.get("/api/v1/tokens?limit=3", status=200).json

    ada.delete(f"/api/v1/tokens/{before[2]['id']}", status=204)

    rest = ada.get(f"/api/v1/tokens?after={first['next_after']}", status=200).json["items"]
    assert rest == before[3:]


def test_the_page_of_tokens_shows_some_and_leads_to_the_next(
    registry, several, count_queries, monkeypatch
):
    monkeypatch.setattr("sregistry_core.protocols.ui.token_views.SHOWN_AT_ONCE", 4)
    registry.user("ada")
    browser = Browser(registry)
    browser.sign_in("ada", status=303)
    few = count_queries(lambda: browser.open("/auth/tokens", status=200))
    several(7, lambda services, name: services.tokens.issue(_ada(services), name=name))

    pages = leaf_through(browser, "/auth/tokens", ".token h3")

    assert [len(one) for one in pages] == [4, 4]
    assert len({name for one in pages for name in one}) == 8
    assert count_queries(lambda: browser.open("/auth/tokens", status=200)) == few
    last = browser.open("/auth/tokens?after=20000101T000000.000000-0", status=200)
    assert "There is nothing more." in last
    assert last.html.find("a", string="To the beginning")["href"] == "/auth/tokens"
    browser.open("/auth/tokens?after=%00", status=400)


def test_sessions_come_by_pages(registry, several, whole, count_queries):
    ada = registry.user("ada")

    def counted():
        return count_queries(lambda: ada.get("/api/v1/users/ada/sessions?limit=100", status=200))

    few = counted()
    several(7, _begin_session)

    listed = whole(ada, "/api/v1/users/ada/sessions")
    assert {one["agent"] for one in listed} == {f"one-{number}" for number in range(7)}
    assert len(listed) == 7
    assert counted() == few


def test_the_page_of_sessions_shows_some_and_leads_to_the_next(
    registry, several, count_queries, monkeypatch
):
    monkeypatch.setattr("sregistry_core.protocols.ui.manage.profile_views.SHOWN_AT_ONCE", 4)
    path = "/auth/account/sessions"
    registry.user("ada")
    browser = Browser(registry)
    browser.sign_in("ada", status=303)
    few = count_queries(lambda: browser.open(path, status=200))
    several(8, _begin_session)

    pages = leaf_through(browser, path, ".rows .what > p:first-child")

    assert [len(one) for one in pages] == [4, 4, 1]
    agents = [one for page in pages for one in page]
    assert {f"one-{number}" for number in range(8)} < set(agents)
    assert agents[-1].endswith("This one")
    assert count_queries(lambda: browser.open(path, status=200)) == few
    address = browser.open(path).html.find("a", string="Next page")["href"]
    second = browser.open(address)
    assert second.html.find("a", string="To the beginning")["href"] == path
    address = second.html.find("a", string="Next page")["href"]
    assert "End all others" in browser.open(address, status=200)


def test_invitations_come_by_pages(registry, crew, several, whole, count_queries):
    def counted():
        address = "/api/v1/teams/crew/invitations?limit=100"
        return count_queries(lambda: crew.get(address, status=200))

    few = counted()
    several(7, _invite)

    listed = whole(crew, "/api/v1/teams/crew/invitations")
    assert len({one["id"] for one in listed}) == len(listed) == 7
    ends = [one["expires_at"] for one in listed]
    assert ends == sorted(ends)
    assert counted() == few


def test_the_page_of_a_team_shows_some_invitations_and_leads_to_the_next(
    registry, crew, several, count_queries, monkeypatch
):
    monkeypatch.setattr("sregistry_core.protocols.ui.manage.team_views.SHOWN_AT_ONCE", 3)
    browser = Browser(registry)
    browser.sign_in("ada", status=303)
    path = "/-/teams/crew"
    few = count_queries(lambda: browser.open(path, status=200))
    several(7, _invite)
    listed = [one["id"] for one in crew.get("/api/v1/teams/crew/invitations").json["items"]]

    shown, address = [], f"{path}?after=ab"
    while address is not None:
        page = browser.open(address, status=200)
        actions = [form.action for form in page.forms.values() if "/invitations/" in form.action]
        assert 1 <= len(actions) <= 3
        shown += [action.split("/")[-2] for action in actions]
        following = page.html.find("a", string="Further invitations")
        address = following and following["href"]
        assert address is None or "after=ab" in address

    assert shown == listed
    assert count_queries(lambda: browser.open(path, status=200)) == few
    browser.open(f"{path}?invited=x", status=400)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("collections/ada/lab", RobotName(CollectionName("ada", "lab"), "ci")),
        ("teams/crew", RobotName("crew", "ci")),
    ],
)
def test_tokens_of_robots_come_by_pages(crew, several, whole, count_queries, owner, name):
    crew.post("/api/v1/collections", {"entity": "ada", "collection": "lab"}, status=201)
    path = f"/api/v1/{owner}/robots/ci/tokens"
    crew.post(f"/api/v1/{owner}/robots", {"robot": "ci", "scope": "push"}, status=201)

    def counted():
        return count_queries(lambda: crew.get(path, status=200))

    few = counted()
    several(7, lambda services, _: services.robots.renew(name, keep_others=True))

    listed = whole(crew, path)
    assert len({one["id"] for one in listed}) == len(listed) == 8
    assert counted() == few


@pytest.fixture
def crew(registry):
    """Ada, who has made the team crew."""
    ada = registry.user("ada")
    ada.post("/api/v1/teams", {"team": "crew"}, status=201)
    return ada


def _invite(services, name):
    services.invitations.create("crew", lifetime=timedelta(days=7))


def _begin_session(services, agent):
    services.authentication.begin_session(_ada(services), "192.0.2.1", agent=agent)


def _ada(services):
    return services.accounts.find("ada")
