"""Other registries that this one sends clients to, and credentials of the sregistry client."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from sregistry_core.db.base import Base


class OtherRegistry(Base):
    """A registry of the directory; its name is one that no entity here may have."""

    __tablename__ = "other_registry"
    name: Mapped[str] = mapped_column(String(39), primary_key=True)
    url: Mapped[str] = mapped_column(String(500))
    """Scheme, host and port, without a slash at the end."""
    added_at: Mapped[datetime]


class ClientCredential(Base):
    """A user's secret for the sregistry client, derived from the registry's own and this row.

    The client signs with the secret instead of sending it, so that we must be able to tell it.
    """

    __tablename__ = "client_credential"
    user_id: Mapped[str] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    generation: Mapped[str] = mapped_column(String(32))
    """Changed to end the old secret."""
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
