"""An owner manages a collection, and an account, in a real browser: by keyboard too."""

import re

import pytest


@pytest.fixture(scope="module")
def registry(tmp_path_factory, with_content):
    """A registry with content, of Ada and others."""
    where = tmp_path_factory.mktemp("manage")
    settings = {"sregistry.publishers": "https://gitlab.test"}
    with with_content(where / "registry", settings=settings) as live:
        live.make_user("bob")
        yield live


def fits(person, name):
    """Look at a page, and keep its picture."""
    person.check()
    assert person.overflow() == 0
    person.shoot(f"manage-{name}")


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_an_owner_makes_and_manages_a_collection(registry, visit, phone, dark):
    ada = visit(registry, "ada", phone=phone, dark=dark)
    page = ada.open("/-/new")
    fits(ada, "new")
    name = f"genomes-{'phone' if phone else 'desktop'}"
    page.get_by_label("Name").fill(name)
    page.get_by_label("Description").fill("# Genomes\n\nFor everybody.")
    page.get_by_role("button", name="Make the collection").click()
    page.wait_for_url("**/-/settings?done=collection-created")
    fits(ada, "settings")

    at = f"/ada/{name}/-"
    page.get_by_label("Topics").fill("Genomics, Deep Learning")
    page.get_by_role("button", name="Save").first.click()
    page.wait_for_url("**done=collection-changed")
    page = ada.open(f"{at}/access")
    page.get_by_label("Name").fill("bob")
    page.get_by_role("button", name="Give the role").click()
    page.wait_for_url("**done=granted")
    fits(ada, "access")
    page.get_by_label("Name").fill("nobody-of-this-name")
    page.get_by_role("button", name="Give the role").click()
    page.get_by_role("alert").wait_for()
    fits(ada, "access-refused")
    page = ada.open(f"{at}/robots")
    page.get_by_label("Name").first.fill("ci")
    page.get_by_role("button", name="Make the robot").click()
    page.locator("#secret").wait_for()
    fits(ada, "new-robot")
    page = ada.open(f"{at}/robots")
    page.get_by_label("Manage the robot ci").click()
    fits(ada, "robots")
    page = ada.open(f"{at}/settings")
    page.get_by_label("New name").fill(f"{name}-renamed")
    page.get_by_role("button", name="Rename").click()
    page.wait_for_url("**done=collection-renamed")
    fits(ada, "renamed")
    page = ada.open(f"{at}/delete")
    page.get_by_label("Type").fill(f"ada/{name}-renamed")
    fits(ada, "delete")
    page.get_by_role("button", name="Delete it").click()
    page.wait_for_url("**/?done=collection-deleted")


def test_the_keyboard_is_enough_to_make_a_collection(registry, visit):
    ada = visit(registry, "ada")
    page = ada.open("/-/new")

    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "name":
            break
    page.keyboard.type("by-keyboard")
    page.keyboard.press("Tab")
    page.keyboard.type("Typed.")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url("**/ada/by-keyboard/-/settings?done=collection-created")


@pytest.mark.parametrize(("phone", "dark"), [(False, True), (True, False)])
def test_the_pages_of_an_account_are_well_made(registry, visit, phone, dark):
    ada = visit(registry, "ada", phone=phone, dark=dark)

    for path, name in (
        ("/auth/account", "account"),
        ("/auth/account/profile", "profile"),
        ("/auth/account/sessions", "sessions"),
        ("/auth/account/delete", "delete-account"),
        ("/-/news", "news"),
        ("/-/teams", "teams"),
    ):
        ada.open(path)
        fits(ada, name)


