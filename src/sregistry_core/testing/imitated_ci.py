"""An imitation of a CI system that signs what its jobs are, on loopback, with keys of its own.

The claims are those of GitLab and of GitHub, as their documentation has them; neither of the two
can be had here, and neither would sign what a test wants.
"""

import base64
import json
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeyParameters, RSAKey

DISCOVERY = "/.well-known/openid-configuration"
KEYS = "/keys"

GITLAB_JOB = {
    "sub": "project_path:lab/blast:ref_type:branch:ref:main",
    "project_id": "22",
    "project_path": "lab/blast",
    "namespace_path": "lab",
    "ref": "main",
    "ref_type": "branch",
    "ref_protected": "true",
    "environment_protected": "false",
    "pipeline_source": "push",
    "job_id": "302",
}
"""Source: GitLab, "OpenID Connect (OIDC) Authentication Using ID Tokens", token payload."""

GITHUB_JOB = {
    "sub": "repo:lab/blast:ref:refs/heads/main",
    "repository": "lab/blast",
    "repository_id": "74",
    "repository_owner": "lab",
    "ref": "refs/heads/main",
    "ref_type": "branch",
    "workflow": "image",
    "event_name": "push",
    "actor": "ada",
    "run_attempt": "2",
}
"""Source: GitHub, "OpenID Connect reference", OIDC token claims."""


class ImitatedCi:
    """Signs what a test wants, and says its keys.

    answers    what is said in place of the truth, by path: status and body
    asked      the paths that were asked for, in their order
    slow       seconds before each answer
    """

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self.slow = 0.0
        self.description: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.key: Any = _first_key()
        ci = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                ci.asked.append(self.path)
                time.sleep(ci.slow)
                status, body = ci.answers.get(self.path) or ci._answer(self.path)
                with suppress(OSError):
                    self.send_response(status)
                    if status in (301, 302, 307):
                        self.send_header("Location", body.decode())
                        body = b""
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_about: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()

    def new_key(self, name: str, *, curve: bool = False) -> None:
        """Sign with another key from now on, and show no other."""
        about: KeyParameters = {"kid": name, "use": "sig"}
        self.algorithm = "ES256" if curve else "RS256"
        self.key = (
            ECKey.generate_key("P-256", about, auto_kid=False)
            if curve
            else RSAKey.generate_key(2048, about, auto_kid=False)
        )

    def job(self, audience: str, now: float | None = None, **claims: Any) -> dict[str, Any]:
        """Give the claims of one job; None leaves a claim out."""
        moment = int(time.time() if now is None else now)
        about = {
            "iss": self.url,
            "aud": audience,
            "iat": moment,
            "nbf": moment - 5,
            "exp": moment + 300,
            "jti": str(uuid.uuid4()),
            **claims,
        }
        return {name: value for name, value in about.items() if value is not None}

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:
        """Sign claims with the key that is shown."""
        about = {"alg": self.algorithm, "kid": self.key.kid, **header}
        return jwt.encode(about, dict(claims), self.key)

    def sign_with_a_strange_key(self, claims: Mapping[str, Any]) -> str:
        """Sign with a key that nobody is shown, under the name of the right one."""
        key = RSAKey.generate_key(2048, auto_kid=False)
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, dict(claims), key)

    def sign_with_nothing(self, claims: Mapping[str, Any]) -> str:
        """Write claims down that nobody has signed."""
        return f"{part_of({'alg': 'none'})}.{part_of(claims)}."

    def end(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, path: str) -> tuple[int, bytes]:
        if path == DISCOVERY:
            said = {"issuer": self.url, "jwks_uri": f"{self.url}{KEYS}", **self.description}
            return 200, json.dumps(said).encode()
        if path == KEYS:
            return 200, json.dumps({"keys": [self.key.as_dict(private=False)]}).encode()
        return 404, b"{}"


def part_of(value: Mapping[str, Any] | bytes) -> str:
    """Write a part of a token: JSON, or bytes such as a signature."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@cache
def _first_key() -> RSAKey:
    """Make the key of every new site, once: that takes a while."""
    return RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}, auto_kid=False)
