"""A real OpenID provider for tests: oidc-provider of npm, a child on loopback.

with OpenidProvider([f"{registry.url}/auth/sign-in/campus/callback"]) as provider:
    ini = provider.login_keys("campus")
    address = provider.way_back(address_of_the_provider, "ada")
    provider.kill()
    provider.start()
"""

import html
import json
import re
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from .components import leave_out, need
from .live_ini import free_port
from .sregistry_client import CACHE

_COMPONENTS = Path(__file__).parents[3] / "tests/components"
CLIENT, SECRET = "registry", "a secret of forty characters and of tests"
_STEPS = 12
_PATIENCE_SECONDS = 20.0


class OpenidProvider:
    """The provider, which starts at once.

    issuer      its address.
    callbacks   the addresses that it sends browsers back to.
    """

    def __init__(self, callbacks: Iterable[str], *, back: str = "http://registry.test/"):
        """Start it. back: where browsers go after they have signed out there."""
        node = need("node", "nodejs")
        made = subprocess.run(  # noqa: S603 - our own script
            [_COMPONENTS / "oidc-provider.sh", CACHE / "oidc-provider"],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            leave_out(f"oidc-provider cannot be installed: {made.stderr.strip()[-200:]}")
        self.callbacks = tuple(callbacks)
        port = free_port()
        self.issuer = f"http://127.0.0.1:{port}"
        client = {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "redirect_uris": list(self.callbacks),
            "post_logout_redirect_uris": [back],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
        }
        program = str(_COMPONENTS / "openid-provider.mjs")
        self._words = [node, program, made.stdout.strip(), str(port), json.dumps([client])]
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def __enter__(self) -> "OpenidProvider":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and wait until it listens; it knows of nothing from before."""
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            self._words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL); one that has ended is fine."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_PATIENCE_SECONDS)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def freeze(self) -> None:
        """Let it take connections and answer nothing, until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def login_keys(self, name: str) -> dict[str, str]:
        """Give the lines of an ini file that open a login of this name here."""
        return {
            f"{name}.use": "openid",
            f"{name}.issuer": self.issuer,
            f"{name}.client_id": CLIENT,
            f"{name}.client_secret": SECRET,
            f"{name}.scope": "openid profile email groups",
        }

    def visit(self, address: str, name: str = "ada", *, refuse: bool = False) -> dict[str, str]:
        """Sign somebody in; the fields of the answer."""
        return dict(parse_qsl(urlsplit(self.way_back(address, name, refuse=refuse)).query))

    def way_back(self, address: str, name: str = "ada", *, refuse: bool = False) -> str:
        """Sign somebody in; the address that the browser is sent back to."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        with requests.Session() as session:
            page = session.get(address, allow_redirects=False, timeout=10)
            for _ in range(_STEPS):
                assert time.monotonic() < deadline, "the provider takes too long"
                if page.is_redirect:
                    target = urljoin(page.url, page.headers["Location"])
                    if target.startswith(self.callbacks):
                        return target
                    page = session.get(target, allow_redirects=False, timeout=10)
                    continue
                form = re.search(r'<form[^>]*action="([^"]+)"', page.text)
                if form is None:
                    raise requests.RequestException(f"{page.status_code}: {page.text[:500]}")
                if refuse:
                    target = f"{urlsplit(page.url).path}/abort"
                    page = session.get(urljoin(page.url, target), allow_redirects=False, timeout=10)
                    continue
                prompt = re.search(r'name="prompt" value="(\w+)"', page.text)
                assert prompt is not None, page.text[:500]
                page = session.post(
                    urljoin(page.url, html.unescape(form[1])),
                    data={"prompt": prompt[1], "login": name, "password": "any"},
                    allow_redirects=False,
                    timeout=10,
                )
        raise AssertionError("the provider does not send the browser back")

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "the provider was not started"
        self._process.send_signal(number)


__all__ = ["CLIENT", "SECRET", "OpenidProvider"]
