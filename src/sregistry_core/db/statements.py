"""Statements that SQLite and PostgreSQL both have, and SQLAlchemy only apart."""

from sqlalchemy import ColumnElement, and_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from .base import Base

_AFTER_EVERY_SIGN = "\U0010ffff"


def insert_for(db: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Begin an INSERT that can say what is to be done when the row is there already."""
    if db.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def begins(db: Session, column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Give the condition that a column begins with a text, in a form that uses an index."""
    if db.get_bind().dialect.name == "postgresql":
        return column.startswith(text, autoescape=True)
    # LIKE of SQLite takes small letters for capital ones, and no index.
    return and_(column >= text, column < text + _AFTER_EVERY_SIGN)
