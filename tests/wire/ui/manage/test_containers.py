"""Containers on their pages: described, frozen, deleted, their tags, links and clean-up."""

from datetime import timedelta

import pytest

from sregistry_core.protocols.ui.amounts import in_bytes
from sregistry_core.testing.oci import OciClient
from sregistry_core.testing.sif_files import make_sif

ONE, TWO = (make_sif(labels={"n": str(number)}) for number in (1, 2))
AT = "/ada/lab/blast/-"


@pytest.fixture
def blast(ada, at_home):
    """Ada's browser; ada/lab/blast has the tags 1 and 2."""
    ada.push("ada/lab/blast:1", ONE)
    ada.push("ada/lab/blast:2", TWO)
    return at_home("ada")


def alert(page):
    """What the page complains of."""
    return page.html.find(attrs={"role": "alert"}).get_text()


def tags_of(ada):
    """The tags of the container."""
    found = ada.get("/api/v1/containers/ada/lab/blast/tags").json["items"]
    return sorted(one["tag"] for one in found)


def digest_of(ada, tag):
    """What a tag points at."""
    return ada.get(f"/api/v1/containers/ada/lab/blast/images/{tag}").json["digest"]


def test_a_container_is_described_and_frozen(blast, ada, fill):
    page = blast.open(f"{AT}/settings")
    fill(page, f"{AT}/settings", description="finds *genes*")
    fill(page, f"{AT}/freeze")

    shown = ada.get("/api/v1/containers/ada/lab/blast").json
    assert (shown["description"], shown["frozen"]) == ("finds *genes*", True)
    assert "Thaw it first" in blast.open(f"{AT}/delete")
    fill(blast.open(f"{AT}/settings"), f"{AT}/freeze")
    page = fill(blast.open(f"{AT}/delete"), f"{AT}/delete", 400, typed="blast")
    assert "type ada/lab/blast to delete it" in alert(page)
    fill(page, f"{AT}/delete", typed="ada/lab/blast")
    ada.get("/api/v1/containers/ada/lab/blast", status=404)


def test_a_tag_moves_only_after_its_warning(blast, ada, fill):
    one, two = digest_of(ada, "1"), digest_of(ada, "2")
    fill(blast.open(f"{AT}/tags"), f"{AT}/tags", tag="latest", reference="1")
    assert digest_of(ada, "latest") == one

    page = fill(blast.open(f"{AT}/tags"), f"{AT}/tags", 400, tag="latest", reference="2")
    assert one in alert(page)
    assert two in alert(page)
    assert digest_of(ada, "latest") == one
    fill(page, f"{AT}/tags")
    assert digest_of(ada, "latest") == two


def test_a_warning_that_is_out_of_date_moves_nothing(blast, ada, fill):
    page = fill(blast.open(f"{AT}/tags"), f"{AT}/tags", 400, tag="1", reference="2")
    ada.push("ada/lab/blast:1", make_sif(labels={"n": "3"}))
    moved = digest_of(ada, "1")

    fill(page, f"{AT}/tags", 400)

    assert digest_of(ada, "1") == moved


def test_tags_are_frozen_thawed_and_deleted(blast, ada, fill):
    fill(blast.open(f"{AT}/tags"), f"{AT}/tags/1/freeze")
    page = fill(blast.open(f"{AT}/tags"), f"{AT}/tags", 400, tag="1", reference="2")
    page = fill(page, f"{AT}/tags", 409)
    assert "is frozen" in page
    fill(blast.open(f"{AT}/tags"), f"{AT}/tags/1/thaw")
    fill(blast.open(f"{AT}/tags"), f"{AT}/tags/1/delete")
    assert tags_of(ada) == ["2"]


def test_a_writer_sets_tags_and_manages_nothing(blast, ada, bob, at_home, fill):
    ada.put("/api/v1/collections/ada/lab/grants/users/bob", {"role": "writer"}, status=200)
    browser = at_home("bob")
    page = browser.open(f"{AT}/tags")

    fill(page, f"{AT}/tags", tag="3", reference="1")

    assert "Freeze" not in page
    browser.open(f"{AT}/shares", status=403)
    browser.open(f"{AT}/clean-up", status=403)
    browser.open("/ada/lab/-/access", status=403)


