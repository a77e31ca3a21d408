"""Engines, and sessions that live and die with one transaction."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import transaction
from sqlalchemy import URL, Engine, Row, Select, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session
from zope.sqlalchemy import ZopeTransactionEvents

from sregistry_core.errors import ConfigurationError

from .failures import is_full
from .glancing import Glances
from .turns import Turns

log = logging.getLogger(__name__)

_WRITES = "sregistry_writes"
_MANAGER = "transaction_manager"
_CHANGED = "changed_by_statement"
_WRITING_ENGINE = "writing_engine"
_GLANCES = "sregistry_glances"
_GLANCING = "glancing"
_FLUSHED = "flushed"
_JOINING = "joining"
_HAS_TURN = "has_turn"
_TRANSACTION_EVENTS = (
    "after_begin",
    "after_attach",
    "after_flush",
    "after_bulk_update",
    "after_bulk_delete",
    "before_commit",
    "do_orm_execute",
)
SQLITE_PATIENCE_SECONDS = 30
"""How long a writer waits for another one: SQLite lets one write at a time."""


@dataclass(frozen=True, slots=True)
class Database:
    """One database: an engine to read with and one to write with, over the same connections.

    On SQLite a transaction that will write must say so at its beginning; one that begins by
    reading and then writes fails at once when another has written in between.
    """

    reading: Engine
    writing: Engine
    glances: Glances
    """For single statements that read, outside of transactions."""
    session_class: type[Session]
    """Of this database alone, so that others may listen to its commits."""

    def session(self, manager: transaction.TransactionManager, *, writes: bool) -> Session:
        """Give a session that commits and aborts with `manager`."""
        session = self.session_class(
            self.writing if writes else self.reading, expire_on_commit=False
        )
        session.info[_MANAGER] = manager
        session.info[_WRITING_ENGINE] = self.writing
        session.info[_GLANCING] = self.glances
        session.info[_JOINING] = ZopeTransactionEvents(transaction_manager=manager)
        return session

    @contextmanager
    def transaction(self, *, writes: bool = True) -> Iterator[Session]:
        """Run one transaction of its own: committed at the end, rolled back on any error."""
        manager = transaction.TransactionManager(explicit=True)
        with manager:
            session = self.session(manager, writes=writes)
            try:
                yield session
            except BaseException:
                session.close()
                raise

    def dispose(self) -> None:
        """Close every connection."""
        self.glances.close()
        self.reading.dispose()
        # Listeners of the session's class keep the engine for as long as the process lives.
        self.reading.clear_compiled_cache()


def open_database(url: str) -> Database:
    """Open the database at a SQLAlchemy address; its directory is made when it is SQLite.

    Raises ConfigurationError when the address cannot be understood.
    """
    try:
        parsed = make_url(url)
        sqlite = parsed.get_backend_name() == "sqlite"
        if sqlite and parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, **(_sqlite_options() if sqlite else _options(parsed)))
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise ConfigurationError(f"sregistry.database: {' '.join(str(error).split())}") from error
    except OSError as error:
        raise ConfigurationError(
            f"sregistry.database: cannot make {error.filename}: {error.strerror}"
        ) from error
    for_glances: dict[str, Any] = {_GLANCES: True} if sqlite else {"isolation_level": "AUTOCOMMIT"}
    if sqlite:
        _prepare_sqlite(engine)
    else:
        _forgive_lost_rollbacks(engine)
        if parsed.get_backend_name() == "postgresql" and "options" not in parsed.query:
            _plan_for_pages(engine)
    session_class = type("RegistrySession", (Session,), {})
    _join_transactions(session_class)
    return Database(
        reading=engine,
        writing=engine.execution_options(**{_WRITES: True}),
        glances=Glances(engine.execution_options(**for_glances)),
        session_class=session_class,
    )


def glance(
    session: Session, statement: Select[Any], parameters: Mapping[str, Any]
) -> Row[Any] | None:
    """Give the first row that one statement finds, outside of any transaction.

    One statement sees one state of the database by itself. Where something has begun already, it is
    asked there, and sees what has been written.
    """
    if session.in_transaction() or session.new or session.dirty or session.deleted:
        session.flush()
        return session.connection().execute(statement, parameters).first()
    glances: Glances = session.info[_GLANCING]
    return glances.first(statement, parameters)


def pause(session: Session) -> None:
    """Give the connection back while bytes move; the next query begins a new transaction.

    Only what was read may lie behind: rows must be looked up anew afterwards. Raises RuntimeError
    when something has been written, which would be lost.
    """
    if session.new or session.dirty or session.deleted or session.info.get(_CHANGED):
        raise RuntimeError("a transaction that has written something cannot be paused")
    manager = session.info[_MANAGER]
    manager.abort()
    manager.begin()


def start_over(session: Session) -> None:
    """Take back what has been written, and begin the transaction anew; rows are looked up anew."""
    session.info.pop(_CHANGED, None)
    manager = session.info[_MANAGER]
    manager.abort()
    manager.begin()


def settle(session: Session) -> None:
    """Commit what has been written so far, if anything, and begin the transaction anew.

    For what holds whatever becomes of the request, such as who somebody is who has logged in.
    """
    session.flush()
    if session.info.pop(_FLUSHED, None) or session.info.get(_CHANGED):
        session.info.pop(_CHANGED, None)
        manager = session.info[_MANAGER]
        manager.commit()
        manager.begin()


def begin_writing(session: Session) -> None:
    """Begin the transaction anew as one that may write, for a GET that turns out to have to.

    As after `pause`, rows must be looked up anew, unless the session could write before. One that
    has written already, such as a user at the first login, goes on as it is.
    """
    written = session.info.get(_FLUSHED) or session.info.get(_CHANGED)
    if session.bind is not session.info[_WRITING_ENGINE] and not written:
        pause(session)
        session.bind = session.info[_WRITING_ENGINE]


def _join_transactions(session_class: type[Session]) -> None:
    """Have every session of a class join the transaction that it was made for.

    Listening once for all of them, where `zope.sqlalchemy.register` would listen anew on each:
    that takes longer than finding an image.
    """

    def forward(name: str) -> None:
        def listen(*about: Any) -> None:
            # The first argument is a session, or what is being done with one.
            session = about[0] if isinstance(about[0], Session) else about[0].session
            getattr(session.info[_JOINING], name)(*about)

        event.listen(session_class, name, listen)

    for name in _TRANSACTION_EVENTS:
        forward(name)
    event.listen(session_class, "after_flush", _note_flush)


def _note_flush(session: Session, _context: object) -> None:
    session.info[_FLUSHED] = True


def undo_if_full(session: Session, undo: Callable[[], None]) -> None:
    """Call `undo` when the commit of this transaction fails because the disk is full.

    After any other failing nobody can tell whether the commit has reached the disk.
    """

    def look(committed: bool) -> None:
        if not committed and is_full(sys.exc_info()[1]):
            undo()

    session.info[_MANAGER].get().addAfterCommitHook(look)


def mark_changed(session: Session) -> None:
    """Tell the transaction that a bulk statement has written; it would be rolled back unseen."""
    session.info[_CHANGED] = True
    session.info[_JOINING].mark_changed(session)


def _forgive_lost_rollbacks(engine: Engine) -> None:
    """Let a rollback that finds its connection lost be one that was done: the server has done it.

    It would hide what is being answered, and leave the request without a transaction.
    """
    dialect = engine.dialect
    roll_back = dialect.do_rollback

    def do_rollback(connection: Any) -> None:
        try:
            roll_back(connection)
        except dialect.loaded_dbapi.Error as error:
            if not dialect.is_disconnect(error, connection, None):
                raise
            log.info("a connection to the database was lost: %s", " ".join(str(error).split()))

    dialect.do_rollback = do_rollback  # type: ignore[method-assign, assignment]


def _plan_for_pages(engine: Engine) -> None:
    """Have PostgreSQL plan for many short statements at once, where `options` says nothing else.

    To start processes that read a table together takes longer than a page may; and with the cost
    that it supposes for disks that turn, it reads whole tables where an index leads to a few rows.
    """

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT set_config('max_parallel_workers_per_gather', '0', false),"
            " set_config('random_page_cost', '1.1', false)"
        )
        cursor.close()
        connection.commit()


def _sqlite_options() -> dict[str, Any]:
    return {
        "connect_args": {"timeout": SQLITE_PATIENCE_SECONDS, "check_same_thread": False},
        "pool_use_lifo": True,
        "pool_size": 20,
        "max_overflow": 50,
    }


def _options(url: URL) -> dict[str, Any]:
    options: dict[str, Any] = {
        "pool_pre_ping": True,
        "pool_use_lifo": True,
        "pool_size": 10,
        "max_overflow": 20,
    }
    if url.get_backend_name() == "postgresql":
        # The services take row locks, and look again at what they waited for.
        options["isolation_level"] = "READ COMMITTED"
        said = {
            "client_encoding": "utf8",
            "connect_timeout": "5",
            "application_name": "sregistry",
            # A machine that is lost says nothing: without these its clients wait for many minutes.
            "tcp_user_timeout": "30000",
            "keepalives_idle": "10",
            "keepalives_interval": "5",
            "keepalives_count": "4",
        }
        options["connect_args"] = {
            key: value for key, value in said.items() if key not in url.query
        }
    return options


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver would begin transactions by itself, and too late.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        # FULL, not NORMAL: an acknowledged push survives a power cut.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    turns = Turns()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        options = connection.get_execution_options()
        if options.get(_GLANCES, False):
            return
        if not options.get(_WRITES, False):
            connection.exec_driver_sql("BEGIN")
            return
        # Without a turn in time SQLite is asked nevertheless, and says what is the matter.
        if not connection.info.get(_HAS_TURN) and turns.take(SQLITE_PATIENCE_SECONDS):
            connection.info[_HAS_TURN] = True
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    # After the commit, whatever has become of it: a session gives its connection back then.
    @event.listens_for(engine, "checkin")
    def give_turn(_connection: Any, record: Any) -> None:
        if record.info.pop(_HAS_TURN, False):
            turns.give()
