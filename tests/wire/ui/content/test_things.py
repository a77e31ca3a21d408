"""Entities, collections, containers and images have a page each, at the address of their name."""

import hashlib
import json
from xml.etree import ElementTree

import pytest


@pytest.mark.parametrize(
    ("path", "shows"),
    [
        ("/ada", 'href="/ada/lab"'),
        ("/ada/lab", "<strong>all</strong>"),
        ("/ADA/Lab", "<strong>all</strong>"),
        ("/ada/lab/blast", 'href="/ada/lab/blast:latest"'),
        ("/ada/lab/blast:1", "as small as it gets"),
        ("/ada/lab/blast:2?arch=arm64", '?arch=arm64" aria-current="true"'),
        ("/ada/lab/blast/-/history", "amd64"),
        ("/ada/lab/blast/-/history?tag=1", "History of 1"),
        ("/ada/lab/docker:1", "application/vnd.example.layer"),
        ("/tacc", "This registry"),
        ("/-/compare", "Compare two images"),
    ],
)
def test_a_thing_is_shown_at_the_address_of_its_name(lab, path, shows):
    assert shows in lab.browser().open(path, status=200).text


def test_every_page_is_well_made(lab, read):
    for path in (
        "/ada",
        "/ada/lab",
        "/ada/lab/blast",
        "/ada/lab/blast:2",
        "/ada/lab/docker:1",
        "/ada/lab/blast/-/history",
        "/-/compare?left=ada/lab/blast:1&right=ada/lab/blast:2",
    ):
        outline = read(lab.browser().open(path, status=200))
        identifiers = [one["id"] for _, one in outline.elements if "id" in one]
        assert outline.complaints == [], path
        assert len(identifiers) == len(set(identifiers)), path
        assert not [one for _, one in outline.elements if "style" in one], path


@pytest.mark.parametrize(
    "path",
    [
        "/nobody",
        "/ada/nothing",
        "/ada/lab/nothing",
        "/ada/lab/blast:9",
        "/ada/lab/blast@sha256:" + "0" * 64,
        "/ada/lab/blast@sha512:" + "0" * 128,
        "/ada/lab/blast@nonsense",
        "/ada/lab/blast:1?arch=s390x",
        "/ada/lab/blast:" + "x" * 200,
        "/" + "a" * 40,
        "/ada/" + "a" * 200,
        "/ada/-/",
        "/-/ada",
        "/ada/lab/-",
        "/ada/lab/blast/more",
        "/api/lab",
        "/v2/lab/blast",
        "/ada/lab/blast/-/history?tag=never",
    ],
)
def test_what_names_nothing_is_not_found(lab, path):
    page = lab.browser().open(path, status=404)

    assert page.content_type == "text/html" or path.startswith(("/api", "/v2"))


def test_an_image_is_shown_by_its_digest_and_by_those_of_its_manifests(lab):
    digest = f"sha256:{hashlib.sha256(lab.image(1)).hexdigest()}"

    assert "as small as it gets" in lab.browser().open(f"/ada/lab/blast@{digest}", status=200).text

    docker = lab.browser().open("/ada/lab/docker:1").html.find("dd", class_="digest").text
    assert "OCI artifact" in lab.browser().open(f"/ada/lab/docker@{docker}", status=200).text


def test_the_same_bytes_elsewhere_are_told_to_those_who_may_see_them(lab):
    def elsewhere(browser):
        page = browser.open("/ada/lab/blast:1", status=200)
        section = page.html.find("section", attrs={"aria-labelledby": "elsewhere-title"})
        return [link.text for link in section.find_all("a")]

    assert elsewhere(lab.browser()) == ["ada/other/copy:old"]
    assert elsewhere(lab.browser("ada")) == ["ada/other/copy:old", "ada/secret/copy:hidden"]


def test_settings_are_offered_to_those_who_may_change_them(lab):
    assert "/ada/lab/-/settings" in lab.browser("ada").open("/ada/lab").text
    assert "/-/settings" not in lab.browser("bob").open("/ada/lab").text
    assert 'id="push-title"' in lab.browser("ada").open("/ada/lab").text
    assert 'id="push-title"' not in lab.browser("bob").open("/ada/lab").text


def test_search_engines_are_told_what_an_image_is(lab):
    page = lab.browser().open("/ada/lab/blast:1").html

    told = json.loads(page.find("script", type="application/ld+json").string)

    assert told["@type"] == "SoftwareApplication"
    assert told["name"] == "ada/lab/blast"
    assert told["softwareVersion"] == "1"
    assert told["license"] == "MIT"
    assert told["description"] == "Images of all kinds."
    assert page.find("meta", property="og:title")["content"] == "ada/lab/blast:1"
    assert page.find("link", rel="canonical")["href"] == "http://registry.test/ada/lab/blast:1"


