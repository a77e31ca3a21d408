"""Builds in a real browser: ordered, watched while they run, read, searched, ended, tried again."""

import re

import pytest

from sregistry_core.testing.live import LiveRegistry

PROTOCOLS = "discovery transfer library shub api oci ui"
HOSTILE = "<script>document.title = 'gone'</script> \u05d0\u05d1\u05d2 & <b>bold</b>"
RECIPE = (
    "Bootstrap: docker\nFrom: alpine:3.20\n\n%post\n    apk add blast\n\n%labels\n    Author ada\n"
)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """A live registry that builds, with an image of Ada's."""
    live = LiveRegistry(
        tmp_path_factory.mktemp("builds") / "registry",
        settings={
            "sregistry.protocols": PROTOCOLS,
            "sregistry.plugin_modules": "sregistry_core.testing.toy_builder",
            "sregistry.builder": "toy lasting-toy",
            "sregistry.builds_per_user": "30",
            "sregistry.build_threads": "8",
        },
    )
    with live:
        live.make_user("ada")
        order(live, f"say hello\nlabel a=b\n{RECIPE}", "ada/lab/blast:1")
        live.try_admin("build", str(written(live, long_recipe())), "ada/lab/failing:1")
        yield live


def long_recipe():
    """A recipe that says much, some of it about an error, and fails."""
    said = [f"say line {number} of a long log" for number in range(1, 901)]
    said[99] = said[499] = said[799] = "say error: no such package"
    return "\n".join([*said, "fail no such package"])


def written(registry, definition):
    """The path of a definition that was written down."""
    recipe = registry.directory / "recipe.def"
    recipe.write_text(definition)
    return recipe


def order(registry, definition, name):
    """Order a build from the command line, as whoever owns where it goes; its identifier."""
    said = registry.admin("build", "--detach", str(written(registry, definition)), name)
    return said.strip().splitlines()[-1].split()[-1]


def shown(page):
    return page.locator("#log li").all_inner_texts()


def wait_for_line(page, text):
    page.locator("#log li", has_text=text).first.wait_for()


def test_a_build_is_ordered_and_its_log_grows_before_ones_eyes(visit, registry):
    ada = visit(registry, "ada")
    page = ada.open("/-/builds/new?to=ada/lab")
    ada.check()
    page.get_by_label("Name").fill("ada/lab/watched")
    lines = "\n".join(f"say early {number}" for number in range(60))
    page.get_by_label("Recipe", exact=True).fill(
        f"{lines}\nwait 4\nsay {HOSTILE}\nwait 4\nsay the end"
    )
    assert page.locator(".gutter").inner_text().splitlines()[-1] == "64"
    ada.shoot("build-order")
    page.get_by_role("button", name="Order the build").click()
    page.wait_for_url(re.compile("/-/builds/[0-9a-f]{32}"))
    wait_for_line(page, "early 59")
    follow = page.get_by_role("button", name="Follow")
    assert follow.get_attribute("aria-pressed") == "true"
    ada.check()
    ada.shoot("build-running")

    wait_for_line(page, "bold")
    assert HOSTILE in shown(page)
    assert page.title().startswith("Build of ada/lab/watched:latest")
    # Whoever reads further up stays there.
    page.locator(".log-frame").evaluate("one => { one.scrollTop = 0 }")
    page.wait_for_timeout(100)
    assert follow.get_attribute("aria-pressed") == "false"
    wait_for_line(page, "the end")
    page.locator(".says", has_text="The build has succeeded").wait_for()
    assert page.locator("#said").inner_text() == "The build has succeeded: the image is here."
    assert page.locator(".log-frame").evaluate("one => one.scrollTop") == 0
    page.get_by_text("The log is kept until").wait_for()
    assert page.get_by_role("button", name="Follow").count() == 0
    before = shown(page)
    page.reload()
    assert shown(page) == before
    assert before[-1] == "the end" and len(before) == 62
    ada.check()
    ada.shoot("build-succeeded")
    page.locator("#state a.digest").click()
    page.get_by_role("heading", name="Provenance").wait_for()
    ada.check()
    ada.shoot("build-provenance")


def test_a_long_log_is_searched_by_keyboard_alone(visit, registry):
    build = order(registry, long_recipe(), "ada/lab/long:1")
    ada = visit(registry, "ada")
    page = ada.open(f"/-/builds/{build}")
    page.locator(".says", has_text="The build has failed").wait_for()
    wait_for_line(page, "line 900")
    page.get_by_role("searchbox", name="Search the log").focus()
    page.keyboard.type("ERROR")
    page.keyboard.press("Enter")
    found = page.locator(".found")
    found.get_by_text("1 of 3 lines").wait_for()
    assert page.locator("li.now").get_attribute("id") == "L100"
    assert page.locator("li.now mark").inner_text() == "error"
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.press("Enter")
    found.get_by_text("2 of 3 lines").wait_for()
    ada.check()
    ada.shoot("build-search")
    page.keyboard.press("Enter")
    found.get_by_text("3 of 3 lines").wait_for()
    page.keyboard.press("Shift+Enter")
    found.get_by_text("2 of 3 lines").wait_for()
    page.reload()
    found.get_by_text("2 of 3 lines").wait_for()
    assert page.locator("li.now").get_attribute("id") == "L500"
    page.get_by_role("searchbox", name="Search the log").focus()
    page.keyboard.press("Escape")
    found.wait_for(state="detached")
    page.get_by_role("link", name="Earlier lines").focus()
    page.keyboard.press("Enter")
    page.locator("#log[start='301']").wait_for()
    assert "before=601" in page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    text = download.value.path().read_text()
    assert text.count("\n") == 900
    page.get_by_role("button", name="Build again").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("done=build-ordered"))
    ada.check()


