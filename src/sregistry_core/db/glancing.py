"""Asks single statements that read, outside of transactions: most of what a registry is asked.

To take a connection out of the pool, to begin a transaction for one statement, to end it and to put
the connection back takes as long as the statement itself; with a database elsewhere, each is a way
there and back. So some threads keep a connection for such statements alone.
"""

import threading
from collections.abc import Mapping
from typing import Any
from weakref import WeakSet

from sqlalchemy import Connection, Engine, Row, Select
from sqlalchemy.exc import DBAPIError

MOST_KEPT = 8
"""Connections of one database that threads keep; the pool must have some for all the others."""


class Glances:
    """Asks a database by an engine that begins no transaction. Safe to use from many threads."""

    def __init__(self, engine: Engine):
        """engine: commits by itself, so that each statement sees the newest state."""
        self.engine = engine
        self._own = threading.local()
        # Weak, for a thread that ends takes its connection with it, back into the pool.
        self._kept: WeakSet[Connection] = WeakSet()
        self._lock = threading.Lock()

    @property
    def kept(self) -> int:
        """How many connections threads keep."""
        with self._lock:
            return len(self._kept)

    def first(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Row[Any] | None:
        """Give the first row that a statement finds.

        A connection that turns out to be lost is replaced once, as it may have been so for long.
        """
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is not None and not connection.closed:
            try:
                return connection.execute(statement, parameters).first()
            except BaseException as error:
                self._give_back(connection)
                if not (isinstance(error, DBAPIError) and error.connection_invalidated):
                    raise
        connection = self.engine.connect()
        try:
            row = connection.execute(statement, parameters).first()
        except BaseException:
            connection.close()
            raise
        self._keep(connection)
        return row

    def close(self) -> None:
        """Give all connections back; a later glance takes a new one."""
        with self._lock:
            kept = list(self._kept)
        for connection in kept:
            self._give_back(connection)

    def _keep(self, connection: Connection) -> None:
        with self._lock:
            is_kept = len(self._kept) < MOST_KEPT
            if is_kept:
                self._kept.add(connection)
        if is_kept:
            self._own.connection = connection
        else:
            connection.close()

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            self._kept.discard(connection)
        connection.close()
