"""The address that a client prints when somebody orders a build and does not wait for it."""

import re

import pytest

PRINTED = "/library/ada/lab/blast:1"


def led(browser, path=PRINTED):
    """Where an address leads, as a path."""
    answer = browser.open(path, status=302)
    return answer.location.removeprefix("http://localhost").partition("?")[0]


def test_it_leads_to_the_build_and_then_to_the_image(workshop):
    build = workshop.order()
    ada = workshop.browser()

    assert led(ada) == f"/-/builds/{build}"
    assert "blast" in ada.open(led(ada), status=200).text
    workshop.registry.run_jobs()
    assert led(ada) == "/ada/lab/blast:1"
    assert led(ada, "/library/Ada/lab/Blast:1") == "/ada/lab/blast:1"
    ada.open("/ada/lab/blast:1", status=200)


def test_while_an_image_is_built_anew_it_leads_to_that_build(workshop):
    workshop.order()
    workshop.registry.run_jobs()

    again = workshop.order()

    assert led(workshop.browser()) == f"/-/builds/{again}"


def test_where_no_image_came_it_leads_to_the_build_that_says_why(workshop):
    build = workshop.order("fail no such package")
    workshop.registry.run_jobs()

    assert led(workshop.browser()) == f"/-/builds/{build}"


def test_somebody_else_is_led_to_the_image_alone(workshop):
    workshop.order()
    bob, nobody = workshop.browser("bob"), workshop.browser(None)
    for browser in (bob, nobody):
        browser.open(PRINTED, status=404)
    workshop.registry.run_jobs()
    workshop.order()

    for browser in (bob, nobody):
        assert led(browser) == "/ada/lab/blast:1"


def test_what_is_hidden_looks_like_what_is_absent(workshop):
    workshop.order()
    workshop.registry.run_jobs()
    with workshop.registry.parts.unit()() as services:
        collection = services.builds.of()[0].collection
        collection.private = True
    bob = workshop.browser("bob")

    hidden = bob.open(PRINTED, status=404)
    absent = bob.open(PRINTED.replace("ada/lab", "eve/own"), status=404)

    def plain(page, name):
        return re.sub("request [0-9a-f]+", "", page.html.find("main").text.replace(name, ""))

    assert plain(hidden, "ada/lab") == plain(absent, "eve/own")


@pytest.mark.parametrize("reference", ["sha256.00", "-", "a+b"])
def test_what_can_be_no_tag_is_absent(workshop, reference):
    workshop.order()

    workshop.browser().open(f"/library/ada/lab/blast:{reference}", status=404)


def test_an_entity_may_be_called_library(workshop):
    registry = workshop.registry
    registry.user("library").push("library/ada/blast:1", b"an image")
    registry.run_jobs()

    page = workshop.browser().open("/library/ada/blast:1", status=200)

    assert "library/ada/blast" in page.text
