"""Connections to an object store: patient ones for bytes, impatient ones for questions."""

from datetime import timedelta
from typing import Any

import boto3
from botocore.config import Config

from .settings import ObjectStoreSettings

_IMPATIENCE = timedelta(seconds=5)
"""How long somebody who waits for an answer of ours waits for the store's."""
_CONNECTIONS = 64


class Connection:
    """One bucket, reached as the ini file says; safe for many threads.

    bytes       for what moves bytes: tries again, and waits as long as it is told to
    questions   for what a client waits for: gives up soon
    public      makes addresses for clients, and asks nobody
    """

    def __init__(self, settings: ObjectStoreSettings):
        """Prepare the connections; nobody is asked."""
        session = boto3.session.Session(
            aws_access_key_id=settings.access_key or None,
            aws_secret_access_key=settings.secret_key.value or None,
            region_name=settings.region,
        )
        patience = settings.connect_timeout, settings.read_timeout, settings.attempts
        hasty = min(_IMPATIENCE, settings.connect_timeout), min(_IMPATIENCE, settings.read_timeout)
        self.bytes = _client(session, settings, settings.endpoint, *patience)
        self.questions = _client(session, settings, settings.endpoint, *hasty, 1)
        self.public = _client(session, settings, settings.public_endpoint, *patience)
        self.session = session


def _client(
    session: boto3.session.Session,
    settings: ObjectStoreSettings,
    endpoint: str,
    connect_timeout: timedelta,
    read_timeout: timedelta,
    attempts: int,
) -> Any:
    config = Config(
        signature_version="s3v4",
        connect_timeout=connect_timeout.total_seconds(),
        read_timeout=read_timeout.total_seconds(),
        retries={"total_max_attempts": attempts, "mode": "standard"},
        max_pool_connections=_CONNECTIONS,
        # Checksums at the end of a body are understood by few servers. Instead every body has its
        # SHA-256 signed, with TLS too, which all of them compare with the bytes.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": settings.style, "payload_signing_enabled": True},
        tcp_keepalive=True,
    )
    return session.client(
        "s3",
        endpoint_url=endpoint or None,
        verify=str(settings.ca_file) if settings.ca_file else None,
        config=config,
    )