def test_a_build_is_ended_by_keyboard_and_begun_anew_from_its_recipe(visit, registry):
    build = order(registry, "say begun\nwait 60", "ada/lab/endless:1")
    ada = visit(registry, "ada")
    page = ada.open(f"/-/builds/{build}")
    wait_for_line(page, "begun")
    page.get_by_role("button", name="End the build").focus()
    page.keyboard.press("Enter")
    page.locator(".says", has_text="The build was cancelled.").wait_for()
    ada.check()
    page.get_by_role("link", name="Change the recipe").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"build={build}"))
    assert page.get_by_label("Recipe", exact=True).input_value() == "say begun\nwait 60"
    page.get_by_label("Recipe file").set_input_files(
        files=[{"name": "x.def", "mimeType": "text/plain", "buffer": b"say from a file\r\n"}]
    )
    page.get_by_text("The file is read").wait_for()
    assert page.get_by_label("Recipe", exact=True).input_value() == "say from a file\n"
    page.get_by_role("button", name="Order the build").click()
    wait_for_line(page, "from a file")
    page.goto("/-/news")
    page.get_by_text("The build of ada/lab/endless:1 was cancelled").wait_for()


def test_an_image_is_built_anew_by_itself_by_keyboard_alone(visit, registry):
    ada = visit(registry, "ada")
    page = ada.open("/ada/lab/blast:1")
    page.get_by_role("link", name="Build it anew by itself").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/ada/lab/-/rebuilds"))
    page.get_by_text("Nothing is built anew by itself.").wait_for()
    ada.check()
    ada.shoot("rebuilds-empty")
    assert page.get_by_label("Container").input_value() == "blast"
    assert page.get_by_label("Tag").input_value() == "1"
    page.get_by_label("Every how many days").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("The image will be built anew by itself.").wait_for()
    assert "Every 7 days." in page.locator(".rebuilds li").inner_text()
    page.get_by_label("Manage the rebuilds of blast:1").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Build now: blast:1").focus()
    ada.check()
    ada.shoot("rebuilds-open")
    page.keyboard.press("Enter")
    page.get_by_text("The image is being built anew.").wait_for()
    for _ in range(60):
        if page.locator(".rebuilds .report").count():
            break
        page.wait_for_timeout(500)
        page.goto("/ada/lab/-/rebuilds")
    assert page.locator(".rebuilds .badge").inner_text() == "Same as before"
    ada.check()
    ada.shoot("rebuilds-report")
    page.get_by_label("The build of blast:1").focus()
    page.keyboard.press("Enter")
    page.locator(".says", has_text="The build has succeeded").wait_for()


def test_it_works_without_scripts(visit, registry):
    ada = visit(registry, "ada", scripts=False)
    page = ada.open("/ada/lab/blast:1")
    ada.open("/-/builds/new")
    page.get_by_label("Name").fill("ada/lab/plain")
    page.get_by_label("Recipe", exact=True).fill("say hello\nwait 2\nsay done")
    page.get_by_role("button", name="Order the build").click()
    for _ in range(60):
        if page.get_by_text("The build has succeeded").count():
            break
        page.get_by_role("link", name="Refresh").click()
        page.wait_for_timeout(500)
    assert shown(page) == ["hello", "done"]
    page.get_by_role("searchbox", name="Search the log").fill("don")
    page.get_by_role("button", name="Search", exact=True).click()
    assert page.locator(".found").inner_text() == "1 of 1 lines"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("phone", [False, True])
def test_pages_fit_every_window_and_theme(visit, registry, phone, dark):
    ada = visit(registry, "ada", phone=phone, dark=dark)
    page = ada.open("/-/builds")
    failed = page.get_by_role("link", name="ada/lab/failing:1").first.get_attribute("href")
    pages = {
        "list": "/-/builds",
        "empty": "/-/builds?state=lost",
        "of-a-container": "/-/builds?in=ada/lab/failing",
        "new": "/-/builds/new?to=ada/lab",
        "failed": failed,
        "search": f"{failed}?find=error",
        "rebuilds": "/ada/lab/-/rebuilds",
    }
    for name, path in pages.items():
        ada.open(path)
        assert ada.overflow() == 0, path
        ada.check()
        ada.shoot(f"builds-{name}")
