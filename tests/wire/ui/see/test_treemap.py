"""The map of sizes: of the registry, of an entity, of a collection, of a container."""

import re

from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.statements import statements_of


def tiles(page):
    """The tiles of the wide map, by what is told of them."""
    wide = page.text.partition('class="map-wide"')[2].partition("</svg>")[0]
    return re.findall(r'data-told="([^"]*)"', wide)


def test_tiles_are_the_collections_that_one_may_see(filled, browser):
    told = tiles(browser.open("/-/treemap", status=200))
    assert [one.partition(":")[0] for one in told] == ["ada/lab", "ada/spare"]
    assert "bob" not in browser.open("/-/treemap").text


def test_one_goes_down_from_the_registry_to_an_image(filled, browser):
    page = browser.open("/-/treemap", status=200)
    page = page.click(href="^/ada/lab/-/treemap$", index=0)
    assert [one.partition(":")[0] for one in tiles(page)] == ["blast", "small"]
    page = page.click(href="^/ada/lab/blast/-/treemap$", index=0)
    assert [one.partition(":")[0] for one in tiles(page)] == ["2", "1"]
    assert 'href="/ada/lab/blast:2"' in page.text
    up = page.click(href="^/ada/lab/-/treemap$")
    assert up.request.path == "/ada/lab/-/treemap"


def test_areas_are_as_the_sizes(filled, browser):
    wide = browser.open("/ada/lab/-/treemap").text.partition('class="map-wide"')[2]
    found = re.findall(
        r'<rect [^>]*width="([\d.]+)" height="([\d.]+)"', wide.partition("</svg>")[0]
    )
    blast, small = (float(width) * float(height) for width, height in found)
    assert blast > 5 * small > 0


def test_what_is_small_is_gathered_and_can_be_opened(registry, ada, browser):
    for number in range(65):
        ada.push(f"ada/lab/tool-{number:02}:1", make_sif(payload_size=500 + 1000 * number))
    registry.run_jobs()
    page = browser.open("/ada/lab/-/treemap")
    told = tiles(page)
    assert len(told) == 61
    assert any(one.startswith("5 others: ") for one in told)
    rest = page.click("5 others", index=0)
    names = [one.partition(":")[0] for one in tiles(rest)]
    assert names == [f"tool-{number:02}" for number in (4, 3, 2, 1, 0)]
    assert "others" not in rest.text.partition("<main")[2]


def test_nothing_is_drawn_of_nothing(registry, ada, browser):
    page = browser.open("/-/treemap", status=200)
    assert "<svg" not in page.text.partition("<main")[2]
    assert "Whatever is pushed here will be shown here" in page.text


def test_the_file_names_everything_with_its_bytes(filled, browser, ada_at_home):
    answer = browser.open("/-/treemap.csv", status=200)
    assert answer.content_type == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sizes-registry.csv"'
    lines = answer.text.splitlines()
    assert lines[0] == "name,tag,digest,bytes,images"
    assert [line.partition(",")[0] for line in lines[1:]] == ["ada/lab", "ada/spare"]
    of_container = browser.open("/ada/lab/blast/-/treemap.csv").text.splitlines()
    assert [line.split(",")[:2] for line in of_container[1:]] == [
        ["ada/lab/blast", "2"],
        ["ada/lab/blast", "1"],
    ]


def test_what_can_be_no_name_and_no_number_is_refused(filled, browser):
    assert browser.open("/ada/l*b/-/treemap", status=404)
    assert browser.open("/ada/nothing/-/treemap", status=404)
    assert browser.open("/-/treemap?skip=x", status=400)
    assert browser.open(f"/-/treemap?skip={'9' * 30}", status=400)


def test_the_number_of_questions_does_not_grow_with_the_rows(registry, ada, browser):
    def questions():
        with statements_of(registry.parts.database) as sent:
            browser.open("/ada/lab/-/treemap", status=200)
        return len(sent)

    ada.push("ada/lab/first:1", make_sif())
    registry.run_jobs()
    few = questions()
    for number in range(12):
        ada.push(f"ada/lab/tool-{number}:1", make_sif(payload_size=600 + number))
    registry.run_jobs()
    assert questions() == few


def test_the_page_is_well_made(filled, browser, read):
    assert read(browser.open("/-/treemap")).complaints == []
    assert read(browser.open("/ada/lab/-/usage")).complaints == []