def test_a_link_is_made_copied_and_revoked(blast, ada, fill, stranger, registry):
    until = registry.clock() + timedelta(hours=2)
    made = fill(
        blast.open(f"{AT}/shares"),
        f"{AT}/shares",
        reference="1",
        expires=f"{until:%Y-%m-%dT%H:%M}",
    )
    page = blast.open(made.location)

    link = page.html.find(id="new-web").get_text()
    assert page.html.find(id="new-shub").get_text().startswith("shub://registry.test/s/")
    assert stranger.get(link, status=200).body == ONE
    registry.clock.move(until.replace(second=0) - registry.clock() - timedelta(seconds=1))
    stranger.get(link, status=200)
    registry.clock.move(timedelta(seconds=1))
    stranger.get(link, status=404)

    fill(blast.open(f"{AT}/shares"), f"{AT}/shares", reference="2", expires="")
    page = blast.open(f"{AT}/shares")
    link = page.html.select(".rows code")[0].get_text()
    stranger.get(link, status=200)
    action = next(f.action for f in page.forms.values() if f.action.endswith("/revoke"))
    fill(page, action)
    stranger.get(link, status=404)
    page = fill(page, f"{AT}/shares", 400, reference="1", expires="2001-01-01T00:00")
    assert "is over" in alert(page)


def test_a_clean_up_deletes_exactly_what_was_shown(blast, ada, fill, registry):
    for number in range(3):
        ada.push(f"ada/lab/blast:nightly-{number}", make_sif(labels={"nightly": str(number)}))
    ada.push("ada/lab/blast:nightly-1b", ONE)
    fill(blast.open(f"{AT}/tags"), f"{AT}/tags/nightly-0/freeze")
    registry.clock.move(timedelta(days=10))
    ada.push("ada/lab/blast:nightly-new", make_sif(labels={"nightly": "new"}))

    page = blast.open(f"{AT}/clean-up?tags=nightly-*&days=5")
    assert [one.get_text() for one in page.html.select(".chips .badge")] == [
        "nightly-1",
        "nightly-1b",
        "nightly-2",
    ]
    counts = [one.get_text() for one in page.html.select(".counts dd")]
    assert counts[:2] == ["3", "2"]
    assert "These tags are frozen: nightly-0" in page
    assert "One image loses a tag and stays" in page
    fill(page, f"{AT}/clean-up")

    assert tags_of(ada) == ["1", "2", "nightly-0", "nightly-new"]
    assert len(ada.get("/api/v1/containers/ada/lab/blast/images").json["items"]) == 4


def test_a_clean_up_says_what_it_frees(blast, ada, fill):
    ada.push("ada/other/same:1", ONE)

    page = blast.open(f"{AT}/clean-up?tags=?")

    freed = page.html.select(".counts dd")[2].get_text()
    assert freed == in_bytes(len(TWO))


def test_a_clean_up_of_what_has_changed_is_refused(blast, ada, fill):
    page = blast.open(f"{AT}/clean-up?tags=1")
    ada.push("ada/lab/blast:1", make_sif(labels={"n": "3"}))

    page = fill(page, f"{AT}/clean-up", 409)

    assert "something has changed since you looked" in alert(page)
    assert tags_of(ada) == ["1", "2"]


def test_images_without_a_tag_are_cleaned_up(blast, ada, fill):
    ada.delete("/api/v1/containers/ada/lab/blast/tags/1", status=204)
    client = OciClient(ada.app, ada.name, ada.token)
    client.push_artifact("ada/lab/blast", "artifact", b"a layer")

    fill(blast.open(f"{AT}/clean-up?untagged=yes"), f"{AT}/clean-up")

    assert len(ada.get("/api/v1/containers/ada/lab/blast/images").json["items"]) == 1
    assert "artifact" in client.tags("ada/lab/blast")
    page = blast.open(f"{AT}/clean-up?tags=x&days=many", status=400)
    assert "number of days" in alert(page)
