"""Uploads from the browser: in pieces, and as one form; refused before the first byte."""

import re
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from sregistry_core.models import BlobUpload, Container, Image
from sregistry_core.names import ContainerName
from sregistry_core.testing.browser import Browser
from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif(payload_size=50_000)
PIECE, SIZE = 20_000, len(IMAGE)


class Sender:
    """Somebody's browser with the script of the page: it shows the token of the form."""

    def __init__(self, browser):
        self.browser = browser
        page = browser.open("/-/upload", status=200)
        self.token = re.search(r'data-token="([^"]+)"', page.text)[1]
        self.headers = {"X-CSRF-Token": self.token, "Accept": "application/json"}

    def begin(self, name="ada/lab/blast", tag="1", size=SIZE, status=201):
        fields = {"name": name, "tag": tag, "size": str(size)}
        return self.browser.app.post("/-/uploads", fields, headers=self.headers, status=status)

    def put(self, address, first, content, status=200, **headers):
        return self.browser.app.put(
            f"{address}?first={first}", content, headers={**self.headers, **headers}, status=status
        )

    def get(self, address, status=200):
        return self.browser.app.get(address, headers=self.headers, status=status)

    def finish(self, address, status=200):
        return self.browser.app.post(f"{address}/finish", headers=self.headers, status=status)

    def delete(self, address, status=204):
        return self.browser.app.delete(address, headers=self.headers, status=status)


def signed_in(registry, name):
    browser = Browser(registry)
    browser.sign_in(name, status=303)
    return browser


@pytest.fixture
def sender(registry, ada):
    ada.push("ada/lab/other:1", make_sif())
    return Sender(signed_in(registry, "ada"))


def count(registry, table):
    with registry.parts.database.transaction(writes=False) as db:
        return db.scalar(select(func.count()).select_from(table))


def test_pieces_become_an_image(registry, sender, ada):
    address = sender.begin().json["address"]
    for first in range(0, len(IMAGE), PIECE):
        answer = sender.put(address, first, IMAGE[first : first + PIECE])
        assert answer.json["received"] == min(first + PIECE, len(IMAGE))
    done = sender.finish(address).json
    assert done["address"] == "/ada/lab/blast:1"
    assert ada.pull("ada/lab/blast:1", status=200).body == IMAGE
    assert count(registry, BlobUpload) == 0
    assert [*registry.parts.facilities.staging.root.glob("uploads/*")] == []


def test_the_registry_says_where_to_go_on(sender):
    address = sender.begin().json["address"]
    sender.put(address, 0, IMAGE[:PIECE])
    assert sender.get(address).json["received"] == PIECE
    again = sender.put(address, 0, IMAGE[:PIECE], status=409)
    assert again.json["received"] == PIECE
    gap = sender.put(address, 2 * PIECE, IMAGE[2 * PIECE :], status=409)
    assert gap.json["received"] == PIECE
    sender.put(address, PIECE, IMAGE[PIECE:])
    assert sender.finish(address, status=200)


def test_what_is_not_complete_is_not_published(registry, sender):
    address = sender.begin().json["address"]
    sender.put(address, 0, IMAGE[:PIECE])
    refusal = sender.finish(address, status=400)
    assert refusal.json["detail"] == f"{PIECE} of {len(IMAGE)} bytes have arrived"
    sender.put(address, PIECE, IMAGE[PIECE:] + b"more", status=413)
    assert sender.get(address).json["received"] == PIECE


def test_an_upload_can_be_given_up(registry, sender):
    address = sender.begin().json["address"]
    sender.put(address, 0, IMAGE[:PIECE])
    sender.delete(address)
    sender.get(address, status=404)
    assert count(registry, BlobUpload) == 0
    assert [*registry.parts.facilities.staging.root.glob("uploads/*")] == []


@pytest.mark.parametrize(
    ("name", "tag", "size", "status", "words"),
    [
        ("ada/lab/blast", "1", 0, 400, "the file is empty"),
        ("ada/lab/blast", "1", 10**15, 413, "more than the"),
        ("ada/lab", "1", 5, 400, "OWNER/COLLECTION/NAME"),
        ("ada/lab/../../etc", "1", 5, 400, "OWNER/COLLECTION/NAME"),
        ("ada/lab/b<script>", "1", 5, 400, "is no name for a container"),
        ("ada/lab/blast", "a b", 5, 400, "is no tag"),
        ("ada/nothing/blast", "1", 5, 404, "ada/nothing does not exist"),
        ("bob/secret/blast", "1", 5, 404, "bob/secret does not exist"),
        ("bob/open/blast", "1", 5, 403, "ada may not push bob/open"),
        ("ada/lab/other", "1", 5, 409, "frozen"),
    ],
)
def test_it_is_refused_before_the_first_byte(
    registry, sender, ada, bob, name, tag, size, status, words
):
    bob.push("bob/secret/x:1", make_sif())
    bob.push("bob/open/x:1", make_sif())
    registry.hide("bob/secret")
    with registry.parts.unit()() as services:
        other = services.catalog.container(ContainerName.parse("ada/lab/other", home=""))
        services.catalog.change_container(other, frozen=True)
    before = count(registry, Container)
    refusal = sender.begin(name, tag, size, status=status)
    assert words in refusal.json["detail"]
    assert count(registry, BlobUpload) == 0
    assert count(registry, Container) == before


