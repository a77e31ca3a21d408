"""A registry in miniature that the tests of the server run as a process of its own.

Arguments: the directory it works in, then settings of `[server:main]` as name=value.
"""

import json
import os
import sys
import time
from pathlib import Path

from sregistry_core.server import from_ini, serve

ROOM = Path(sys.argv[1])


def application(environ, start_response):
    name = environ["PATH_INFO"].strip("/")
    return globals()[f"answer_{name}"](environ, start_response)


def _text(start_response, text, status="200 OK"):
    payload = text.encode()
    length = ("Content-Length", str(len(payload)))
    start_response(status, [("Content-Type", "text/plain"), length])
    return [payload]


def answer_ping(environ, start_response):
    return _text(start_response, "pong")


def answer_environ(environ, start_response):
    texts = {name: value for name, value in environ.items() if isinstance(value, str | float)}
    texts["has None"] = [name for name, value in environ.items() if value is None]
    return _text(start_response, json.dumps(texts))


def answer_describe(environ, start_response):
    body = environ["wsgi.input"]
    name = getattr(body, "name", None)
    return _text(
        start_response,
        json.dumps(
            {
                "length": int(environ["CONTENT_LENGTH"]),
                "name": name,
                "mode": oct(Path(name).stat().st_mode) if name else None,
                "first": body.readline().decode("latin-1")[:100],
                "rest": sum(len(piece) for piece in iter(lambda: body.read(1 << 20), b"")),
            }
        ),
    )


def answer_link(environ, start_response):
    os.link(environ["wsgi.input"].name, ROOM / "kept")
    return _text(start_response, environ["wsgi.input"].name)


def answer_rename(environ, start_response):
    Path(environ["wsgi.input"].name).rename(ROOM / "kept")
    return _text(start_response, environ["wsgi.input"].name)


def answer_upload(environ, start_response):
    body = environ["wsgi.input"]
    if getattr(body, "full", False):
        answer = {"full": True, "error": body.error.errno, "read": len(body.read())}
        return _text(start_response, json.dumps(answer), "507 Insufficient Storage")
    return _text(start_response, environ.get("CONTENT_LENGTH", "0"))


def answer_file(environ, start_response):
    length = ("Content-Length", str((ROOM / "image").stat().st_size))
    start_response("200 OK", [length])
    return environ["wsgi.file_wrapper"]((ROOM / "image").open("rb"), 1 << 20)


def answer_pieces(environ, start_response):
    start_response("200 OK", [("Content-Length", str(64 << 20))])
    return (b"p" * (1 << 20) for number in range(64))


def answer_doze(environ, start_response):
    """Wait as long as the query says, in milliseconds, for something that is no processor."""
    time.sleep(int(environ["QUERY_STRING"]) / 1000)
    return _text(start_response, environ["QUERY_STRING"])


def answer_work(environ, start_response):
    (ROOM / "working").touch()
    while not (ROOM / "worked").exists():
        time.sleep(0.01)
    (ROOM / "done").touch()
    return _text(start_response, "worked")


def answer_write_and_work(environ, start_response):
    start_response("200 OK", [("Content-Length", str(8 << 20))])
    yield b"p" * (8 << 20)
    answer_work(environ, lambda status, headers: None)


def answer_crash(environ, start_response):
    raise RuntimeError("a secret of the application")


def _ready(addresses):
    (ROOM / "ready.part").write_text(json.dumps(addresses))
    (ROOM / "ready.part").rename(ROOM / "ready")


def _failing_call():
    raise RuntimeError("this call fails")


def _patient_call():
    (ROOM / "finishing").touch()
    while (ROOM / "hold").exists():
        time.sleep(0.01)


if __name__ == "__main__":
    settings = {"listen": "127.0.0.1:0", "spool": str(ROOM / "spool")}
    settings.update(argument.split("=", 1) for argument in sys.argv[2:])
    serve(
        application,
        from_ini(settings),
        on_stop=[_failing_call, _patient_call, (ROOM / "stopped").touch],
        ready=_ready,
    )
    print("returned", flush=True)
