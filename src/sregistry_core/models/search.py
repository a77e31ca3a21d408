"""What the search knows of a container, kept by a job; its words are in a table of their own."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sregistry_core.db.base import Base

from .library import Container


class SearchEntry(Base):
    """A container that holds something, with all that lists are filtered and sorted by.

    The words under which it is found are in `search_words`, under the same number: a full-text
    table of SQLite, or a `tsvector` of PostgreSQL. It is no table of SQLAlchemy.
    """

    __tablename__ = "search_entry"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    container_id: Mapped[str] = mapped_column(
        ForeignKey("container.id", ondelete="CASCADE"), unique=True
    )
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(64))
    full_name: Mapped[str] = mapped_column(String(144), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    pull_count: Mapped[int] = mapped_column(BigInteger)
    pushed_at: Mapped[datetime]
    image_count: Mapped[int]
    tag_count: Mapped[int]
    latest_tag: Mapped[str | None] = mapped_column(String(128))
    """The one that was moved last."""
    archs: Mapped[list[str]]
    signed: Mapped[bool]
    """True when one of its images has signatures that hold."""
    container: Mapped[Container] = relationship(lazy="raise", innerjoin=True)
    __table_args__ = (
        Index("ix_search_entry_collection", "collection_id", "pushed_at"),
        Index("ix_search_entry_name", "name", "pull_count", "number"),
        Index("ix_search_entry_pulls", "pull_count", "number"),
        Index("ix_search_entry_pushed", "pushed_at", "number"),
        {"sqlite_autoincrement": True},
    )
