"""Examines the jobs: the broker, and those that were given up or that nobody works at."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sregistry_core.jobs.broker import EMBEDDED, open_broker
from sregistry_core.services.outbox import OutboxService

from .finding import Finding
from .opening import Opened

_LONG = timedelta(minutes=10)


def examine_jobs(opened: Opened) -> Iterator[Finding]:
    """Ask the broker, and count failed and overdue jobs."""
    if opened.settings.jobs != EMBEDDED:
        yield _answered(opened.settings.jobs)
    if not opened.database_works:
        return
    with opened.database.transaction(writes=False) as db:
        outbox = OutboxService(db, lambda: datetime.now(UTC))
        counts = outbox.counts()
        overdue = outbox.overdue(_LONG)
    if counts["failed"]:
        yield Finding.warning(
            f"jobs: {counts['failed']} failed for good: sregistry-admin jobs list"
        )
    if overdue:
        yield Finding.warning(
            f"jobs: {overdue} are due for more than ten minutes: is a server or a worker running?"
        )
    if not counts["failed"] and not overdue:
        yield Finding.ok(f"jobs: none failed, {counts['waiting']} wait")


def _answered(address: str) -> Finding:
    sign = "&" if "?" in address else "?"
    broker = open_broker(f"{address}{sign}socket_timeout=5&socket_connect_timeout=5")
    try:
        broker.client.ping()
    except Exception as error:
        # Whatever the client library raises. The address may hold a password.
        return Finding.failure(f"sregistry.jobs: the broker does not answer: {error}")
    finally:
        broker.close()
    return Finding.ok("sregistry.jobs: the broker answers")
