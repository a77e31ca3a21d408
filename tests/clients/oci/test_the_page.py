"""Every command of docs/protocols/oci.md does what the page says; the login is a token."""

import re
from contextlib import suppress

import pytest

from sregistry_core.contracts import Scope
from sregistry_core.errors import Conflict
from sregistry_core.testing.image_files import sha256_of

from .. import page
from .conftest import NAME_WITHOUT_TLS

pytestmark = pytest.mark.real


@pytest.fixture
def token(server):
    """A token of the page's user, who is made by the first test that comes."""
    with suppress(Conflict):
        server.make_user("ada")
    with server.services() as services:
        owner = services.accounts.find("ada")
        return services.tokens.issue(owner, scope=Scope.PUSH).secret


@pytest.fixture
def terminal(make_terminal, token, sif, layer):
    """A home with the files of the page."""
    terminal = make_terminal("with", name="ada", password=token)
    terminal.put(sif, "blast.sif")
    terminal.put(layer, "layer.tar")
    (terminal.place / "table.csv").write_text("1,2,3\n")
    (terminal.place / "token").write_text(f"{token}\n")
    return terminal


def run_page(terminal, client):
    """Run all commands of a client; what each has shown, by its words."""
    shown = {}
    for program, *words in page.commands(client, terminal.host):
        stdin = f"{terminal.password}\n" if words[-1] == "< token" else ""
        words = [word for word in words if word != "< token"]
        shown[" ".join(words[:2])] = terminal.must(program, *words, stdin=stdin)
    return shown


def test_apptainer(make_apptainer, token, samples):
    ada = make_apptainer("", name="ada")
    image = ada.put(samples.small, "blast.sif")

    for _, verb, *words in page.commands("Apptainer", NAME_WITHOUT_TLS):
        options = [] if verb == "registry" else ["--no-https"]
        words = [word for word in words if word != "< token"]
        ada.must(verb, *options, *words, stdin=f"{token}\n")

    assert sha256_of(ada.place / "pulled.sif") == sha256_of(image)


def test_oras(terminal, sif):
    shown = run_page(terminal, "oras")

    assert sha256_of(terminal.place / "pulled/blast.sif") == sha256_of(sif)
    assert "application/vnd.example.table" in shown[f"discover {terminal.at('lab/blast:1')}"]
    assert "ada/lab/copy" in shown["repo ls"]
    assert "stable" in shown["repo tags"]


def test_skopeo(terminal, layer):
    terminal.must("crane", "append", "-f", layer, "-t", "tool:1", "-o", "tool.tar")
    terminal.must("skopeo", "copy", "docker-archive:tool.tar", "oci:tool:1")

    shown = run_page(terminal, "skopeo")

    assert '"1"' in shown[f"list-tags docker://{terminal.at('lab/tool')}"]
    assert (terminal.place / "pulled/manifest.json").exists()


def test_buildah(terminal):
    shown = run_page(terminal, "buildah")

    (pulled,) = re.findall(r"^[0-9a-f]{64}$", shown[f"pull {terminal.at('lab/tool:1')}"], re.M)
    assert pulled in shown["commit work"]


def test_crane(terminal):
    shown = run_page(terminal, "crane")

    assert shown["validate --remote"].startswith("PASS")
    assert "1" in shown[f"ls {terminal.at('lab/tool')}"].split()
    assert "ada/lab/copy" in shown[f"catalog {terminal.host}"].split()
    assert (terminal.place / "pulled/index.json").exists()


def test_oras_py(terminal, sif):
    text = page.spelled(page.block("oras-py"), terminal.host)

    screen = terminal.oras_py(text.replace("OrasClient()", "OrasClient(insecure=True)"))

    assert sha256_of(terminal.place / "pulled/blast.sif") == sha256_of(sif)
    assert "'1'" in screen


def test_curl(terminal, sif):
    terminal.shell(page.spelled(page.block("curl"), terminal.host))

    assert sha256_of(terminal.place / "pulled.sif") == sha256_of(sif)