def test_a_team_owner_invites_somebody(registry, visit):
    ada, bob = visit(registry, "ada"), visit(registry, "bob", phone=True)
    page = ada.open("/-/teams")
    page.get_by_label("Name").fill("crew")
    page.get_by_role("button", name="Make the team").click()
    page.wait_for_url("**/-/teams/crew?done=team-created")
    page.get_by_role("button", name="Make an invitation").click()
    link = page.locator("#secret").text_content()
    fits(ada, "new-invitation")

    page = bob.open(link.removeprefix(registry.url))
    fits(bob, "invitation")
    page.get_by_role("button", name="Join the team").click()
    page.wait_for_url("**/-/teams/crew?done=joined")
    fits(bob, "team")
    ada.open("/-/teams/crew")
    fits(ada, "team")


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_tags_links_and_the_clean_up_are_well_made(registry, visit, phone, dark):
    ada = visit(registry, "ada", phone=phone, dark=dark)

    for path, name in (
        ("tags", "tags"),
        ("shares", "shares"),
        ("clean-up?tags=2*", "clean-up"),
        ("settings", "container"),
        ("delete", "delete-container"),
    ):
        ada.open(f"/ada/lab/blast/-/{path}")
        fits(ada, name)


def reach(page, name, *, role="button"):
    """Press Tab until the element of this name has the focus, as somebody without a mouse does."""
    wanted = page.get_by_role(role, name=name).first.element_handle()
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("one => one === document.activeElement", wanted):
            return
    raise AssertionError(f"the keyboard does not reach {name}")


def test_many_tags_are_looked_at_and_deleted_by_the_keyboard_alone(registry, visit):
    omar = visit(registry, "omar")
    page = omar.open("/omar/nightly/solver/-/clean-up")

    reach(page, "Tags called", role="textbox")
    page.keyboard.type("build-00*")
    page.keyboard.press("Enter")
    page.get_by_text("build-0099").wait_for()
    omar.check()
    reach(page, "Delete exactly this")
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text="What you chose is deleted.").wait_for()

    page = omar.open("/omar/nightly/solver/-/clean-up?tags=build-00*")
    assert page.get_by_text("Nothing fits.").is_visible()


def test_a_share_link_is_made_copied_and_revoked_by_the_keyboard_alone(registry, visit):
    grace = visit(registry, "grace")
    grace.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = grace.open("/genomics/patients/report/-/shares")

    reach(page, "Tag or digest", role="combobox")
    page.keyboard.press("Enter")
    page.locator("#new-web").wait_for()
    reach(page, "Copy: the link")
    page.keyboard.press("Enter")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.locator("#new-web").inner_text().strip()
    assert grace.context.request.head(link).status == 200
    reach(page, "Copy: the line for clients")
    page.keyboard.press("Enter")
    assert page.evaluate("navigator.clipboard.readText()").startswith("shub://")
    assert page.get_by_role("status").filter(has_text="Copied").count() == 1
    reach(page, re.compile("^Revoke"))
    page.keyboard.press("Enter")
    page.wait_for_url("**done=share-revoked")
    assert grace.context.request.head(link).status in (404, 410)


@pytest.mark.parametrize("path", ["/", "/-/search?q=a", "/ada/lab/blast/-/tags", "/auth/tokens"])
def test_every_stop_of_the_keyboard_is_seen_and_in_order(registry, visit, path):
    """As Tab goes through a page from its beginning to its end."""
    ada = visit(registry, "ada")
    page = ada.open(path)
    page.evaluate("document.body.focus()")
    stops = []
    for _ in range(300):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
              const one = document.activeElement, box = one.getBoundingClientRect();
              const look = getComputedStyle(one);
              return one === document.body ? null : {
                html: one.outerHTML.slice(0, 120),
                outline: look.outlineStyle === "none" ? 0 : parseFloat(look.outlineWidth),
                seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
                place: [...document.querySelectorAll("*")].indexOf(one),
              };
            }"""
        )
        if stops and stop and stop["place"] == stops[-1]["place"]:
            # The parts of a date, of which the last, a button, is marked by the browser itself.
            continue
        if stop is None or (stops and stop["place"] <= stops[0]["place"]):
            break
        stops.append(stop)

    assert len(stops) > 10
    assert [stop["html"] for stop in stops if stop["outline"] < 2] == []
    assert [stop["html"] for stop in stops if not stop["seen"]] == []
    places = [stop["place"] for stop in stops]
    assert places == sorted(places)
