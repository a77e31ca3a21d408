"""A reader searches, filters, goes on to the next page and stars, in a real browser."""

import pytest

SIZES = [
    pytest.param(phone, dark, id=f"{'phone' if phone else 'desktop'}-{'dark' if dark else 'light'}")
    for phone, dark in ((False, False), (True, True), (False, True), (True, False))
]


@pytest.fixture(scope="module")
def registry(tmp_path_factory, with_content):
    """A registry full of believable things, whose jobs are done."""
    with with_content(tmp_path_factory.mktemp("find") / "registry") as live:
        live.make_user("reader")
        yield live


@pytest.mark.parametrize(("phone", "dark"), SIZES)
def test_the_pages_to_find_images_are_well_made(registry, visit, phone, dark):
    reader = visit(registry, "reader", phone=phone, dark=dark)

    for name, path in (
        ("home", "/"),
        ("explore", "/-/explore"),
        ("containers", "/-/explore?show=containers&order=pulls"),
        ("search", "/-/search?q=a&arch=amd64&order=pulls"),
        ("search-mistaken", "/-/search?q=a&smallest=huge"),
        ("search-empty", "/-/search?q=nothingiscalledso"),
        ("stars", "/-/stars"),
        ("guide", "/-/guide"),
    ):
        reader.open(path)
        reader.check()
        assert reader.overflow() == 0
        assert reader.shift() == 0
        reader.shoot(f"find-{name}")


def test_a_reader_finds_and_stars_by_keyboard_alone(registry, visit):
    reader = visit(registry, "reader")
    page = reader.open("/-/explore")

    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "top-search"
    page.keyboard.type("a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/-/search?q=a")
    first = page.locator(".hit h2 a").first
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/-/search" not in address)

    page = reader.open("/-/explore")
    star = page.locator("form.star button").first
    name = page.locator(".hit h2 a").first.inner_text()
    star.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name=f"Starred {name}").wait_for()
    reader.open("/-/stars")
    assert page.get_by_role("link", name=name).is_visible()

    menu = page.locator("details.menu summary")
    menu.focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("link", name="Tokens").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("link", name="Tokens").is_visible()
    reader.check()


def test_without_scripts_everything_is_found_as_well(registry, visit):
    reader = visit(registry, phone=True, scripts=False)
    page = reader.open("/")

    page.get_by_label("Search by name, topic, tag or label").fill("a")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    page.wait_for_url("**/-/search?q=a")
    assert page.locator(".hit").count() > 0
    page.locator("details.filters summary").click()
    page.get_by_label("Architecture").select_option("amd64")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    page.wait_for_url("**arch=amd64**")
    assert page.get_by_role("link", name="Remove the filter Architecture: amd64").is_visible()
    reader.check()
