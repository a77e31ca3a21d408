"""Builds in the browser, without scripts: ordered, listed, read, searched, ended, tried again."""

import re
from datetime import timedelta

import pytest

from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.statements import statements_of

from .conftest import PROTOCOLS, TOY, Workshop, form_of, lines_of


def test_a_recipe_is_ordered_built_and_read(workshop):
    ada = workshop.browser()
    form = form_of(ada.open("/-/builds/new?to=ada/lab", status=200), "order")
    assert form["name"].value == "ada/lab/"
    form["name"], form["tag"] = "ada/lab/blast", "1"
    form["arguments"] = "VERSION=1.2\r\n\r\nWHERE = here = there"
    form["definition"] = "say one\r\nsay two\r\n"
    ordered = form.submit(headers={"Accept": "text/html"}, status=303)

    waiting = ada.open(ordered.location, status=200)
    assert "The build is ordered." in waiting.text
    assert "The build waits for a worker." in waiting.text
    workshop.registry.run_jobs()
    done = ada.open(ordered.location.partition("?")[0], status=200)

    assert "The build has succeeded" in done.text
    assert lines_of(done) == ["one", "two"]
    assert "toy 1.0" in done.html.find(id="state").text
    pairs = done.html.find("section", attrs={"aria-labelledby": "arguments-title"}).text
    assert "VERSION" in pairs and "here = there" in pairs
    image = ada.open(done.html.select_one("#state dd a.digest")["href"], status=200)
    section = image.html.find("section", attrs={"aria-labelledby": "provenance-title"})
    assert "toy 1.0" in section.text
    assert section.find("a", href=re.compile("^/-/builds/[0-9a-f]{32}$"))
    assert not section.find(string=re.compile("None"))


def test_the_recipe_of_an_image_is_what_one_starts_from(workshop):
    registry = workshop.registry
    definition = "Bootstrap: docker\nFrom: alpine:3.20\n\n%post\n    echo </textarea>\n"
    registry.user("carl").push("carl/tools/blast:2", make_sif(definition=definition))
    registry.run_jobs()
    ada = workshop.browser()
    workshop.order()

    image = ada.open("/carl/tools/blast:2", status=200)
    link = image.html.find("a", string="Build from this recipe")["href"]
    form = form_of(ada.open(link, status=200), "order")

    assert form["definition"].value.strip() == definition.strip()
    # Ada may not push to Carl's: a place of her own is offered.
    assert form["name"].value == "ada/lab/blast"
    assert form["tag"].value == "2"
    assert (
        not workshop.browser(None)
        .open("/carl/tools/blast:2")
        .html.find("a", string="Build from this recipe")
    )


def test_a_recipe_may_come_as_a_file(workshop):
    ada = workshop.browser()
    form = form_of(ada.open("/-/builds/new", status=200), "order")
    form["name"] = "ada/lab/blast"
    form["recipe"] = ("blast.def", b"say from a file\r\n")
    ordered = form.submit(status=303)

    workshop.registry.run_jobs()

    assert lines_of(ada.open(ordered.location)) == ["from a file"]


WRONG = (
    ("name", "ada/lab", "the name has three parts"),
    ("name", "bob/lab/blast", "may not"),
    ("arguments", "VERSION", "has no value"),
    ("arguments", "a b=c", "is no name of a build argument"),
    ("definition", "  \n", "the definition is empty"),
    ("definition", "x" * (1 << 20) + "y", "1048576 bytes"),
    ("arch", "a b", "architecture"),
    ("recipe", ("x", b"\xff\xfe"), "is no text"),
    ("recipe", ("x", b"y" * ((1 << 20) + 1)), "1048576 bytes"),
)


