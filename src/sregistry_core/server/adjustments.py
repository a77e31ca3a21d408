"""Says the server's settings in the words of waitress."""

import sys
from typing import Any

from .settings import ServerSettings

_OUTPUT_LIMIT = 1024 * 1024  # bytes of an answer that wait in memory for one client


def adjustments(settings: ServerSettings, listeners: int) -> dict[str, Any]:
    """Give the keyword arguments for waitress.

    listeners   the number of sockets that are listened on.
    """
    result: dict[str, Any] = {
        "threads": settings.threads,
        "recv_bytes": settings.recv_bytes,
        # Waitress refuses a body of exactly its limit.
        "max_request_body_size": settings.max_body_size + 1,
        # Waitress counts each listener and its trigger as connections.
        "connection_limit": settings.connection_limit + 2 * listeners,
        "channel_timeout": max(1, int(settings.channel_timeout.total_seconds())),
        "ident": None,
        # Answers wait in memory, never on a disk that may be full; the application waits too.
        "outbuf_overflow": sys.maxsize,
        "outbuf_high_watermark": _OUTPUT_LIMIT,
        "clear_untrusted_proxy_headers": True,
    }
    if settings.trusted_proxy is not None:
        result["trusted_proxy"] = settings.trusted_proxy
        # No others: a proxy passes on those of a client that it does not know.
        result["trusted_proxy_headers"] = "x-forwarded-for x-forwarded-proto"
    return result
