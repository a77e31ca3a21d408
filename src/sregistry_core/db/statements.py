"""Statements that SQLite and PostgreSQL both have, and SQLAlchemy only apart."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from .base import Base


def insert_for(db: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Begin an INSERT that can say what is to be done when the row is there already."""
    if db.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
