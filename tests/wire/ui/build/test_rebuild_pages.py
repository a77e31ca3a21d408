"""Rebuilds in the browser, without scripts: added, shown, changed, done at once, removed."""

import pytest

from sregistry_core.testing.statements import statements_of

from .conftest import form_of

PAGE = "/ada/lab/-/rebuilds"
HOSTILE = "<script>document.title = 1</script>"


@pytest.fixture
def file(tmp_path):
    """What decides what a build gives."""
    path = tmp_path / "what-is-built"
    path.write_text("label a=1")
    return path


@pytest.fixture
def ada(workshop, file):
    """Ada at a browser; an image of hers was built here."""
    workshop.order(recipe(file))
    workshop.registry.run_jobs()
    return workshop.browser()


def recipe(file):
    return f"Bootstrap: docker\nFrom: alpine\nfollow {file}"


def add(browser, path=PAGE, status=303, **fields):
    """Send the form that adds a schedule."""
    page = browser.open(path, status=200)
    form = next(one for one in page.forms.values() if "every_days" in one.fields)
    for name, value in fields.items():
        form[name] = value
    return form.submit(headers={"Accept": "text/html"}, status=status)


def rows_of(page):
    return [" ".join(row.text.split()) for row in page.html.select(".rebuilds > li .what")]


def test_an_image_leads_to_its_schedule_which_is_added_and_shown(workshop, ada):
    image = ada.open("/ada/lab/blast:1", status=200)
    link = image.html.find("a", string="Build it anew by itself")["href"].partition("#")[0]
    empty = ada.open(link, status=200)
    assert "Nothing is built anew by itself." in empty.text

    added = add(ada, link, when_base_moves=True)

    shown = ada.open(added.location, status=200)
    assert "The image will be built anew by itself." in shown.text
    (row,) = rows_of(shown)
    assert row.startswith("blast:1 amd64 Every 7 days, and when a base image moves. Next: ")
    assert "With the rights of ada. Not built anew yet. docker://alpine" in row


def test_it_is_built_at_once_and_its_report_says_what_has_changed(workshop, ada, file):
    add(ada, container="blast", tag="1")
    file.write_text("label a=2")
    now = form_of(ada.open(PAGE), "rebuilds/now").submit(status=303)
    assert "is being built anew" in ada.open(now.location).text

    workshop.registry.run_jobs()

    page = ada.open(PAGE, status=200)
    (row,) = rows_of(page)
    assert "Changed" in row and "1 label" in row
    build = page.html.find("a", attrs={"aria-label": "The build of blast:1"})["href"]
    assert "The build has succeeded" in ada.open(build, status=200).text
    form_of(page, "rebuilds/now").submit(status=303)
    workshop.registry.run_jobs()
    assert "Same as before" in rows_of(ada.open(PAGE))[0]


def test_one_that_fails_is_told_as_broken_with_its_reason(workshop, ada, file):
    file.write_text(f"fail {HOSTILE}")
    add(ada, container="blast", tag="1", every_days="1")
    form_of(ada.open(PAGE), "rebuilds/now").submit(status=303)
    workshop.registry.run_jobs()

    page = ada.open(PAGE, status=200)

    (row,) = rows_of(page)
    assert "Every day." in row and "Broken" in row and HOSTILE in row
    assert HOSTILE not in page.text


def test_it_is_changed_with_what_stands_and_removed(ada):
    add(ada, container="blast", tag="1", every_days="30", when_base_moves=True)
    page = ada.open(PAGE)
    link = page.html.find("a", string="Change when")["href"].partition("#")[0]
    form = next(
        one for one in ada.open(link, status=200).forms.values() if "every_days" in one.fields
    )
    assert (form["container"].value, form["tag"].value) == ("blast", "1")
    assert (form["every_days"].value, form["when_base_moves"].checked) == ("30", True)
    form["every_days"] = ""
    form.submit(status=303)
    assert "When a base image moves." in rows_of(ada.open(PAGE))[0]

    removed = form_of(ada.open(PAGE), "rebuilds/remove").submit(status=303)

    assert "not built anew by itself any more" in ada.open(removed.location).text
    assert rows_of(ada.open(PAGE)) == []


@pytest.mark.parametrize(
    ("fields", "status", "reason"),
    [
        ({"container": "absent"}, 400, "does not exist"),
        ({"tag": "absent"}, 400, "does not exist"),
        ({"arch": "arm64"}, 400, "for arm64"),
        ({"every_days": "0"}, 400, "every 1 to 365 days"),
        ({"every_days": "soon"}, 400, "is no number of days"),
        ({"every_days": ""}, 400, "say every how many days"),
    ],
)
def test_what_is_refused_is_said_beside_the_form_with_what_was_typed(ada, fields, status, reason):
    page = add(ada, status=status, **{"container": "blast", "tag": "1", **fields})

    assert reason in page.html.find(attrs={"role": "alert"}).text
    for name, value in fields.items():
        assert page.html.find("input", attrs={"name": name})["value"] == value
    assert rows_of(ada.open(PAGE)) == []


def test_only_who_manages_the_collection_sees_it(workshop, ada):
    add(ada, container="blast", tag="1")
    assert workshop.browser("bob").open(PAGE, status=403)
    bobs = workshop.browser("bob").open("/ada/lab/blast:1", status=200)
    assert "Build it anew by itself" not in bobs.text
    workshop.registry.hide("ada/lab")
    hidden = workshop.browser("bob").open(PAGE, status=404)
    absent = workshop.browser("bob").open("/ada/gap/-/rebuilds", status=404)
    said = hidden.html.select_one(".reason").text.replace("ada/lab", "ada/gap")
    assert said == absent.html.select_one(".reason").text


def test_the_number_of_queries_does_not_grow_with_the_schedules(workshop, ada, file):
    for number in range(2, 5):
        workshop.order(recipe(file), f"ada/lab/blast{number}:1")
    workshop.registry.run_jobs()
    counts = []
    for number in range(2, 5):
        add(ada, container=f"blast{number}", tag="1")
        ada.open(PAGE, status=200)
        with statements_of(workshop.registry.parts.database) as asked:
            assert len(rows_of(ada.open(PAGE, status=200))) == number - 1
        counts.append(len(asked))
    assert len(set(counts)) == 1
