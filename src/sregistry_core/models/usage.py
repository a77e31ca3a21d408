"""What is done with images: pulls, and links that share them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
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
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]


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
