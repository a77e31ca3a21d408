"""A real OpenID provider for these tests: oidc-provider, a child on loopback."""

import html
import json
import re
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from sregistry_core.testing.components import leave_out, need
from sregistry_core.testing.live_ini import free_port
from sregistry_core.testing.sregistry_client import CACHE

HERE = Path(__file__).parent
SCRIPT = HERE.parents[2] / "tests/components/oidc-provider.sh"
CLIENT, SECRET = "registry", "a secret of forty characters and of tests"
_STEPS = 12


class RealProvider:
    """The provider; `callbacks` are the addresses that it sends browsers back to."""

    def __init__(self, callbacks, *, back="http://registry.test/"):
        node = need("node", "nodejs")
        made = subprocess.run(
            [SCRIPT, CACHE / "oidc-provider"], capture_output=True, text=True, check=False
        )
        if made.returncode:
            leave_out(f"oidc-provider cannot be installed: {made.stderr.strip()[-200:]}")
        self.callbacks = tuple(callbacks)
        port = free_port()
        self.issuer = f"http://127.0.0.1:{port}"
        client = {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "redirect_uris": list(callbacks),
            "post_logout_redirect_uris": [back],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
        }
        words = [node, HERE / "provider.mjs", made.stdout.strip(), str(port), json.dumps([client])]
        self._process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout.readline() == "ready\n"

    def end(self):
        """End it."""
        self._process.terminate()
        self._process.wait(timeout=10)
        self._process.stdout.close()

    def visit(self, address, name="ada", *, refuse=False):
        """Sign somebody in; the fields of the answer."""
        return dict(parse_qsl(urlsplit(self.way_back(address, name, refuse=refuse)).query))

    def way_back(self, address, name="ada", *, refuse=False):
        """Sign somebody in; the address that the browser is sent back to."""
        with requests.Session() as session:
            page = session.get(address, allow_redirects=False, timeout=10)
            for _ in range(_STEPS):
                if page.is_redirect:
                    target = urljoin(page.url, page.headers["Location"])
                    if target.startswith(self.callbacks):
                        return target
                    page = session.get(target, allow_redirects=False, timeout=10)
                    continue
                form = re.search(r'<form[^>]*action="([^"]+)"', page.text)
                assert form, f"status {page.status_code}: {page.text[:500]}"
                if refuse:
                    target = f"{urlsplit(page.url).path}/abort"
                    page = session.get(urljoin(page.url, target), allow_redirects=False, timeout=10)
                    continue
                prompt = re.search(r'name="prompt" value="(\w+)"', page.text)[1]
                page = session.post(
                    urljoin(page.url, html.unescape(form[1])),
                    data={"prompt": prompt, "login": name, "password": "any"},
                    allow_redirects=False,
                    timeout=10,
                )
        raise AssertionError("the provider does not send the browser back")
