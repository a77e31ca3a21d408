"""The commands of docs/admin/robots.md and docs/admin/ci.md, as people and jobs are told to type.

The CI systems are imitated on loopback: they sign what GitLab and GitHub sign of a job.
"""

import re
import shlex
import shutil
import tarfile
from pathlib import Path

import pytest
import yaml

from sregistry_core.contracts import Scope
from sregistry_core.names import CollectionName
from sregistry_core.testing.apptainer import Apptainer
from sregistry_core.testing.image_files import sha256_of
from sregistry_core.testing.imitated_ci import GITHUB_JOB, GITLAB_JOB, ImitatedCi
from sregistry_core.testing.live import LiveRegistry, free_address
from sregistry_core.testing.oci_programs import Terminal, programs_made_by
from sregistry_core.testing.sif_files import make_sif

pytestmark = pytest.mark.real

HOME = Path(__file__).parents[2]
PAGES = HOME / "docs/admin"
SCRIPT = HOME / "tests/components/unstable-programs.sh"
NAME_WITHOUT_TLS = "registry.localhost"
OTHERS = ("oras", "skopeo")


@pytest.fixture(scope="module")
def ci():
    started = ImitatedCi()
    yield started
    started.end()


@pytest.fixture(scope="module")
def server(ci, tmp_path_factory):
    """The real server, which lets collections trust the imitated site."""
    settings = {
        "sregistry.publishers": ci.url,
        "sregistry.publishers_allow_private": "true",
        "sregistry.protocols": "discovery transfer library oci shub api",
    }
    directory = tmp_path_factory.mktemp("server")
    with LiveRegistry(directory, listen=f"{free_address()}:80", settings=settings) as registry:
        yield registry
    assert "Traceback" not in registry.log


@pytest.fixture(scope="module")
def token_of_ada(server):
    """A token of Ada's, who has a private collection."""
    token = server.make_user("ada")
    with server.services() as services:
        ada = services.catalog.entity("ada")
        services.catalog.create_collection(ada, "lab", private=True)
    return token


@pytest.fixture
def shell(server, tmp_path, samples):
    """A home in which commands of a page are run one by one, each by its own program."""
    host = server.url.removeprefix("http://")
    terminal = Terminal(tmp_path / "home", host, programs=programs_made_by(SCRIPT))
    terminal.put(samples.small, "blast.sif")
    (terminal.place / "table.csv").write_text("1,2,3\n")
    yield terminal
    shutil.rmtree(terminal.place)


@pytest.fixture
def apptainer(apptainer_root, server, tmp_path, samples):
    names = {NAME_WITHOUT_TLS: server.url.removeprefix("http://")}
    client = Apptainer(apptainer_root, tmp_path / "client", names)
    client.put(samples.small, "blast.sif")
    yield client
    shutil.rmtree(client.place)


def blocks(page, language):
    """Give the blocks of a page, without prompts."""
    text = (PAGES / page).read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(r"^\$ ", "", one, flags=re.MULTILINE) for one in found]


@pytest.fixture
def layer(tmp_path):
    """A layer for a container image."""
    path = tmp_path / "layer.tar"
    (tmp_path / "data").write_bytes(b"data of a layer")
    with tarfile.open(path, "w") as archive:
        archive.add(tmp_path / "data", "data")
    return path


@pytest.fixture
def run(server, ci, shell, apptainer):
    """Runs one line of a page; `variables` are those of the job."""

    def run(line, variables):
        issuers = "https://gitlab.example.org", "https://token.actions.githubusercontent.com"
        for issuer in issuers:
            line = line.replace(issuer, ci.url)
        line, _, file = line.partition(" < ")
        stdin = (shell.place / file).read_text() if file else ""
        program = line.split()[0]
        if program not in (*OTHERS, "apptainer", "sregistry-admin"):
            set_up = "".join(f"export {key}={shlex.quote(v)}\n" for key, v in variables.items())
            line = line.replace("https://registry.example.org", server.url)
            return shell.shell(set_up + line)
        for key, value in variables.items():
            line = line.replace(f"${key}", value)
        words = shlex.split(line)[1:]
        if program == "sregistry-admin":
            words, into = (words[:-2], words[-1]) if ">" in words else (words, None)
            printed = server.admin(*words[2:])
            if into:
                (shell.place / into).write_text(printed)
            return printed
        if program != "apptainer":
            words = [word.replace("registry.example.org", shell.host) for word in words]
            return shell.must(program, *words, stdin=stdin)
        return apptainer_line(words, stdin)

    def apptainer_line(words, stdin):
        verb, *rest = words
        rest = [word.replace("https://registry.example.org", server.url) for word in rest]
        rest = [word.replace("registry.example.org", NAME_WITHOUT_TLS) for word in rest]
        if verb == "remote":
            if (shell.place / "token").exists():
                apptainer.write("token", (shell.place / "token").read_text())
            options = ["--insecure"] if rest[0] == "add" else []
            return apptainer.must(verb, rest[0], *options, *rest[1:])
        uses_oci = any("oras://" in word for word in rest)
        options = ["--no-https"] if uses_oci and verb != "registry" else []
        return apptainer.must(verb, *options, *rest, stdin=stdin)

    return run