def test_what_cannot_be_ordered_is_said_and_nothing_that_was_typed_is_lost(workshop):
    workshop.order(name="bob/lab/blast:1", who="bob")
    ada = workshop.browser()
    for field, value, reason in WRONG:
        form = form_of(ada.open("/-/builds/new", status=200), "order")
        form["name"], form["tag"] = "ada/lab/blast", "kept"
        form[field] = value
        refused = form.submit(headers={"Accept": "text/html"}, expect_errors=True)
        assert 400 <= refused.status_int < 500, (field, reason)
        assert reason in refused.html.find(role="alert").text, (field, reason)
        assert form_of(refused, "order")["tag"].value == "kept"
    assert len(ada.open("/-/builds").html.select(".build-rows > li")) == 0


def test_how_many_builds_are_under_way_is_shown_and_held(make_registry):
    registry = make_registry(
        protocols=PROTOCOLS, **TOY, builds_per_user="2", builds_per_collection="3"
    )
    registry.user("ada")
    workshop = Workshop(registry)
    workshop.order()
    ada = workshop.browser()

    assert "You have 1 of 2 builds under way." in ada.open("/-/builds/new").text
    within = ada.open("/-/builds?in=ada/lab").text
    assert "You have 1 of 2 builds under way." in within
    assert "The collection has 1 of 3 under way." in within
    workshop.order()
    form = form_of(ada.open("/-/builds/new"), "order")
    form["name"] = "ada/lab/blast"
    refused = form.submit(headers={"Accept": "text/html"}, status=409)
    assert "you have 2 builds under way" in refused.html.find(role="alert").text


def test_the_queue_is_filtered_and_goes_on_by_key(workshop):
    ada = workshop.browser()
    assert "Nothing was built yet" in ada.open("/-/builds", status=200).text
    first = workshop.order(name="ada/lab/old:1")
    for number in range(51):
        workshop.order(name=f"ada/lab/blast:{number}")
        workshop.registry.clock.move(timedelta(seconds=1))
    workshop.order("fail so", name="ada/other/blast:1")
    workshop.order(name="bob/lab/blast:1", who="bob")
    workshop.registry.run_jobs()

    def shown(query=""):
        return ada.open(f"/-/builds{query}", status=200)

    page = shown()
    assert len(page.html.select(".build-rows > li")) == 50
    assert "bob/lab" not in page.text
    rest = ada.open(page.html.find("a", rel="next")["href"], status=200)
    links = [a["href"] for a in (*page.html.select(".what a"), *rest.html.select(".what a"))]
    assert len(links) == len(set(links)) == 53
    assert f"/-/builds/{first}" in links
    failed = shown("?state=failed")
    assert [a.text for a in failed.html.select(".what a")] == ["ada/other/blast:1"]
    assert "so" in failed.html.select_one(".why").text
    assert len(shown("?in=ada/lab/old").html.select(".build-rows > li")) == 1
    assert len(shown("?in=ada/other").html.select(".build-rows > li")) == 1
    assert "No build is like that" in shown("?state=under-way").text
    following = shown("?in=ada/lab&state=ended").html.find("a", rel="next")["href"]
    assert "in=ada%2Flab" in following and "state=ended" in following
    ada.open("/-/builds?state=none", status=400)
    ada.open("/-/builds?in=nobody/lab", status=404)


def test_administrators_see_all_and_strangers_nothing(workshop):
    build = workshop.order()
    workshop.registry.user("root", is_admin=True)

    assert build in workshop.browser("root").open("/-/builds").text
    assert build not in workshop.browser("bob").open("/-/builds").text
    workshop.browser("bob").open("/-/builds?in=ada/lab", status=403)
    workshop.registry.hide("ada/lab")
    workshop.browser("bob").open("/-/builds?in=ada/lab", status=404)
    for path in ("", "/log", "/log.txt"):
        workshop.browser("bob").open(f"/-/builds/{build}{path}", status=404)
    away = workshop.browser(None).open("/-/builds", status=303)
    assert "/auth/sign-in" in away.location


