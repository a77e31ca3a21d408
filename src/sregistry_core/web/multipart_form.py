"""Reads a form with a file in it as it comes, so that no byte of the file is kept in memory."""

from collections.abc import Collection, Iterator, Mapping
from io import BufferedReader, RawIOBase
from typing import Any, BinaryIO

from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)
from pyramid.request import Request

from sregistry_core.errors import Malformed, StorageFull, TooLarge

from .forms import body_of

MOST_FIELDS = 20
LARGEST_FIELD = 16 * 1024
LARGEST_UNREAD = 1 << 20
_BLOCK = 1 << 20
_NONE: Mapping[str, int] = {}


class MultipartForm:
    """The fields before the file, and the file, which can be read once.

    Whatever comes after the file is not looked at.
    """

    def __init__(
        self,
        request: Request,
        *,
        unread: Collection[str] = (),
        larger: Mapping[str, int] = _NONE,
    ):
        """Read as far as the file begins. Raises Malformed, or TooLarge for too many fields.

        unread   fields that may be larger, and of which nothing is kept
        larger   fields that may have more bytes than others, and how many
        """
        self._events = _events(request)
        self._unread = unread
        self._larger = larger
        self._fields: dict[str, str] = {}
        self.file_field = ""
        """The field that the file is in."""
        self._read_fields()

    def text(self, name: str) -> str:
        """Give a field. Raises Malformed when it does not come before the file."""
        if name not in self._fields:
            raise Malformed(f"the field {name} is missing, or comes after the file")
        return self._fields[name]

    @property
    def file(self) -> BinaryIO:
        """The bytes of the file; reading raises Malformed when the form breaks off."""
        return BufferedReader(_File(self._events), _BLOCK)

    def _read_fields(self) -> None:
        for event in self._events:
            if not isinstance(event, MultipartSegment):
                continue
            if event.filename is not None:
                self.file_field = event.name
                return
            if event.name in self._fields:
                raise Malformed(f"the field {event.name[:40]} comes twice")
            if len(self._fields) >= MOST_FIELDS:
                raise TooLarge(f"the form has more than {MOST_FIELDS} fields")
            if event.name in self._unread:
                self._skip()
                self._fields[event.name] = ""
            else:
                largest = self._larger.get(event.name, LARGEST_FIELD)
                self._fields[event.name] = self._value(largest)
        raise Malformed("the form has no file")

    def _skip(self) -> None:
        size = 0
        for chunk in self._events:
            if chunk is None:
                break
            size += len(chunk)
            if size > LARGEST_UNREAD:
                raise TooLarge(f"a field of the form has more than {LARGEST_UNREAD} bytes")

    def _value(self, largest: int) -> str:
        value = bytearray()
        for chunk in self._events:
            if chunk is None:
                break
            value += chunk
            if len(value) > largest:
                raise TooLarge(f"a field of the form has more than {largest} bytes")
        try:
            text = value.decode()
        except UnicodeDecodeError as error:
            raise Malformed("a field of the form is no UTF-8") from error
        if "\0" in text:
            raise Malformed("a field of the form holds a NUL")
        return text


class _File(RawIOBase):
    """The bytes until the end of a segment."""

    def __init__(self, events: Iterator[Any]):
        self._events = events
        self._left: memoryview = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left and not self._ended:
            chunk = next(self._events, None)
            if chunk is None:
                self._ended = True
            else:
                self._left = memoryview(chunk)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def _events(request: Request) -> Iterator[Any]:
    """Give the parser's events: a segment, then its bytes, then None; and so on."""
    kind, options = parse_options_header(request.headers.get("Content-Type", ""))
    boundary = options.get("boundary", "")
    if kind.lower() != "multipart/form-data" or not 0 < len(boundary) <= 200:
        raise Malformed("the request is no multipart/form-data with a boundary")
    source = body_of(request)
    if getattr(source, "full", False):
        raise StorageFull("no room for the body: the disk is full")
    try:
        parser = PushMultipartParser(boundary, max_segment_count=2 * MOST_FIELDS, strict=True)
        while not parser.closed:
            yield from parser.parse(source.read(_BLOCK))
    except ParserLimitReached as error:
        raise TooLarge(f"the form is too large: {error}") from error
    except (MultipartError, UnicodeError) as error:
        raise Malformed(f"the form cannot be read: {error}") from error
