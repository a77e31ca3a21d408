"""Asks the application in process what no client library would ask, and reads the answer."""

import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

PROTOCOL = "tests.protocol"
"""The key of the WSGI environment under which an application notes whose dialect it spoke."""
Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """One request.

    path      as it stands in the request line, quoted, without the query.
    headers   names and values; of one name that comes twice, a server makes one with a comma.
    length    what CONTENT_LENGTH says; None for what `body` has, empty for no header at all.
    """

    method: str
    path: str
    query: str = ""
    headers: Headers = ()
    body: bytes = b""
    length: str | None = None

    def environ(self) -> dict[str, Any]:
        """Give the WSGI environment, as our server makes it of such a request."""
        length = str(len(self.body)) if self.length is None else self.length
        made: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(self.path).decode("latin-1"),
            "QUERY_STRING": self.query,
            "SERVER_NAME": "registry.test",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "registry.test",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }
        if length:
            made["CONTENT_LENGTH"] = length
        for name, value in self.headers:
            key = name.upper().replace("-", "_")
            key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
            made[key] = f"{made[key]}, {value}" if key in made and self._repeats(name) else value
        return made

    def _repeats(self, name: str) -> bool:
        return sum(one.lower() == name.lower() for one, _ in self.headers) > 1


@dataclass
class Answer:
    """What the application said, and in whose dialect."""

    protocol: str = ""
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str:
        """Give a header; empty when it is missing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.header("Content-Type").partition(";")[0]

    def json(self) -> Any:
        """Give the body, read as JSON."""
        return json.loads(self.body)


Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def ask(application: Application, request: Request) -> Answer:
    """Ask, read the answer to its end, and hold it against HTTP."""
    answer = Answer()

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        answer.status, answer.headers = int(status.split()[0]), list(headers)

    environ = request.environ()
    pieces = application(environ, start)
    try:
        answer.body = b"".join(pieces)
    finally:
        if hasattr(pieces, "close"):
            pieces.close()
    answer.protocol = environ.get(PROTOCOL, "")
    _require_sound(request, answer)
    return answer


def _require_sound(request: Request, answer: Answer) -> None:
    for name, value in answer.headers:
        assert isinstance(name, str) and isinstance(value, str), (name, value)
        # A line break would let whoever asks write headers of their own.
        assert not {*"\r\n\0"} & {*name, *value}, (name, value)
        value.encode("latin-1")
    said = answer.header("Content-Length")
    if said and request.method != "HEAD":
        assert int(said) == len(answer.body), "Content-Length does not fit the body"
    if request.method == "HEAD":
        assert answer.body == b""
    assert b"Traceback" not in answer.body
