"""Keeps the search index: one entry for each container that holds something."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from sregistry_core.db.session import mark_changed
from sregistry_core.db.statements import insert_for
from sregistry_core.models import (
    Container,
    ContainerSummary,
    Image,
    ImageLabel,
    ManifestTag,
    SearchEntry,
    Tag,
    Topic,
)

from .search_words import Document, facet, write_words

_MOST = 2000
"""Of tags, labels and images of one container that are looked at, the newest first."""
VERIFIED = "verified"


class SearchIndex:
    """Writes entries anew from the truth. For the job that sums containers up."""

    def __init__(self, db: Session):
        self._db = db

    def write(self, container: Container, summary: ContainerSummary) -> None:
        """Write the entry of a container, or remove that of one that holds nothing."""
        if not summary.image_count and not summary.tag_count:
            self._db.execute(delete(SearchEntry).where(SearchEntry.container_id == container.id))
            mark_changed(self._db)
            return
        tags = self._tags(container.id)
        labels = self._labels(container.id)
        images = self._db.execute(
            select(Image.arch, Image.verification, Image.signed, Image.description)
            .where(Image.container_id == container.id, Image.blob_id.is_not(None))
            .order_by(Image.pushed_at.desc())
            .limit(_MOST)
        ).all()
        archs = sorted(
            {arch for _, arch, _ in tags if arch} | {one.arch for one in images} - {None}
        )
        worths = {one.verification or "none" for one in images}
        collection = container.collection
        full_name = f"{collection.entity.name}/{collection.name}/{container.name}"
        topics = self._db.scalars(select(Topic.name).where(Topic.collection_id == collection.id))
        facets = [
            *(facet("arch", arch) for arch in archs),
            *(facet("worth", worth) for worth in worths),
            facet("signed" if any(one.signed for one in images) else "unsigned"),
            facet("entity", collection.entity.name),
        ]
        about = [container.description, collection.description]
        for topic in topics:
            facets.append(facet("topic", topic))
            about.append(topic)
        for name, value in labels:
            facets += [facet("label", name), facet("label", name, value)]
            about.append(value)
        about += [name for name, _, _ in tags]
        about += [one.description for one in images if one.description]
        values = {
            "collection_id": collection.id,
            "name": container.name,
            "full_name": full_name,
            "size": summary.size,
            "pull_count": summary.pull_count,
            "pushed_at": summary.pushed_at
            or max((at for _, _, at in tags), default=None)
            or container.created_at,
            "image_count": summary.image_count,
            "tag_count": summary.tag_count,
            "latest_tag": tags[0][0] if tags else None,
            "archs": archs,
            "signed": VERIFIED in worths,
        }
        row = insert_for(self._db, SearchEntry).values(container_id=container.id, **values)
        self._db.execute(
            row.on_conflict_do_update(index_elements=[SearchEntry.container_id], set_=values)
        )
        number = self._db.scalar(
            select(SearchEntry.number).where(SearchEntry.container_id == container.id)
        )
        write_words(self._db, number or 0, Document(container.name, full_name, about, facets))

    def _tags(self, container_id: str) -> Sequence[tuple[str, str | None, datetime]]:
        """Name, architecture and last move of each tag, the newest first."""
        rows = self._db.execute(
            select(Tag.name, Tag.arch, Tag.moved_at)
            .where(Tag.container_id == container_id)
            .order_by(Tag.moved_at.desc(), Tag.name.desc())
            .limit(_MOST)
        )
        seen = [(row.name, row.arch, row.moved_at) for row in rows]
        names = {name for name, _, _ in seen}
        others = self._db.execute(
            select(ManifestTag.name, ManifestTag.moved_at)
            .where(ManifestTag.container_id == container_id)
            .order_by(ManifestTag.moved_at.desc(), ManifestTag.name.desc())
            .limit(_MOST)
        )
        seen += [(row.name, None, row.moved_at) for row in others if row.name not in names]
        return sorted(seen, key=lambda one: (one[2], one[0]), reverse=True)

    def _labels(self, container_id: str) -> Iterator[tuple[str, str]]:
        rows = self._db.execute(
            select(ImageLabel.name, ImageLabel.value)
            .join(Image, Image.id == ImageLabel.image_id)
            .where(Image.container_id == container_id, Image.blob_id.is_not(None))
            .group_by(ImageLabel.name, ImageLabel.value)
            .order_by(func.max(Image.pushed_at).desc(), ImageLabel.name)
            .limit(_MOST)
        )
        for row in rows:
            yield row.name, row.value
