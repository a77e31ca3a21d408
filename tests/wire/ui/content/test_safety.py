"""Nothing that somebody has written becomes more than text; what is hidden is as what is absent."""

import re
from xml.etree import ElementTree

import pytest

from sregistry_core.models import Container, Image
from sregistry_core.names import ContainerName

SCRIPT = "<script>alert(1)</script>"
REQUEST = re.compile(r"request <code>[0-9a-f]+</code>")
"""Each page of a refusal says which request it answers."""
EVIL = f'"><img src=x onerror=alert(1)>{SCRIPT}</pre></code></dd>'
DESCRIPTION = f"""
# Evil {SCRIPT}

<img src=x onerror=alert(1)> [click](javascript:alert(1)) [data](data:text/html,hi)
![a picture](https://elsewhere.test/x.png "title") ![](javascript:alert(1))
<iframe src="https://elsewhere.test"></iframe>
[good](https://example.org) <svg onload=alert(1)>

```html
{SCRIPT}
```
"""


def is_harmless(page):
    """No element that somebody has smuggled in, and no address that runs something."""
    html = page.html
    assert [one for one in html.find_all("script") if one.get("type") != "application/ld+json"] == [
        html.find("script", src=True)
    ]
    for one in html.find_all(True):
        assert not [name for name in one.attrs if name.startswith("on")], one
        for name in ("href", "src", "action"):
            assert not str(one.get(name, "")).lower().startswith(("javascript:", "data:")), one
    assert not html.find_all(["iframe", "object", "embed"])
    assert {image["src"].partition("?")[0] for image in html.find_all("img")} <= {
        "/static/ui/mark.svg",
        "/ada/lab/blast/-/badge.svg",
    }
    return True


@pytest.fixture
def evil(registry, shelf, ada):
    """A registry where everything that can be written is a script."""
    image = shelf.image(
        labels={EVIL: EVIL, "rtl": "\u202eright to left \u05d0\u05d1", "long": "x" * 5000},
        definition=f"Bootstrap: docker\n%post\n  {EVIL}\n%help\n{EVIL}\n",
        runscript=EVIL,
        attributes={"help": EVIL, "environment": {EVIL: EVIL}, "apps": {EVIL: {"help": EVIL}}},
    )
    ada.push("ada/lab/blast:1", image)
    ada.push("ada/lab/blast:2", shelf.image(2))
    registry.run_jobs()
    shelf.describe("ada/lab", DESCRIPTION, ["<b>topic"])
    with registry.parts.unit()() as services:
        container = services.catalog.container(ContainerName("ada", "lab", "blast"))
        services.catalog.change_container(container, description=DESCRIPTION)
        entity = container.collection.entity
        entity.description = DESCRIPTION
        for found in services.db.query(Image):
            found.description = DESCRIPTION
    return shelf


def test_what_people_write_stays_text(evil):
    browser = evil.browser("ada")
    for path in (
        "/ada",
        "/ada/lab",
        "/ada/lab/blast",
        "/ada/lab/blast:1",
        "/ada/lab/blast/-/history",
        "/-/compare?left=ada/lab/blast:1&right=ada/lab/blast:2",
        f"/-/compare?left={SCRIPT}&right={SCRIPT}",
    ):
        assert is_harmless(browser.open(path, expect_errors=True)), path
    shown = browser.open("/ada/lab").html
    assert shown.find("a", string="a picture")["href"] == "https://elsewhere.test/x.png"
    assert "noopener" in shown.find("a", string="good")["rel"]
    headings = shown.find("section", class_="prose").find_all(["h1", "h2"])
    assert [one["id"] for one in headings] == ["about"]
    feed = browser.open("/ada/lab/-/feed.atom")
    assert ElementTree.fromstring(feed.body).tag.endswith("}feed")
    assert SCRIPT not in feed.text
    label = browser.open("/ada/lab/blast:1").html.find("dt", string="rtl")
    assert label.find_next("dd").bdi.text.startswith("\u202e")


def test_names_of_artifacts_stay_text(registry, shelf, ada):
    shelf.oci(ada).push_artifact(
        "ada/lab/blast", "1", annotations={EVIL: EVIL}, config=b'{"a": "</script><b>"}'
    )

    assert is_harmless(shelf.browser().open("/ada/lab/blast:1", status=200))


@pytest.mark.parametrize(
    ("hidden", "absent"),
    [
        ("/ada/lab", "/ada/bal"),
        ("/ada/lab/blast", "/ada/bal/blast"),
        ("/ada/lab/blast:1", "/ada/bal/blast:1"),
        ("/ada/lab/blast/-/history", "/ada/bal/blast/-/history"),
        ("/ada/lab/blast/-/badge.svg", "/ada/bal/blast/-/badge.svg"),
        ("/ada/lab/-/feed.atom", "/ada/bal/-/feed.atom"),
        ("/-/compare?left=ada/lab/blast:1", "/-/compare?left=ada/bal/blast:1"),
    ],
)
def test_a_page_of_a_hidden_thing_is_that_of_an_absent_one(closed, hidden, absent):
    browser = closed.browser("bob")

    there, nowhere = (browser.open(one, status=404).text for one in (hidden, absent))

    def told(page):
        return REQUEST.sub("", page)

    assert told(there) == told(nowhere).replace("ada/bal", "ada/lab")


@pytest.fixture(scope="module")
def closed(lab):
    """Ada's collection, private."""
    lab.registry.hide("ada/lab")
    yield lab
    lab.registry.hide("ada/lab", private=False)


def test_images_that_cannot_be_read_have_a_page(registry, shelf, ada):
    ada.push("ada/lab/opaque:1", b"this is no image")
    ada.push("ada/lab/encrypted:1", shelf.image(encrypted=True))
    before = shelf.browser().open("/ada/lab/opaque:1", status=200).text
    registry.run_jobs()

    opaque = shelf.browser().open("/ada/lab/opaque:1", status=200).text
    encrypted = shelf.browser().open("/ada/lab/encrypted:1", status=200).text

    assert "is being read" in before
    assert "The file could not be read:" in opaque
    assert "The file system of this image is encrypted" in encrypted


def test_a_name_that_is_nearly_too_long_has_a_page(registry, shelf, ada):
    name = f"ada/{'c' * 39}/{'b' * 64}"
    ada.push(f"{name}:{'t' * 128}", shelf.image())

    for path in (f"/{name}", f"/{name}:{'t' * 128}", f"/ada/{'c' * 39}"):
        shelf.browser().open(path, status=200)
    with registry.parts.unit()() as services:
        assert services.db.query(Container).count() == 1
