"""Sizes, usage, uploads and the page of the API in a real browser."""

import hashlib
import random
import re

import pytest

from sregistry_core.names import ContainerName, ImageName

PROTOCOLS = "discovery transfer library shub api oci ui"
SIZE = 200 * 1024 * 1024


@pytest.fixture(scope="module")
def registry(tmp_path_factory, with_content):
    """A live registry with the content of the demo."""
    directory = tmp_path_factory.mktemp("see") / "registry"
    with with_content(directory, settings={"sregistry.protocols": PROTOCOLS}) as live:
        yield live


@pytest.fixture(scope="module")
def large_file(tmp_path_factory):
    """A file of 200 MB that no two parts of are the same."""
    path = tmp_path_factory.mktemp("files") / "large.sif"
    noise = random.Random(1).randbytes(1 << 20)
    with path.open("wb") as file:
        for number in range(SIZE >> 20):
            file.write(number.to_bytes(8, "big") + noise[8:])
    return path


def until_beyond(page, percent):
    """Wait until more than this has been sent: the policy keeps Playwright's own way out."""
    for _ in range(1500):
        if page.locator("progress").evaluate("one => one.value") > percent:
            return
        page.wait_for_timeout(10)
    raise AssertionError("nothing is sent")


def test_the_map_is_used_by_keyboard_alone(visit, registry):
    ada = visit(registry, "ada")
    page = ada.open("/-/treemap")
    ada.check()
    ada.shoot("treemap")
    assert ada.shift() < 0.01
    page.locator(".map-wide .tile").first.focus()
    first = page.evaluate("document.activeElement.getAttribute('href')")
    assert page.locator(".tip").inner_text()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('href')") != first
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.getAttribute('href')") == first
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{first}")
    ada.check()
    page.locator(".map-wide .tile").first.focus()
    page.keyboard.press("Backspace")
    page.wait_for_url(re.compile(r"/[a-z-]+/-/treemap$"))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("phone", [False, True])
def test_pages_fit_every_window_and_theme(visit, registry, phone, dark):
    ada = visit(registry, "ada", phone=phone, dark=dark)
    pages = {
        "treemap-of-a-collection": "/jonas/-/treemap",
        "usage": "/-/usage",
        "usage-of-a-collection": "/ada/lab/-/usage?range=1y",
        "upload": "/-/upload?to=ada/lab",
        "api": "/-/api",
        "api-operation": "/-/api/set_tag",
    }
    for name, path in pages.items():
        page = ada.open(path)
        for details in page.locator("main details").all():
            details.evaluate("one => one.open = true")
        assert ada.overflow() == 0, path
        ada.check()
        ada.shoot(f"see-{name}")


def test_without_scripts_there_are_pictures_tables_and_a_form(visit, registry, tmp_path):
    ada = visit(registry, "ada", scripts=False)
    page = ada.open("/-/treemap")
    page.locator(".map-wide .tile").first.click()
    assert "/-/treemap" in page.url
    ada.open("/-/usage")
    page.get_by_text("The same as a table").first.click()
    assert page.locator("table").first.is_visible()
    file = tmp_path / "small.sif"
    file.write_bytes(b"an image of somebody")
    ada.open("/-/upload?to=ada/lab")
    page.get_by_label("Name").fill("ada/lab/by-form")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/ada/lab/by-form:latest?done=uploaded")
    assert page.get_by_text("The image is uploaded.").is_visible()
    ada.check()


def test_an_upload_is_paused_and_goes_on_after_the_page_was_closed(visit, registry, large_file):
    ada = visit(registry, "ada")
    page = ada.open("/-/upload?to=ada/lab")
    page.get_by_label("Name").fill("ada/lab/large")
    page.get_by_label("Tag").fill("7")
    page.get_by_label("File").set_input_files(large_file)
    page.get_by_role("button", name="Upload").click()
    until_beyond(page, 5)
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("Paused.").wait_for()
    assert 5 < page.locator("progress").evaluate("one => one.value") < 100
    ada.shoot("see-upload-paused")
    ada.check()

    page.reload()
    page.get_by_text("The upload of this file was not finished.").wait_for()
    assert page.get_by_label("Name").input_value() == "ada/lab/large"
    arrived = page.locator("progress").evaluate("one => one.value")
    assert arrived > 5
    page.get_by_label("File").set_input_files(large_file)
    broken = []

    def break_it(route):
        broken.append(route.request.url)
        route.abort()

    # Twice and no more: the driver would pass every piece on.
    page.route("**/-/uploads/*first=*", break_it, times=2)
    page.get_by_role("button", name="Go on").first.click()
    page.get_by_text("Uploaded:").wait_for(timeout=60_000)
    assert len(broken) == 2
    ada.shoot("see-upload-done")
    digest = hashlib.sha256(large_file.read_bytes()).hexdigest()
    assert page.locator(".state-line code").inner_text() == f"sha256:{digest}"
    with registry.services() as services:
        image = services.images.resolve(ImageName.parse("ada/lab/large:7", home="home"))
        assert (image.digest, image.blob.size) == (f"sha256:{digest}", SIZE)


