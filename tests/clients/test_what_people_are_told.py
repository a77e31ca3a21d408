"""The real Apptainer does what the pages of a registry, the README and docs/protocols tell.

The page for the command line hands whoever is signed in a token, and says how to log in with it.
"""

import re
import shlex
from pathlib import Path

import pytest
import requests
from bs4 import BeautifulSoup

from sregistry_core.testing.image_files import sha256_of
from sregistry_core.testing.live import PASSWORD

pytestmark = pytest.mark.real

HOME = Path(__file__).parents[2]
SETTINGS = {"sregistry.protocols": "discovery transfer library oci shub api ui"}
EXAMPLE = "https://registry.example.org"


class Browser:
    """A browser of somebody who is led to sign in, and signs in."""

    def __init__(self, url, name):
        self.url, self.name, self.session = url, name, requests.Session()
        self.session.headers["Accept"] = "text/html"

    def open(self, path):
        return self._read(self.session.get(f"{self.url}{path}"))

    def send(self, page, action, **fields):
        """Fill in the form of a page that goes to an address, and send it."""
        form = page.find("form", action=re.compile(f"^{re.escape(action)}"))
        filled = {
            one["name"]: one.get("value", "")
            for one in form.find_all("input", attrs={"name": True})
        }
        return self._read(self.session.post(f"{self.url}{form['action']}", {**filled, **fields}))

    def sign_in(self, page):
        return self.send(page, "/auth/sign-in", name=self.name, password=PASSWORD)

    @staticmethod
    def _read(answer):
        assert answer.status_code == 200, answer.text
        return BeautifulSoup(answer.text, "html.parser")


def commands(page, id=None):
    """Give what can be copied on a page, or below one of its headings."""
    place = page.find(id=id) if id else page
    return [code.get_text() for code in place.select(".command code")]


@pytest.fixture
def somebody(server):
    """A user who has never been here, and their browser."""
    name = "grace"
    server.admin("user", "add", name, "--password-stdin", stdin=f"{PASSWORD}\n")
    return Browser(server.url, name)


def run(apptainer, line, stdin=""):
    program, *words = shlex.split(line)
    assert program == "apptainer", line
    return apptainer.must(*words, stdin=stdin)


def test_a_page_hands_out_a_token_and_every_command_of_the_guide_works_with_it(
    server, somebody, apptainer, samples
):
    apptainer.put(samples.small, "my-image.sif")
    # Whoever is not signed in is led to it by way of signing in.
    page = somebody.sign_in(somebody.open("/-/token"))
    assert page.h1.get_text() == "A token for the command line"
    made = somebody.send(page, "/auth/tokens", name="laptop")
    apptainer.write("token.txt", f"{made.find(id='secret').get_text()}\n")
    guide = somebody.open("/-/guide")

    add, use, typed = commands(guide, "set-up")
    run(apptainer, add)
    run(apptainer, use)
    run(apptainer, made.find(id="log-in-1").get_text())
    assert "Logged in as: grace" in apptainer.must("remote", "status")
    # The other way that the guide tells: the client asks for it.
    run(apptainer, typed, f"y\n{made.find(id='secret').get_text()}\n")

    for line in commands(guide, "push"):
        run(apptainer, line)
    (apptainer.place / "my-image.sif").unlink()
    for topic in ("pull", "shub"):
        for line in commands(guide, topic):
            run(apptainer, line)
            pulled = apptainer.place / "my-image_1.0.sif"
            assert sha256_of(pulled) == sha256_of(samples.small), line
            pulled.unlink()
    for line in commands(guide, "search"):
        assert "grace/tools/my-image" in run(apptainer, line)
    for line in commands(guide, "delete"):
        run(apptainer, line, "y\n")
    assert "No container images found" in apptainer.must("search", "my-image")

    listed = somebody.open("/auth/tokens").get_text()
    assert "laptop" in listed


def told(name, start, end="\n## "):
    """Give the indented lines of a page, from a place on."""
    text = (HOME / name).read_text(encoding="utf-8").partition(start)[2].partition(end)[0]
    return re.findall(r"^    (.+)$", text, re.MULTILINE)


def test_what_the_readme_tells_works(server, apptainer, samples):
    apptainer.put(samples.small, "blast.sif")
    user, token, *lines = told("README.md", "\n## Push and pull\n")
    prefix = "sregistry-admin -c development.ini "

    words = shlex.split(user.removeprefix(prefix))
    server.admin(*words, "--password-stdin", stdin=f"{PASSWORD}\n")
    words, into = token.removeprefix(prefix).split(" > ")
    apptainer.write(into, server.admin(*shlex.split(words)))
    for line in lines:
        run(apptainer, line.replace("127.0.0.2", server.url.removeprefix("http://")))

    assert len(lines) == 5
    for pulled in ("blast_1.sif", "copy.sif"):
        assert sha256_of(apptainer.place / pulled) == sha256_of(samples.small)


def test_what_the_page_on_library_tells_works(server, apptainer, samples):
    name = "lin"
    apptainer.put(samples.small, "blast.sif")
    apptainer.write("token", f"{server.make_user(name)}\n")
    page = (HOME / "docs/protocols/library.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| ([a-z ]+?) +\| `(apptainer .+?)` +\|$", page, re.MULTILINE))
    digest = f"sha256.{sha256_of(samples.small)}"

    def do(line):
        line = line.replace(EXAMPLE, server.url).replace("ada/", f"{name}/")
        line = line.replace("registry.example.org", server.url.removeprefix("http://"))
        line = line.replace("sha256.<64 hex digits>", digest)
        line = line.replace("remote add ", "remote add --insecure ")
        plain = line.replace("pull library://127", "pull --no-https library://127")
        return run(apptainer, plain, "y\n")

    for line in told("docs/protocols/library.md", "# library://", "(`--insecure`"):
        do(line)
    apptainer.put(samples.arm64, "arm64.sif")
    apptainer.must("push", "-U", "arm64.sif", f"library://{name}/lab/blast:1")
    do(table.pop("push without a signature"))
    for what in ("pull", "pull these very bytes", "pull without an endpoint"):
        do(table.pop(what))
        (pulled,) = apptainer.place.glob("blast_*.sif")
        assert sha256_of(pulled) == sha256_of(samples.small), what
        pulled.unlink()
    do(table.pop("pull for another machine"))
    (pulled,) = apptainer.place.glob("blast_*.sif")
    assert sha256_of(pulled) == sha256_of(samples.arm64)
    assert f"{name}/lab/blast" in do(table.pop("search"))
    apptainer.put(samples.signed, "blast.sif")
    apptainer.adopt_keys(samples.keyring)
    do(table.pop("push"))
    do(table.pop("delete"))

    assert not table, "not tried"
