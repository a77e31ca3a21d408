"""How bytes leave: a file, a redirection or a stream, with ranges; decided here alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.contracts import LocalFile, Redirect
from sregistry_core.errors import NotFound, RangeUnsatisfiable
from sregistry_core.services.downloads import Delivery

from .caching import keep_whoever_asks

BLOCK = 1 << 20
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z", re.ASCII)
_MEDIA_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `first` to `last`, both counted from 0 and both included."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """In bytes."""
        return self.last - self.first + 1


def respond(
    request: Request, delivery: Delivery, *, redirect: int = 302, media_type: str = _MEDIA_TYPE
) -> Response:
    """Give the response that brings the bytes of a delivery to the client.

    redirect   the status that the protocol's clients expect when the bytes are elsewhere
    Raises RangeUnsatisfiable. HEAD has the headers of GET and no body, and is answered here,
    whoever has the bytes: the sregistry client asks so for the size, and follows no redirection.
    The proxy in front may ask for the place alone, and sends a part of the file by itself then.
    """
    if request.environ.get("sregistry.asks_place"):
        return _place(request, delivery)
    if isinstance(delivery.handoff, Redirect) and request.method != "HEAD":
        _count(request, delivery, None)
        return Response(status=redirect, headers={"Location": delivery.handoff.url})
    etag = f'"{delivery.digest.oci}"'
    if not _is_wanted(request, etag):
        refused = Response(status=412)
        refused.headers["ETag"] = etag
        return refused
    if _is_known(request, etag):
        response = Response(status=304)
        response.headers["ETag"] = etag
        return response
    span = _asked_span(request, delivery.size, etag)
    response = Response(status=206 if span else 200, content_type=media_type)
    # WebOb must not touch ranges: it would read the file through Python.
    response.conditional_response = False
    response.headers.extend(
        {
            "Accept-Ranges": "bytes",
            "ETag": etag,
            "Cache-Control": "private, no-transform",
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": _disposition(delivery),
        }
    )
    if span:
        response.headers["Content-Range"] = f"bytes {span.first}-{span.last}/{delivery.size}"
    _count(request, delivery, span)
    inside = _inside_the_proxy(request, delivery)
    if inside is not None:
        # The proxy does ranges itself; what it is given here is the whole.
        response.status_int = 200
        response.headers.pop("Content-Range", None)
        response.headers["X-Accel-Redirect"] = inside
        return response
    whole = span or Span(0, delivery.size - 1)
    if request.method != "HEAD":
        response.app_iter = _bytes_of(request, delivery, whole)
    response.content_length = whole.size
    return response


def _place(request: Request, delivery: Delivery) -> Response:
    """Tell the proxy where the file is; 403 when it cannot send it, and is to ask for the bytes.

    Not counted: it asks so for what follows the first byte.
    """
    inside = _inside_the_proxy(request, delivery)
    if inside is None:
        return Response(status=403)
    response = Response(status=204)
    response.headers["X-Image-Place"] = inside
    response.headers["ETag"] = f'"{delivery.digest.oci}"'
    response.headers["Content-Disposition"] = _disposition(delivery)
    keep_whoever_asks(request, response, is_public=delivery.is_public)
    return response


def _disposition(delivery: Delivery) -> str:
    return f'attachment; filename="{delivery.filename}"'


def _inside_the_proxy(request: Request, delivery: Delivery) -> str | None:
    """Give where the proxy finds a file itself; None when it is not asked to."""
    if not request.environ.get("sregistry.proxied") or not isinstance(delivery.handoff, LocalFile):
        return None
    if "If-Match" in request.headers:
        # nginx looks at it once more, and knows no ETag of a file that it sends for us.
        return None
    path = str(delivery.handoff.path)
    for accel in request.registry["facilities"].settings.accel:
        if path.startswith(accel.start):
            return f"{accel.prefix}{quote(path[len(accel.start) :])}"
    return None


def _bytes_of(request: Request, delivery: Delivery, span: Span) -> Iterator[bytes]:
    wrapper = request.environ.get("wsgi.file_wrapper")
    if isinstance(delivery.handoff, LocalFile) and wrapper is not None:
        try:
            source = delivery.handoff.path.open("rb")
        except FileNotFoundError as error:
            raise NotFound("the bytes are gone") from error
        source.seek(span.first)
        # The server sends as many bytes as Content-Length says, from where the file stands.
        wrapped: Iterator[bytes] = wrapper(source, BLOCK)
        return wrapped
    return _Chunks(request.services.downloads.read(delivery, span.first), span.size)


class _Chunks:
    """Reads a source in blocks, and closes it when the server is done with it."""

    def __init__(self, source: BinaryIO, size: int):
        self._source = source
        self._left = size

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = self._source.read(min(BLOCK, self._left))
        if not chunk:
            raise StopIteration
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        self._source.close()


def _asked_span(request: Request, size: int, etag: str) -> Span | None:
    """Give the one range that is asked for; None for the whole, also for what we need not obey.

    Source: RFC 9110, sections 14.1.2 and 13.1.5. Several ranges at once may be ignored.
    """
    found = _RANGE.match(request.headers.get("Range", "").strip().lower())
    if not found or found[0] == "bytes=-" or request.method not in ("GET", "HEAD"):
        return None
    if (condition := request.headers.get("If-Range")) and condition.strip() != etag:
        return None
    first, last = found[1], found[2]
    if not first:
        span = Span(max(0, size - int(last)), size - 1)
    else:
        if last and int(last) < int(first):
            return None
        span = Span(int(first), min(int(last), size - 1) if last else size - 1)
    if span.size <= 0 or span.first >= size:
        raise RangeUnsatisfiable(size)
    return span


def _is_known(request: Request, etag: str) -> bool:
    known = request.headers.get("If-None-Match")
    if not known:
        return False
    return known.strip() == "*" or etag in [
        one.strip().removeprefix("W/") for one in known.split(",")
    ]


def _is_wanted(request: Request, etag: str) -> bool:
    """Tell whether a client that names the version it wants gets it; a weak one is never it.

    Source: RFC 9110, section 13.1.1.
    """
    wanted = request.headers.get("If-Match")
    if wanted is None:
        return True
    return wanted.strip() == "*" or etag in [one.strip() for one in wanted.split(",")]


def _count(request: Request, delivery: Delivery, span: Span | None) -> None:
    """Count a pull by its first byte: a parallel download asks for many ranges."""
    if request.method == "GET" and (span is None or span.first == 0):
        request.services.downloads.count(delivery)
