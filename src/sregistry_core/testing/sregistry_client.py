"""Drives the real `sregistry` client of PyPI for tests, with its back end `registry`.

ada = SregistryPerson("ada", token, program, tmp_path / "ada", server)
ada.use(secrets_from_page(server, "ada"))
ada.push(content, "lab/rocks:1")
ran, pulled = ada.pull("lab/rocks:1")
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from .apptainer import Ran
from .components import leave_out
from .live import PASSWORD, LiveRegistry

CACHE = Path.home() / ".cache/sregistry-tests"
_NUMBERS = count(1)


@dataclass
class SregistryPerson:
    """Somebody with the client in a directory of their own.

    token     one of the registry's tokens, for what a test does without the client.
    program   see `program_made_by`; its environment's Python is beside it.
    secrets   what the secrets file says.
    """

    name: str
    token: str
    program: Path
    place: Path
    server: LiveRegistry
    secrets: dict[str, Any] = field(default_factory=dict)

    def use(self, secrets: Mapping[str, Any]) -> None:
        """Write the secrets file."""
        self.secrets = dict(secrets)
        (self.place / ".sregistry").write_text(json.dumps(secrets))

    def based_on(self, entity: str) -> None:
        """Let the client's flat names be those of an entity."""
        base = f"{self.server.url}/{entity}"
        self.use({**self.secrets, "registry": {**self.secrets["registry"], "base": base}})

    def run(self, *words: str, **environment: str) -> Ran:
        """Run the client; the screen is without colours."""
        return self._run([self.program, *words], environment)

    def run_python(self, text: str) -> Ran:
        """Run what the client's own commands cannot reach."""
        return self._run([self.program.with_name("python"), "-c", text], {})

    def push(self, content: bytes, name: str, **environment: str) -> Ran:
        """Push an image from a file."""
        image = self.place / f"image-{next(_NUMBERS)}.sif"
        image.write_bytes(content)
        return self.run("push", "--name", name, str(image), **environment)

    def pull(self, name: str, *options: str, **environment: str) -> tuple[Ran, bytes | None]:
        """Pull into a new file; its bytes, None when there is none."""
        target = f"pulled-{next(_NUMBERS)}.sif"
        ran = self.run("pull", "--no-cache", "--name", target, *options, name, **environment)
        path = self.place / target
        return ran, path.read_bytes() if path.exists() else None

    def _run(self, words: Sequence[str | Path], environment: Mapping[str, str]) -> Ran:
        done = subprocess.run(  # noqa: S603 - what the test says is what runs
            [str(word) for word in words],
            cwd=self.place,
            env={
                # It looks up the user's home itself, whatever HOME says.
                "SREGISTRY_CLIENT_SECRETS": str(self.place / ".sregistry"),
                "SREGISTRY_DISABLE_CREDENTIAL_CACHE": "true",
                "SREGISTRY_DATABASE": str(self.place),
                "SREGISTRY_STORAGE": str(self.place / "kept"),
                "SINGULARITY_CACHEDIR": str(self.place / "cache"),
                "HOME": str(self.place),
                "PATH": os.environ["PATH"],
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr))


def program_made_by(script: Path) -> Path:
    """The client in the environment that the script makes, or made before.

    Skips the test, as `leave_out` does, when it cannot be had.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(  # noqa: S603 - our own script
        [script, CACHE / "sregistry-venv", sys.executable],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        leave_out(f"no sregistry client: {made.stderr.strip()[-300:]}")
    return Path(made.stdout.strip())


def secrets_from_page(server: LiveRegistry, name: str) -> dict[str, Any]:
    """Sign in, make a secret, and read the file that the page shows."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))

    def opened(path: str, fields: Mapping[str, str] | None = None) -> str:
        body = urlencode(fields).encode() if fields else None
        text: str = browser.open(Request(f"{server.url}{path}", body)).read().decode()  # noqa: S310
        return text

    def found(pattern: str, page: str) -> str:
        match = re.search(pattern, page, re.DOTALL)
        assert match, page
        return match[1]

    def token_of(page: str) -> str:
        return found(r'name="csrf_token" value="(.+?)"', page)

    form = {"name": name, "password": PASSWORD, "next": "/auth/sregistry"}
    opened("/auth/sign-in", {**form, "csrf_token": token_of(opened("/auth/sign-in"))})
    page = opened("/auth/sregistry")
    page = opened("/auth/sregistry", {"csrf_token": token_of(page)})
    shown = found(r'<code id="secrets-file">(.*?)</code>', page)
    secrets: dict[str, Any] = json.loads(re.sub(r"<.*?>", "", shown).replace("&#34;", '"'))
    return secrets