def test_a_build_is_ended_and_tried_again(workshop):
    build = workshop.order()
    ada = workshop.browser()
    page = ada.open(f"/-/builds/{build}")
    ended = form_of(page, "cancel").submit(status=303)
    page = ada.open(ended.location)
    assert "The build was cancelled." in page.text
    assert "was never begun" in page.text
    again = form_of(page, "retry").submit(status=303)
    assert build not in again.location
    assert f'href="/-/builds/{build}"' in ada.open(again.location).text
    # The form of a page that is out of date.
    form_of(ada.open(again.location), "cancel").submit(status=303)
    stale = ada.open(again.location)
    token = form_of(stale, "retry")["csrf_token"].value
    path = again.location.partition("?")[0].removeprefix("http://registry.test")
    refused = ada.post(f"{path}/cancel", {"csrf_token": token}, status=409)
    assert "cancelled already" in refused.html.find(role="alert").text


@pytest.mark.parametrize("deed", ["cancel", "retry"])
def test_forms_from_elsewhere_do_nothing(workshop, deed):
    build = workshop.order()
    ada = workshop.browser()

    ada.post(f"/-/builds/{build}/{deed}", {"csrf_token": "forged"}, status=403)
    ada.post("/-/builds/order", {"name": "ada/lab/x"}, status=403)

    assert "The build waits" in ada.open(f"/-/builds/{build}").text


def test_whoever_ordered_hears_what_became_of_it(workshop):
    good = workshop.order("say hello")
    bad = workshop.order("fail for a reason", name="ada/lab/other:1")
    workshop.registry.run_jobs()

    news = workshop.browser().open("/-/news", status=200)

    assert "The build of ada/lab/blast:1 has succeeded" in news.text
    assert "The build of ada/lab/other:1 has failed" in news.text
    for build in (good, bad):
        assert news.html.find("a", href=f"/-/builds/{build}")


def test_the_source_of_a_build_is_linked_and_keeps_its_secrets(workshop):
    build = workshop.order(
        source={
            "repository": "https://ada:swordfish@github.com/ada/recipes.git",
            "commit": "c" * 40,
            "path": "a b/Singularity.blast",
        }
    )
    page = workshop.browser().open(f"/-/builds/{build}", status=200)

    assert "swordfish" not in page.text
    assert page.html.find("a", href="https://github.com/ada/recipes")
    blob = f"https://github.com/ada/recipes/blob/{'c' * 40}/a%20b/Singularity.blast"
    assert page.html.find("a", href=blob)


def test_no_number_of_queries_grows_with_the_builds(workshop):
    ada = workshop.browser()

    def asked(path):
        with statements_of(workshop.registry.parts.database) as sent:
            ada.open(path, status=200)
        return len(sent)

    workshop.order()
    few = asked("/-/builds?in=ada/lab")
    for number in range(20):
        workshop.order(name=f"ada/lab/many-{number}:1")
    assert asked("/-/builds?in=ada/lab") == few


def test_without_a_builder_nothing_leads_there(make_registry):
    registry = make_registry(protocols=PROTOCOLS)
    ada = registry.user("ada")
    ada.push("ada/lab/blast:1", make_sif(definition="Bootstrap: scratch\n"))
    registry.run_jobs()
    browser = Workshop(registry).browser()

    for path in ("/", "/ada/lab", "/ada/lab/blast", "/ada/lab/blast:1"):
        assert "/-/builds" not in browser.open(path, status=200).text
    browser.open("/-/builds/new", status=404)


def test_pages_of_a_collection_lead_to_its_builds(workshop):
    workshop.order()
    workshop.registry.run_jobs()
    ada = workshop.browser()

    for path in ("/ada/lab", "/ada/lab/blast"):
        link = ada.open(path, status=200).html.find("a", string="Builds", href=re.compile("in="))
        assert len(ada.open(link["href"], status=200).html.select(".build-rows > li")) == 1
        assert not workshop.browser("bob").open(path).html.find("a", href=re.compile("in="))
