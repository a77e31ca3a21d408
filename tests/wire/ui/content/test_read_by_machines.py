"""What programs read of the pages, with readers of other people: feeds, sitemaps, previews."""

import json
from urllib.parse import urlsplit
from xml.etree import ElementTree

import feedparser
import pytest

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
SHOWN = ("/ada", "/ada/lab", "/ada/lab/blast", "/ada/lab/blast:1", "/ada/lab/blast:latest")


@pytest.mark.parametrize("path", ["/-/feed.atom", "/ada/-/feed.atom", "/ada/lab/-/feed.atom"])
def test_a_feed_reader_understands_the_feeds(lab, path):
    stranger = lab.browser()
    answer = stranger.open(path, status=200)

    feed = feedparser.parse(answer.body, response_headers={"content-type": answer.content_type})

    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "atom10"
    assert feed.feed.title
    assert feed.feed.id == f"http://registry.test{path}"
    links = {one.rel: one.href for one in feed.feed.links}
    assert links["self"] == f"http://registry.test{path}"
    assert stranger.open(urlsplit(links["alternate"]).path, status=200)
    moments = [one.updated_parsed for one in feed.entries]
    assert all(moments)
    assert moments == sorted(moments, reverse=True)
    assert len({one.id for one in feed.entries}) == len(feed.entries) > 0
    for entry in feed.entries:
        assert entry.author == "ada"
        assert "iB" in entry.summary
        assert entry.link.startswith("http://registry.test/ada/")
        assert stranger.open(urlsplit(entry.link).path, status=200)


def test_a_feed_of_nothing_is_a_feed_as_well(make_registry):
    registry = make_registry(protocols="discovery library ui")

    feed = feedparser.parse(registry.stranger.get("/-/feed.atom", status=200).body)

    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.entries == []
    assert feed.feed.updated_parsed


def test_every_address_of_the_sitemap_is_a_page_that_calls_itself_so(lab):
    stranger = lab.browser()
    addresses = [
        one.text
        for one in ElementTree.fromstring(stranger.open("/sitemap.xml").body).iter(f"{SITEMAP}loc")
    ]

    assert len(addresses) >= 4
    for address in addresses:
        page = stranger.open(urlsplit(address).path, status=200)
        canonical = page.html.find("link", rel="canonical")
        assert canonical is None or canonical["href"] == address
        assert page.html.find("meta", attrs={"name": "robots"}) is None


@pytest.mark.parametrize("path", SHOWN)
def test_a_link_to_a_page_has_a_preview_elsewhere(lab, path):
    page = lab.browser().open(path, status=200).html

    told = {one["property"]: one["content"] for one in page.find_all("meta", property=True)}

    assert told["og:title"] in page.title.get_text()
    assert told["og:site_name"] == "Test Registry"
    assert told["og:type"] == "website"
    assert told["og:url"].startswith("http://registry.test/ada")
    assert told["og:description"]


def test_what_search_engines_are_told_is_whole_and_true(lab):
    page = lab.browser().open("/ada/lab/blast:2", status=200).html

    blocks = page.find_all("script", type="application/ld+json")
    told = json.loads(blocks[0].string)

    assert len(blocks) == 1
    assert told["@context"] == "https://schema.org"
    assert told["url"].startswith("http://registry.test/ada/lab/blast:2")
    assert told["identifier"].startswith("sha256:")
    assert int(told["fileSize"]) > 0
    assert told["datePublished"].startswith("20")
    download = urlsplit(told["downloadUrl"])
    body = lab.registry.stranger.get(f"{download.path}?{download.query}", status=200).body
    assert len(body) == int(told["fileSize"])
