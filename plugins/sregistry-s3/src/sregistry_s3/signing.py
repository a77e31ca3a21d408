"""Addresses for clients: each is the permission for one request, and nobody is asked for it."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from .connection import Connection

_LONGEST = timedelta(days=7)
"""Of the signatures of S3."""
_BODY = "X-Amz-Content-SHA256"


class _SignedBody(S3SigV4QueryAuth):  # type: ignore[misc]
    """Signs the digest of the body with the rest, where the request shows one."""

    def payload(self, request: Any) -> str:
        """What stands for the body in the text that is signed."""
        return request.headers.get(_BODY) or str(super().payload(request))


def address_to_get(connection: Connection, asked: dict[str, Any], lifetime: timedelta) -> str:
    """Give the address of an object; `asked` as `get_object` takes it."""
    return str(
        connection.public.generate_presigned_url(
            "get_object", Params=asked, ExpiresIn=_seconds(lifetime)
        )
    )


def address_to_put(
    connection: Connection,
    operation: str,
    asked: dict[str, Any],
    *,
    size: int,
    sha256: str | None,
    lifetime: timedelta,
) -> str:
    """Give an address that takes a body of exactly `size` bytes, and with `sha256` no other ones.

    operation, asked   `put_object` or `upload_part`, and as it takes it
    """
    # The library can sign no header of the body, so that only the place is taken from it.
    made = connection.public.generate_presigned_url(operation, Params=asked, ExpiresIn=1)
    headers = {"Content-Length": str(size)}
    if sha256 is not None:
        headers[_BODY] = sha256
    request = AWSRequest(method="PUT", url=_unsigned(made), headers=headers)
    credentials = connection.session.get_credentials()
    region = connection.public.meta.region_name
    _SignedBody(credentials, "s3", region, expires=_seconds(lifetime)).add_auth(request)
    return str(request.url)


def _unsigned(address: str) -> str:
    parts = urlsplit(address)
    kept = [(name, text) for name, text in parse_qsl(parts.query) if not name.startswith("X-Amz-")]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def _seconds(lifetime: timedelta) -> int:
    return int(max(timedelta(seconds=1), min(lifetime, _LONGEST)).total_seconds())