def test_nothing_of_a_private_image_is_told_to_search_engines(lab):
    page = lab.browser("ada").open("/ada/secret/copy:hidden", status=200)

    assert page.html.find("script", type="application/ld+json") is None


def test_two_images_are_compared(lab):
    page = lab.browser().open("/-/compare?left=ada/lab/blast:1&right=library://ada/lab/blast:2")

    lines = page.html.find("table", class_="lines")
    assert [row.code.text for row in lines.find_all("tr", class_="left")] == ["# number 1"]
    assert [row.code.text for row in lines.find_all("tr", class_="right")] == ["# number 2"]
    labels = page.html.find("section", attrs={"aria-labelledby": "labels-title"})
    assert labels.find("th", scope="row").text == "number"
    assert "The same in both: 2." in labels.text


def test_what_cannot_be_compared_is_said_beside_its_field(lab):
    page = (
        lab.browser().open("/-/compare?left=ada/secret/copy:hidden&right=a/b/c/d", status=404).html
    )

    assert page.find(id="left")["value"] == "ada/secret/copy:hidden"
    assert page.find(id="left-complaint").text == "ada/secret/copy:hidden does not exist."
    assert "more than three parts" in page.find(id="right-complaint").text
    assert page.find(id="right")["aria-describedby"] == "right-hint right-complaint"


def test_the_feeds_tell_of_new_images(lab):
    for path in ("/-/feed.atom", "/ada/-/feed.atom", "/ada/lab/-/feed.atom"):
        feed = lab.browser().open(path, status=200)
        assert feed.content_type == "application/atom+xml"
        assert "ada/lab/blast:1" in feed.text
        assert "hidden" not in feed.text
    assert "hidden" in lab.browser("ada").open("/-/feed.atom").text
    assert "other/copy" not in lab.browser().open("/ada/lab/-/feed.atom").text
    assert lab.browser().open("/ada/lab").html.find("link", type="application/atom+xml")


def test_crawlers_are_shown_what_is_public(lab):
    robots = lab.browser("ada").open("/robots.txt", status=200).text
    sitemap = lab.browser("ada").open("/sitemap.xml", status=200).text

    assert "Sitemap: http://registry.test/sitemap.xml" in robots
    assert "<loc>http://registry.test/ada/lab/blast</loc>" in sitemap
    assert "secret" not in sitemap


def addresses_in(sitemap):
    return [one for one in ElementTree.fromstring(sitemap.body).iter() if one.tag.endswith("}loc")]


def test_a_large_sitemap_comes_in_parts(lab, monkeypatch):
    from sregistry_core.protocols.ui.content import crawler_views

    monkeypatch.setattr(crawler_views, "LARGEST_PART", 1)
    index = lab.browser().open("/sitemap.xml", status=200)
    addresses = [one.text.removeprefix("http://registry.test") for one in addresses_in(index)]

    parts = [lab.browser().open(address, status=200) for address in addresses]

    found = [one.text for part in parts for one in addresses_in(part)]
    assert len(found) == len(set(found))
    assert "http://registry.test/ada/lab/docker" in found
    assert "http://registry.test/ada/other/copy" in found


def test_the_badge_is_a_picture_for_other_pages(lab):
    badge = lab.browser("ada").open("/ada/lab/blast/-/badge.svg", status=200)

    assert badge.content_type == "image/svg+xml"
    assert badge.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in badge.headers
    assert "blast:" in badge.text
    lab.browser("ada").open("/ada/secret/copy/-/badge.svg", status=404)
    assert "badge.svg" not in lab.browser("ada").open("/ada/secret/copy").text


@pytest.mark.parametrize(
    "command",
    [
        "apptainer pull --no-https library://registry.test/ada/lab/blast:latest",
        "singularity pull --no-https oras://registry.test/ada/lab/blast:latest",
        "apptainer pull --no-https shub://registry.test/ada/lab/blast:latest",
        "oras pull --plain-http registry.test/ada/lab/blast:latest",
        "SREGISTRY_CLIENT=registry sregistry pull lab/blast:latest",
        "curl -fL -o blast.sif "
        "'http://registry.test/api/v1/containers/ada/lab/blast/images/latest/file?arch=amd64'",
    ],
)
def test_each_client_has_its_commands(lab, command):
    page = lab.browser().open("/ada/lab/blast").html

    assert command in [code.text for code in page.select(".command code")]


def test_an_artifact_of_others_is_pulled_by_those_who_can(lab):
    page = lab.browser().open("/ada/lab/docker:1").html

    commands = [code.text for code in page.select(".command code")]
    assert "docker pull registry.test/ada/lab/docker:1" in commands
    assert not [one for one in commands if "library://" in one]
    assert '"os"' in page.find(id="configuration").text
