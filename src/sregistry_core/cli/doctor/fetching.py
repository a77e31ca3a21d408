"""Fetches one small page, with a deadline, and follows nothing."""

import http.client
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit, urlunsplit

PATIENCE = timedelta(seconds=5)
_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    location   where it leads on to, if it does
    date       the clock of whoever answered, if they say
    """

    status: int
    body: bytes
    location: str | None
    date: datetime | None


def fetch(url: str) -> Answer:
    """GET a page of at most 1 MiB. Raises OSError when nobody answers well."""
    parts = urlsplit(url)
    connection = _connection(parts.scheme, parts.hostname or "", parts.port)
    try:
        target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        connection.request("GET", target, headers={"User-Agent": "sregistry-admin doctor"})
        answer = connection.getresponse()
        return Answer(
            status=answer.status,
            body=answer.read(_MOST),
            location=answer.headers.get("Location"),
            date=_date(answer.headers.get("Date")),
        )
    except http.client.HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    seconds = PATIENCE.total_seconds()
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
    return http.client.HTTPConnection(host, port, timeout=seconds)


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
