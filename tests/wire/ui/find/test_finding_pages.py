"""Home, explore, search and stars, as a reader without scripts goes through them."""

import pytest

from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.statements import statements_of

HTML = {"Accept": "text/html"}


@pytest.fixture
def filled(registry, ada, bob):
    """Three containers of Ada, one of them private, summed up by the job."""
    ada.push("ada/lab/blast:2.13", make_sif(labels={"license": "MIT"}))
    ada.push("ada/lab/samtools:1", make_sif(arch="arm64"), arch="arm64")
    ada.push("ada/secret/blast:1", make_sif(labels={"license": "none"}))
    registry.run_jobs()
    registry.hide("ada/secret")
    return registry


def names(page):
    return [link["href"] for link in page.html.select(".hit h2 a, .hit h3 a")]


def test_home_shows_what_is_new_and_a_first_visitor_how_to_begin(filled, browser):
    page = browser.open("/")

    assert set(names(page)) == {"/ada/lab/blast", "/ada/lab/samtools"}
    assert page.html.find(id="begin-title")
    assert page.html.find(id="mine-title") is None


def test_home_shows_what_is_mine_and_what_others_use(filled, ada, browser):
    ada.pull("ada/lab/blast:2.13", status=200)
    filled.parts.jobs.write_tally()
    browser.sign_in("bob", status=303)
    browser.open("/-/explore").forms[1].submit(headers=HTML, status=303)
    mine = browser.open("/")

    assert [link["href"] for link in mine.html.select("section[aria-labelledby=mine-title] a")] == [
        "/-/guide#push"
    ]
    starred = mine.html.select("section[aria-labelledby=starred-title] h3 a")
    assert [link["href"] for link in starred] == ["/ada/lab"]
    pulled = mine.html.select("section[aria-labelledby=pulled-title] h3 a")
    assert [link["href"] for link in pulled] == ["/ada/lab/blast"]


def test_a_search_is_filled_in_sent_and_kept_as_an_address(filled, browser):
    page = browser.open("/-/search")
    form = next(one for one in page.forms.values() if "since" in one.fields)
    form["q"], form["arch"], form["order"] = "a", "arm64", "name"
    found = form.submit(headers=HTML)

    assert names(found) == ["/ada/lab/samtools"]
    assert found.html.find(class_="count").get_text(strip=True) == "1 container"
    again = next(one for one in found.forms.values() if "since" in one.fields)
    assert (again["q"].value, again["arch"].value, again["order"].value) == ("a", "arm64", "name")
    chip = found.html.select_one(".chips a")
    assert chip["href"] == "/-/search?q=a&order=name"
    assert names(browser.open(chip["href"])) == ["/ada/lab/blast", "/ada/lab/samtools"]


def test_the_header_searches_from_every_page(filled, browser):
    form = browser.open("/auth/sign-in").forms["asking"]

    # The field stands in the header, and belongs to the form by its name.
    assert form["q"].value == ""
    form["q"] = "blast"
    assert names(form.submit(headers=HTML)) == ["/ada/lab/blast"]


def test_a_mistake_is_told_beside_its_field_and_what_was_typed_is_kept(filled, browser):
    page = browser.open("/-/search?q=blast&smallest=huge&since=tomorrow&order=size", status=400)

    told = {one["id"] for one in page.html.find_all(role="alert")}
    assert told == {"smallest-complaint", "since-complaint", "order-complaint"}
    field = page.html.find(id="f-smallest")
    assert (field["value"], field["aria-describedby"]) == ("huge", "smallest-complaint")
    assert names(page) == ["/ada/lab/blast"]


def test_sizes_are_read_as_people_write_them(filled, browser):
    for said, found in (("1", 2), ("1 b", 2), ("0.001 KiB", 2), ("1.5 GiB", 0), ("2gb", 0)):
        page = browser.open("/-/search", params={"smallest": said})
        assert len(names(page)) == found


def test_nothing_found_says_what_to_do_next(filled, browser):
    page = browser.open("/-/search?q=absent")

    assert "Nothing found" in page
    assert page.html.select_one(".empty a[href='/auth/sign-in']")


def test_private_things_are_found_by_those_who_may_see_them_alone(filled, browser, open_browser):
    home, bob = browser, open_browser()
    home.sign_in(status=303)
    bob.sign_in("bob", status=303)

    for path in ("/", "/-/explore", "/-/explore?show=containers", "/-/search?q=blast"):
        assert "secret" in home.open(path)
        assert "secret" not in bob.open(path)
    assert bob.open("/-/search?q=license").html.find(class_="count").get_text(strip=True) == (
        "Nothing found"
    )
    mine = home.open("/-/explore?mine=yes")
    assert set(names(mine)) == {"/ada/lab", "/ada/secret"}


def test_a_star_is_given_listed_and_taken_back(filled, browser):
    browser.sign_in("bob", status=303)
    page = browser.open("/-/explore")
    star = page.html.select_one("form.star")
    assert star["action"] == "/ada/lab/-/star"
    answer = page.forms[1].submit(headers=HTML, status=303)
    assert answer.location.endswith("/-/explore?order=name")

    page = browser.open("/-/stars")
    assert names(page) == ["/ada/lab"]
    assert page.html.select_one("form.star .count").get_text() == "1"
    page.forms[1].submit(headers=HTML, status=303)
    assert names(browser.open("/-/stars")) == []


def test_a_star_leads_nowhere_else_and_not_to_what_is_hidden(filled, browser):
    browser.sign_in("bob", status=303)
    token = browser.open("/auth/tokens").forms[0]["csrf_token"].value

    fields = {"csrf_token": token, "back": "https://evil.example/"}
    answer = browser.post("/ada/lab/-/star", fields, status=303)
    assert answer.location == "http://localhost/"
    browser.post("/ada/secret/-/star", {"csrf_token": token}, status=404)
    browser.post("/ada/lab/-/star", {"back": "/"}, status=403)


def test_pages_follow_one_another(filled, ada, browser):
    for number in range(26):
        ada.push(f"ada/many/c{number:02}:1", make_sif(labels={"n": "x"}))
    filled.run_jobs()

    first = browser.open("/-/search?q=many&order=name")
    second = browser.open(first.html.select_one(".pages .next")["href"])
    assert (len(names(first)), names(second)) == (25, ["/ada/many/c25"])
    assert second.html.select_one(".pages a")["href"] == "/-/search?q=many&order=name"
    assert browser.open("/-/search?q=many&after=nonsense").html.select(".hit")


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\u202eabc", "'\"><b>", "%", "a" * 5000]
)
def test_hostile_words_stay_words(filled, browser, text):
    page = browser.open("/-/search", params={"q": text})

    assert page.html.find(id="f-q")["value"] == text.strip()[:200]
    assert all(script.get("src") for script in page.html.find_all("script"))


def test_the_number_of_queries_does_not_grow_with_the_rows(filled, ada, browser):
    paths = ("/", "/-/explore", "/-/explore?show=containers", "/-/search?q=a", "/-/stars")
    browser.sign_in("ada", status=303)

    def count():
        numbers = []
        for path in paths:
            with statements_of(filled.parts.database) as sent:
                browser.open(path)
            numbers.append(len(sent))
        return numbers

    before = count()
    for number in range(5):
        ada.push(f"ada/a{number}/a{number}:1", make_sif(labels={"n": "x"}))
        filled.hide(f"ada/a{number}")
    filled.run_jobs()

    assert count() == before
