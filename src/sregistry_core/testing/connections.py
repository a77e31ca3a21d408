"""How many connections to a database are in use: by it a test finds one that was forgotten."""

from sqlalchemy.pool import QueuePool

from sregistry_core.db.session import Database


def connections_at_work(database: Database) -> int:
    """Give how many are out of the pool, without those that threads keep to glance."""
    pool = database.reading.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout() - database.glances.kept
