"""The shape that each protocol's refusals have."""

from collections.abc import Callable, Mapping
from typing import Any

from pyramid.interfaces import INewResponse
from pyramid.request import Request as PyramidRequest

from .asking import PROTOCOL, Answer, Request

MESSAGES = 2_000
"""Characters of a refusal's message at most: what was sent is not sent back whole."""


def _message(text: Any) -> None:
    assert isinstance(text, str) and 0 < len(text) <= MESSAGES, text


def _envelope(answer: Answer, _request: Request) -> None:
    assert answer.media_type == "application/json"
    error = answer.json()["error"]
    assert set(error) == {"code", "message"}
    assert error["code"] == answer.status
    _message(error["message"])


def _our_own(answer: Answer, _request: Request) -> None:
    assert answer.media_type == "application/json"
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "request_id"}
    _message(error["message"])


def _oci(answer: Answer, _request: Request) -> None:
    assert answer.media_type == "application/json"
    errors = answer.json()["errors"]
    assert errors and errors[0]["code"].isupper()
    _message(errors[0]["message"])


def _detail(answer: Answer, _request: Request) -> None:
    assert answer.media_type == "application/json"
    assert set(answer.json()) == {"detail"}
    _message(answer.json()["detail"])


def _sregistry(answer: Answer, _request: Request) -> None:
    assert answer.media_type == "application/json"
    assert set(answer.json()) == {"detail", "message"}
    _message(answer.json()["detail"])


def _text(answer: Answer, _request: Request) -> None:
    assert answer.media_type == "text/plain"
    _message(answer.body.decode())


def _key_server(answer: Answer, request: Request) -> None:
    (_envelope if request.method == "POST" else _text)(answer, request)


def _page(answer: Answer, request: Request) -> None:
    """Pages for browsers, and one line for programs."""
    assert answer.media_type in ("text/html", "text/plain", "application/json")
    answer.body.decode()


def _webhook(answer: Answer, _request: Request) -> None:
    """A message, which the forge shows."""
    assert answer.media_type == "application/json"
    assert set(answer.json()) == {"message"}
    _message(answer.json()["message"])


SHAPES: Mapping[str, Callable[[Answer, Request], None]] = {
    "api": _our_own,
    "directory": _detail,
    "discovery": _envelope,
    "hkp": _key_server,
    "library": _envelope,
    "oci": _oci,
    "remotebuild": _envelope,
    "shub": _detail,
    "sregistry": _sregistry,
    "transfer": _text,
    "ui": _page,
    "webhooks": _webhook,
}


def watch(registry: Any) -> None:
    """Have every answer of an application say whose dialect its request was in."""

    def note(event: Any) -> None:
        event.request.environ[PROTOCOL] = _protocol_of(registry, event.request)

    registry.registerHandler(note, (INewResponse,))


def require_shape(request: Request, answer: Answer) -> None:
    """Hold a refusal against the dialect of its route, or of its path when it has none."""
    assert answer.protocol in SHAPES, f"say in shapes.py how {answer.protocol} refuses"
    if answer.status >= 400 and request.method != "HEAD":
        SHAPES[answer.protocol](answer, request)


def _protocol_of(registry: Any, request: PyramidRequest) -> str:
    names = {id(dialect): name for name, (dialect, _) in registry["dialects"].items()}
    return names[id(request.dialect)]
