"""No page takes more statements for more rows, and long lists come in pages."""

import re

from sregistry_core.names import ContainerName, ImageName

PAGES = (
    "/ada",
    "/ada/lab",
    "/ada/lab/blast",
    "/ada/lab/blast:t0",
    "/ada/lab/blast/-/history",
    "/-/feed.atom",
    "/ada/lab/-/feed.atom",
    "/sitemap.xml",
)


def fill(registry, shelf, ada, count, start=0):
    """Push images under many tags, in many containers and collections."""
    with registry.parts.unit()() as services:
        from sregistry_core.models import Collection, Container, Image, Tag, TagMove

        image = services.db.query(Image).first()
        blast = services.db.query(Container).filter_by(name="blast").one()
        lab, now = blast.collection, registry.clock()
        for number in range(start, start + count):
            one = Container(collection_id=lab.id, name=f"c{number}", created_at=now)
            services.db.add(one)
            services.db.add(
                Collection(
                    entity_id=lab.entity_id, name=f"l{number}", private=False, created_at=now
                )
            )
            services.db.flush()
            digest = f"sha256:{number:064x}"
            of_one = Image(
                container_id=one.id, blob_id=image.blob_id, digest=digest, pushed_at=now,
                created_at=now,
            )  # fmt: skip
            of_blast = Image(
                container_id=blast.id, blob_id=image.blob_id, digest=digest, pushed_at=now,
                created_at=now, pushed_by=image.pushed_by,
            )  # fmt: skip
            services.db.add_all([of_one, of_blast])
            services.db.flush()
            for container, found in ((one, of_one), (blast, of_blast)):
                services.db.add(
                    Tag(
                        container_id=container.id, name=f"t{number}", arch="amd64",
                        image_id=found.id, moved_at=now, moved_by=image.pushed_by,
                    )
                )  # fmt: skip
                services.db.add(
                    TagMove(
                        container_id=container.id, name=f"t{number}", arch="amd64", digest=digest,
                        moved_at=now,
                    )
                )  # fmt: skip


def test_pages_take_as_many_statements_for_many_rows_as_for_few(registry, shelf, ada):
    ada.push("ada/lab/blast:first", shelf.image())
    registry.run_jobs()
    fill(registry, shelf, ada, 2)
    few = {path: shelf.statements(path) for path in PAGES}
    fill(registry, shelf, ada, 150, start=2)

    many = {path: shelf.statements(path) for path in PAGES}

    assert many == few
    assert max(many.values()) <= 20


def test_a_thousand_tags_come_in_pages_each_once(registry, shelf, ada):
    ada.push("ada/lab/blast:first", shelf.image())
    registry.run_jobs()
    fill(registry, shelf, ada, 230)
    path, seen = "/ada/lab/blast", []

    while path:
        page = shelf.browser().open(path, status=200)
        seen += re.findall(r'scope="row"><a href="/ada/lab/blast:(\w+)"', page.text)
        onward = page.html.find("a", rel="next")
        path = onward["href"] if onward else None

    assert sorted(seen) == sorted(["first", *(f"t{number}" for number in range(230))])
    assert len(seen) == len(set(seen))
    assert "and 219 more" in shelf.browser().open("/ada/lab").text.replace("\u202f", "")


def test_an_image_shows_some_of_its_tags_and_counts_the_others(registry, shelf, ada):
    ada.push("ada/lab/blast:t00", shelf.image())
    few = shelf.statements("/ada/lab/blast:t00")
    with registry.parts.unit()() as services:
        container = services.catalog.container(ContainerName("ada", "lab", "blast"))
        image = services.images.resolve(ImageName(ContainerName("ada", "lab", "blast"), "t00"))
        for number in range(1, 45):
            services.tags.set(container, f"t{number:02}", image)

    page = shelf.browser().open("/ada/lab/blast:t00", status=200)

    shown = [one.get_text() for one in page.html.select('[aria-label="Tags of this image"] li')]
    assert shown == [*(f"t{number:02}" for number in range(30)), "and 15 more"]
    assert shelf.statements("/ada/lab/blast:t00") == few