def test_another_file_is_not_put_behind_the_first_one(visit, registry, large_file, tmp_path):
    ada = visit(registry, "ada")
    page = ada.open("/-/upload")
    page.get_by_label("Name").fill("ada/lab/mixed")
    page.get_by_label("File").set_input_files(large_file)
    page.get_by_role("button", name="Upload").click()
    until_beyond(page, 2)
    page.get_by_role("button", name="Pause").click()
    page.reload()
    page.get_by_text("The upload of this file was not finished.").wait_for()
    other = tmp_path / "other.sif"
    other.write_bytes(b"something else")
    page.get_by_label("File").set_input_files(other)
    page.get_by_role("button", name="Go on").first.click()
    page.get_by_text("This is not the file that was begun.").wait_for()
    page.get_by_role("button", name="Give up").click()
    page.get_by_text("Given up.").wait_for()
    page.reload()
    assert not page.get_by_text("The upload of this file was not finished.").is_visible()


def test_what_may_not_be_pushed_is_refused_before_a_byte_is_sent(visit, registry, large_file):
    mei = visit(registry, "mei")
    page = mei.open("/-/upload")
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    page.get_by_label("Name").fill("omar/nightly/solver")
    page.get_by_label("File").set_input_files(large_file)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("alert").filter(has_text="mei may not push").wait_for()
    assert "PUT" not in sent
    assert page.get_by_label("Name").is_editable()
    mei.check()


def test_an_operation_is_tried_with_the_rights_of_who_is_signed_in(visit, registry):
    ada = visit(registry, "ada")
    page = ada.open("/-/api/tag")
    for name, value in {"entity": "ada", "collection": "lab", "container": "blast"}.items():
        page.get_by_label(re.compile(f"^{name}")).fill(value)
    page.get_by_label(re.compile("^tag")).fill("latest")
    assert "/ada/lab/containers" not in page.locator("#curl").inner_text()
    assert "/containers/ada/lab/blast/tags/latest" in page.locator("#curl").inner_text()
    page.get_by_role("button", name="Send GET").click()
    page.get_by_text("200 OK").wait_for()
    assert '"latest"' in page.locator(".answer .body").inner_text()
    ada.shoot("see-api-tried")
    ada.check()


def test_what_changes_something_is_asked_before(visit, registry):
    ada = visit(registry, "ada")
    page = ada.open("/-/api/delete_container")
    asked = []

    def refuse(dialog):
        asked.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    for name, value in {"entity": "ada", "collection": "drafts", "container": "assembler"}.items():
        page.get_by_label(re.compile(f"^{name}")).fill(value)
    page.get_by_role("button", name="Send DELETE").click()
    assert asked == ["This removes something, in earnest and in your name. Send it?"]
    with registry.services() as services:
        assert services.catalog.container(ContainerName.parse("ada/drafts/assembler", home="x"))


def reach(page, name, *, role="button"):
    """Press Tab until the element of this name has the focus, as somebody without a mouse does."""
    wanted = page.get_by_role(role, name=name).first.element_handle()
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("one => one === document.activeElement", wanted):
            return
    raise AssertionError(f"the keyboard does not reach {name}")


def test_an_operation_is_tried_by_the_keyboard_alone(visit, registry):
    ada = visit(registry, "ada")
    page = ada.open("/-/api/tag")
    for name, value in {"entity": "ada", "collection": "lab", "container": "blast"}.items():
        reach(page, re.compile(f"^{name}"), role="textbox")
        page.keyboard.type(value)
    reach(page, re.compile("^tag"), role="textbox")
    page.keyboard.type("latest")
    reach(page, "Send GET")
    page.keyboard.press("Enter")
    page.get_by_text("200 OK").wait_for()


def test_an_image_is_uploaded_by_the_keyboard_alone(visit, registry, tmp_path):
    file = tmp_path / "small.sif"
    file.write_bytes(b"an image that came by the keyboard")
    ada = visit(registry, "ada")
    page = ada.open("/")
    # Chromium is told in good time that nobody looks at its window of files.
    page.on("filechooser", lambda _chooser: None)
    page.locator("details.menu summary").focus()
    page.keyboard.press("Enter")
    reach(page, "Upload", role="link")
    page.keyboard.press("Enter")
    page.wait_for_url("**/-/upload")
    reach(page, "Name", role="combobox")
    page.keyboard.type("ada/lab/by-keyboard")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "file"
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(file)
    reach(page, "Upload")
    page.keyboard.press("Enter")
    page.get_by_text("Uploaded:").wait_for()
    ada.check()