def test_a_quota_is_looked_at_before_the_first_byte(registry, sender):
    with registry.parts.unit()() as services:
        services.quotas.set("ada", 30_000)
    refusal = sender.begin(status=403)
    assert "ada has a quota of 29.3 KiB" in refusal.json["detail"]
    assert count(registry, BlobUpload) == 0


def test_nobody_is_sent_to_sign_in(registry):
    answer = Browser(registry).open("/-/upload", status=303)
    assert answer.location.endswith("/auth/sign-in?next=%2F-%2Fupload")


def test_somebody_elses_upload_is_as_absent(registry, sender, bob):
    registry.hide("ada/lab")
    address = sender.begin().json["address"]
    theirs = Sender(signed_in(registry, "bob"))
    forged = f"/-/uploads/{quote('forged')}"
    for where in (address, forged):
        theirs.get(where, status=404)
        theirs.put(where, 0, b"x", status=404)
        theirs.finish(where, status=404)
        theirs.delete(where, status=404)
    assert sender.get(address).json["received"] == 0


def test_a_page_elsewhere_cannot_upload(registry, sender):
    address = sender.begin().json["address"]
    app, session = sender.browser.app, {"Accept": "application/json"}
    foreign = {**sender.headers, "Origin": "https://evil.test"}
    for headers in (session, foreign, {**session, "X-CSRF-Token": "wrong"}):
        app.post(
            "/-/uploads",
            {"name": "ada/lab/x", "tag": "1", "size": "5"},
            headers=headers,
            status=403,
        )
        app.put(f"{address}?first=0", b"x", headers=headers, status=403)
        app.post(f"{address}/finish", headers=headers, status=403)
        app.delete(address, headers=headers, status=403)
        app.post(
            "/-/upload/whole",
            {"name": "ada/lab/x", "tag": "1"},
            upload_files=[("file", "x.sif", IMAGE)],
            headers=headers,
            status=403,
        )
    assert sender.get(address).json["received"] == 0
    assert count(registry, Image) == 1


def form(sender, name="ada/lab/blast", tag="1", file_name="blast.sif", content=IMAGE, **options):
    return sender.browser.app.post(
        f"/-/upload/whole?csrf_token={sender.token}",
        {"name": name, "tag": tag},
        upload_files=[("file", file_name, content)],
        headers={"Accept": "text/html"},
        **options,
    )


def test_the_form_works_without_scripts(sender, ada):
    done = form(sender, status=303)
    assert done.location.endswith("/ada/lab/blast:1?done=uploaded")
    page = sender.browser.open(done.location)
    assert "The image is uploaded" in page.html.find(role="status").get_text()
    assert ada.pull("ada/lab/blast:1", status=200).body == IMAGE


@pytest.mark.parametrize("name", ["../../etc/passwd", "<script>alert(1)</script>.sif", "a\\b", "ü"])
def test_the_name_of_the_file_is_nothing_to_us(sender, ada, registry, name):
    form(sender, file_name=name, status=303)
    assert ada.pull("ada/lab/blast:1", status=200).body == IMAGE
    assert b"<script>alert" not in registry.written()


def test_a_form_that_is_refused_keeps_what_was_typed(registry, sender, bob):
    bob.push("bob/open/x:1", make_sif())
    page = form(sender, name="bob/open/blast", tag="7", status=403)
    assert "ada may not push bob/open" in page.html.find(role="alert").get_text()
    assert page.html.find("input", id="name")["value"] == "bob/open/blast"
    assert page.html.find("input", id="tag")["value"] == "7"
    bad = form(sender, name="ada/lab/<b>", status=400)
    assert "<b>" not in str(bad.html.find("main")).replace("&lt;b&gt;", "")
    assert count(registry, Image) == 2


def test_what_is_no_image_is_refused_and_not_kept(make_registry):
    registry = make_registry(require_sif="true", protocols="library discovery transfer ui")
    ada = registry.user("ada")
    ada.push("ada/lab/other:1", make_sif())
    sender = Sender(signed_in(registry, "ada"))
    address = sender.begin(size=5).json["address"]
    sender.put(address, 0, b"hello")
    assert "sif" in sender.finish(address, status=400).json["detail"].lower()
    assert [*registry.parts.facilities.staging.root.glob("uploads/*")] == []


def test_the_page_fills_in_where_one_came_from(sender):
    page = sender.browser.open("/-/upload?to=ada/lab", status=200)
    assert page.html.find("input", id="name")["value"] == "ada/lab/"
    options = [one["value"] for one in page.html.find("datalist").find_all("option")]
    assert options == ["ada/lab/"]
    script = sender.browser.open('/-/upload?to="><script>x</script>', status=200)
    assert "<script>x" not in script.text


def test_the_page_is_well_made(sender, read):
    assert read(sender.browser.open("/-/upload")).complaints == []
