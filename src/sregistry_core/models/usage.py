"""What is done with images: pulls, stars, links that share them, and what they take up."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sregistry_core.db.base import Base
from sregistry_core.identifiers import new_identifier

from .library import Container


class DailyDownloads(Base):
    """How often a container was pulled on one day (UTC)."""

    __tablename__ = "daily_downloads"
    container_id: Mapped[str] = mapped_column(
        ForeignKey("container.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True, index=True)
    count: Mapped[int]


class Period(StrEnum):
    """How long pulls are added up: charts of a long time need not add up every day."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def first_day(self, day: date) -> date:
        """Give the day with which the period of another day begins: a Monday, or the first."""
        if self is Period.WEEK:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self is Period.MONTH else day


class CollectionDownloads(Base):
    """How often anything of a collection was pulled in a period (UTC), deleted containers too."""

    __tablename__ = "collection_downloads"
    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True
    )
    period: Mapped[Period] = mapped_column(primary_key=True)
    first_day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (
        # Charts of the whole registry are answered from it alone.
        Index("ix_collection_downloads_period", "period", "first_day", "collection_id", "count"),
        # Those of one collection, and which collections are pulled most.
        Index("ix_collection_downloads_sums", "collection_id", "period", "first_day", "count"),
    )


class ShareLink(Base):
    """A link that lets whoever has it pull one image until it expires.

    The link's token is derived from the registry's secret and `id`; here is only its SHA-256.
    """

    __tablename__ = "share_link"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(32), unique=True, default=new_identifier)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    container_id: Mapped[str] = mapped_column(
        ForeignKey("container.id", ondelete="CASCADE"), index=True
    )
    reference: Mapped[str] = mapped_column(String(140))
    """A tag, or a digest: what of the container is shared."""
    created_by: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    container: Mapped[Container] = relationship(lazy="joined", innerjoin=True)
    __table_args__ = {"sqlite_autoincrement": True}


class Star(Base):
    """A collection that a user has marked."""

    __tablename__ = "star"
    user_id: Mapped[str] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime]


class ContainerSummary(Base):
    """What a container adds up to, kept by a job so that lists need not count; sizes in bytes."""

    __tablename__ = "container_summary"
    container_id: Mapped[str] = mapped_column(
        ForeignKey("container.id", ondelete="CASCADE"), primary_key=True
    )
    image_count: Mapped[int] = mapped_column(default=0)
    tag_count: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    """Of all its images, each blob counted once."""
    pull_count: Mapped[int] = mapped_column(BigInteger, default=0, index=True)
    pushed_at: Mapped[datetime | None] = mapped_column(index=True)


class CollectionSummary(Base):
    """What a collection adds up to, kept by the same job; sizes in bytes."""

    __tablename__ = "collection_summary"
    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True
    )
    container_count: Mapped[int] = mapped_column(default=0)
    image_count: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    """Of all its images, each blob counted once."""
    pull_count: Mapped[int] = mapped_column(BigInteger, default=0, index=True)
    star_count: Mapped[int] = mapped_column(default=0, index=True)
    pushed_at: Mapped[datetime | None] = mapped_column(index=True)


class DailyStorage(Base):
    """How many bytes a collection had on one day (UTC)."""

    __tablename__ = "daily_storage"
    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    """Of all its images, each blob counted once."""
    shared_size: Mapped[int] = mapped_column(BigInteger)
    """Of those blobs that another collection has too."""
    __table_args__ = (
        # Charts of the whole registry are answered from it alone.
        Index("ix_daily_storage_day", "day", "collection_id", "size"),
    )


class MeasuredDay(Base):
    """A day (UTC) on which was measured what every collection had."""

    __tablename__ = "measured_day"
    day: Mapped[date] = mapped_column(primary_key=True)


class SharedBlob(Base):
    """A blob that several collections had when all was measured last."""

    __tablename__ = "shared_blob"
    blob_id: Mapped[str] = mapped_column(
        ForeignKey("blob.id", ondelete="CASCADE"), primary_key=True
    )


class EntitySummary(Base):
    """What the repositories of an entity had when all was measured last; sizes in bytes."""

    __tablename__ = "entity_summary"
    entity_id: Mapped[str] = mapped_column(
        ForeignKey("entity.id", ondelete="CASCADE"), primary_key=True
    )
    blob_count: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)
    """Of all its blobs, each counted once: what counts for its quota."""
