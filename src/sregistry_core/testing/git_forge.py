"""A forge on loopback: real repositories, served by Git's own `git http-backend`.

What it takes as commit statuses is an imitation of the documented interfaces of forges: it notes
what comes, and answers as it is told.
"""

import base64
import json
import os
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

BRANCH = "main"


@dataclass(frozen=True, slots=True)
class Told:
    """A commit status that came."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


@dataclass
class GitForge:
    """Serves the bare repositories below a directory.

    token      what must be the password of whoever reads; empty for everybody
    told       the commit statuses that came, in their order
    statuses   what is answered to them: status and body, the last one for ever
    """

    directory: Path
    token: str = ""
    told: list[Told] = field(default_factory=list)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    statuses: list[tuple[int, bytes]] = field(default_factory=lambda: [(201, b"{}")])
    redirect_to: str = ""

    def __post_init__(self) -> None:
        forge = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                forge._answer(self, b"")

            def do_POST(self) -> None:
                forge._answer(self, _body_of(self))

            def log_message(self, *_about: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()

    def repository(self, name: str) -> "Repository":
        """Make a bare repository with a clone to work in."""
        bare = self.directory / f"{name}.git"
        bare.parent.mkdir(parents=True, exist_ok=True)
        git(self.directory, "init", "--quiet", "--bare", f"--initial-branch={BRANCH}", str(bare))
        work = self.directory / "work" / name
        work.parent.mkdir(parents=True, exist_ok=True)
        git(self.directory, "clone", "--quiet", str(bare), str(work))
        git(work, "symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
        return Repository(bare, work, f"{self.url}/{name}.git")

    def _answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.asked.append((handler.path, dict(handler.headers)))
        with suppress(OSError):
            if self.redirect_to:
                _send(handler, 302, {"Location": self.redirect_to + handler.path}, b"")
            elif ".git/" in handler.path:
                self._serve_git(handler, body)
            else:
                self.told.append(Told(handler.path, dict(handler.headers), json.loads(body)))
                status, said = self.statuses[0]
                if len(self.statuses) > 1:
                    self.statuses.pop(0)
                _send(handler, status, {"Content-Type": "application/json"}, said)

    def _serve_git(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if self.token:
            shown = handler.headers.get("Authorization", "").removeprefix("Basic ")
            with suppress(ValueError):
                shown = base64.b64decode(shown).decode().partition(":")[2]
            if shown != self.token:
                asks = {"WWW-Authenticate": 'Basic realm="forge"'}
                _send(handler, 401, asks, b"")
                return
        parts = urlsplit(handler.path)
        done = subprocess.run(
            ["git", "http-backend"],  # noqa: S607
            input=body,
            capture_output=True,
            check=False,
            env={
                **os.environ,
                "GIT_PROJECT_ROOT": str(self.directory),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": parts.path,
                "QUERY_STRING": parts.query,
                "REQUEST_METHOD": handler.command,
                "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": handler.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
                "REMOTE_USER": "",
                "REMOTE_ADDR": "127.0.0.1",
            },
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers, status = {}, 200
        for line in head.decode().splitlines():
            name, _, value = line.partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            else:
                headers[name] = value
        _send(handler, status, headers, content)


@dataclass(frozen=True, slots=True)
class Repository:
    """A bare repository, and the clone that its author works in."""

    bare: Path
    work: Path
    url: str

    def push(self, files: Mapping[str, str], *, branch: str = BRANCH, tag: str = "") -> str:
        """Write files, commit and push them; the commit. An empty text removes a file."""
        known = self.git("branch", "--list", branch)
        if branch != BRANCH:
            self.git("checkout", "--quiet", *(() if known else ("-b",)), branch)
        for name, text in files.items():
            path = self.work / name
            if text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            else:
                path.unlink()
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change")
        if tag:
            self.git("tag", "-a", tag, "-m", tag)
        self.git("push", "--quiet", "--force", "origin", branch, *([tag] if tag else []))
        commit = self.git("rev-parse", "HEAD")
        if branch != BRANCH:
            self.git("checkout", "--quiet", BRANCH)
        return commit

    def git(self, *words: str) -> str:
        """Run git in the clone."""
        return git(self.work, *words)


def git(place: Path, *words: str) -> str:
    """Run git as a person with a name; what it says."""
    done = subprocess.run(  # noqa: S603 - git
        ["git", *words],  # noqa: S607
        cwd=place,
        check=True,
        capture_output=True,
        text=True,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
        },
    )
    return done.stdout.strip()


def _body_of(handler: BaseHTTPRequestHandler) -> bytes:
    if "chunked" not in handler.headers.get("Transfer-Encoding", ""):
        return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    body = b""
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body


def _send(
    handler: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], content: bytes
) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)