def images_pushed_by(server):
    """Give which account pushed to which container."""
    with server.services() as services:
        users = {one.user.id: one.user.name for one in services.tokens.all()}
        collection = services.catalog.collection(CollectionName("ada", "lab"))
        return {
            (container.name, users.get(image.pushed_by))
            for container in services.catalog.containers(collection)
            for image in services.images.of_container(container)
        }


def test_the_page_on_robots_does_what_it_says(server, token_of_ada, run, shell, apptainer):
    make, oci, library, others = blocks("robots.md", "console")
    (api,) = blocks("robots.md", "bash")
    run(make.strip(), {})
    apptainer.write("token", (shell.place / "token").read_text())

    for line in oci.splitlines():
        run(line, {})
    assert sha256_of(apptainer.place / "pulled.sif") == sha256_of(apptainer.place / "blast.sif")
    for line in library.splitlines():
        run(line, {})
    shown = "".join(run(line, {}) for line in others.splitlines())
    assert '"1"' in shown
    run(api.strip(), {"MY_TOKEN": token_of_ada})

    assert ("blast", "ada/lab+ci") in images_pushed_by(server)
    listed = server.admin("robot", "list", "ada/lab").splitlines()
    assert [line.split()[:2] for line in listed] == [
        ["ada/lab+ci", "push"],
        ["ada/lab+deploy", "pull"],
    ]
    secret = (shell.place / "token-of-deploy").read_text().strip()
    with server.services() as services:
        caller = services.authentication.caller_of_token(secret)
        assert (caller.name, caller.scope) == ("ada/lab+deploy", Scope.PULL)


@pytest.fixture(scope="module")
def publishers(server, token_of_ada, ci):
    """The two publishers, made by the commands of the page."""
    (commands,) = blocks("ci.md", "console")
    for line in commands.splitlines():
        words = [re.sub(r"^https://.*", ci.url, word) for word in shlex.split(line)[3:]]
        server.admin(*words)


def test_a_job_of_gitlab_pushes(server, publishers, ci, run, apptainer):
    job = yaml.safe_load(blocks("ci.md", "yaml")[0])["image"]
    audience = job["id_tokens"]["JOB_TOKEN"]["aud"]
    assert audience == "https://registry.example.org"
    signed = ci.sign(ci.job(server.url, **GITLAB_JOB))

    for line in job["script"]:
        run(line, {"JOB_TOKEN": signed, "CI_COMMIT_SHORT_SHA": "1ecfd275"})

    apptainer.must(
        "pull", "--no-https", "pulled.sif", f"oras://{NAME_WITHOUT_TLS}/ada/lab/blast:1ecfd275"
    )
    assert sha256_of(apptainer.place / "pulled.sif") == sha256_of(apptainer.place / "blast.sif")
    assert "ada/lab+builds" in server.admin("token", "list")


def test_a_job_of_github_pushes(server, publishers, ci, run, shell, layer):
    shell.put(layer, "layer.tar")
    (shell.place / "blast.sif").write_bytes(make_sif(labels={"org.example": "of the job"}))
    shell.must("crane", "append", "-f", layer, "-t", "tool:1", "-o", "tool.tar")
    shell.must("skopeo", "copy", "docker-archive:tool.tar", "oci:tool:1")
    (step,) = yaml.safe_load(blocks("ci.md", "yaml")[1])["jobs"]["image"]["steps"]
    signed = ci.sign(ci.job(server.url, **GITHUB_JOB, environment="release"))
    ask = f"/token?api-version=2.0&audience={server.url}"
    ci.answers[ask] = (200, b'{"count": 1, "value": "%s"}' % signed.encode())
    variables = {
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of the runner",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{ci.url}/token?api-version=2.0",
        "GITHUB_RUN_ID": "74",
    }

    for line in step["run"].splitlines():
        run(line, variables)

    shown = shell.must("skopeo", "list-tags", f"docker://{shell.host}/ada/lab/tool")
    assert '"74"' in shown
    assert ("blast", "ada/lab+actions") in images_pushed_by(server)
    shell.refused("oras", "repo", "tags", f"{shell.host}/ada/other")
