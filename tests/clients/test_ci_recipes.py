"""docs/ci: the shell of each recipe builds with the real Apptainer and pushes over real TLS.

CI systems are imitated: their variables and what they sign are those that they document. The shell
runs as they run it; only `apptainer` leads into the root that has it.
"""

import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from sregistry_core.names import ContainerName
from sregistry_core.testing.apptainer import Apptainer
from sregistry_core.testing.components import need
from sregistry_core.testing.image_files import sha256_of
from sregistry_core.testing.imitated_ci import GITHUB_JOB, GITLAB_JOB, ImitatedCi
from sregistry_core.testing.live import LiveRegistry, free_address, free_port
from sregistry_core.testing.nginx import nginx_before

pytestmark = pytest.mark.real

HOME = Path(__file__).parents[2]
RECIPES = HOME / "docs/ci"
HOST = "registry.example.org"
PUBLIC_URL = f"https://{HOST}"
PLACE = f"oras://{HOST}/ada/lab/blast"
COMMIT = "1ecfd275763eff1d6b4844ea3168962458c9f27a"
GITLAB_SHELL = ("bash", "-eo", "pipefail")
GITHUB_SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
JENKINS_SHELL = ("sh", "-xe")
CIRCLECI_SHELL = ("bash", "-eo", "pipefail")
BRACKETS = {"{": "}", "[": "]", "(": ")"}


@dataclass(frozen=True)
class Server:
    registry: LiveRegistry
    address: str
    certificate: Path


@pytest.fixture(scope="module")
def ci():
    started = ImitatedCi()
    yield started
    started.end()


@pytest.fixture(scope="module")
def server(ci, tmp_path_factory):
    """The registry behind nginx, called as in the recipes; Ada has a collection there."""
    room = tmp_path_factory.mktemp("server")
    address, listen = free_address(), f"127.0.0.1:{free_port()}"
    data = room / "registry" / "var"
    front = nginx_before(
        HOME / "deploy/nginx",
        room / "nginx",
        listen=f"{address}:443",
        registry=listen,
        images=data / "images",
        body_files=data / "staging" / "nginx",
        names=[HOST],
    )
    settings = {
        "sregistry.public_url": PUBLIC_URL,
        "sregistry.accel": f"{data}/images -> /_images/",
        "sregistry.publishers": ci.url,
        "sregistry.publishers_allow_private": "true",
        "sregistry.protocols": "discovery transfer library oci api",
    }
    body_files = str(data / "staging" / "nginx")
    trusted = {"trusted_proxy": "127.0.0.1", "body_files": body_files}
    with (
        front as nginx,
        LiveRegistry(
            room / "registry", listen=listen, settings=settings, server=trusted
        ) as registry,
    ):
        registry.make_user("ada")
        with registry.services() as services:
            ada = services.catalog.entity("ada")
            services.catalog.create_collection(ada, "lab", private=True)
        yield Server(registry, address, nginx.certificate)
    assert "Traceback" not in registry.log


@pytest.fixture
def runner(apptainer_root, server, tmp_path):
    """A machine that runs jobs: with apptainer, curl and jq, and with the recipe of an image."""
    for program in ("curl", "jq"):
        need(program, program)
    client = Apptainer(apptainer_root, tmp_path / "runner", {HOST: server.address})
    trust = client.put(server.certificate, "ca.pem")
    client.write("payload", f"{tmp_path}\n")
    client.write("blast.def", "Bootstrap: scratch\n%files\n    payload /payload\n")
    runner = Runner(client, trust, server.address)
    yield runner
    shutil.rmtree(client.place)


class Runner:
    def __init__(self, client, trust, address):
        self.client, self.trust = client, trust
        self.secret = None
        (client.home / ".curlrc").write_text(
            f"resolve = {HOST}:443:{address}\ncacert = {trust}\nnoproxy = *\n"
        )
        programs = client.place / "programs"
        programs.mkdir()
        words = [shlex.quote(word) for word in client.entering({"SSL_CERT_FILE": str(trust)})]
        # What a recipe sets for apptainer comes along, as it does on a machine.
        for name in ("APPTAINER_TMPDIR", "APPTAINER_CACHEDIR"):
            words.append(f'${{{name}:+"{name}=${name}"}}')
        (programs / "apptainer").write_text(f'#!/bin/sh\nexec {" ".join(words)} apptainer "$@"\n')
        (programs / "apptainer").chmod(0o755)
        self.path = f"{programs}:/usr/bin:/bin:/usr/sbin:/sbin"

    def run(self, shell, script, variables):
        """Run what a recipe says; a secret may not be seen in what it prints."""
        done = subprocess.run(
            [*shell, "-c", script],
            cwd=self.client.place,
            env={"HOME": str(self.client.home), "PATH": self.path, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout
        if self.secret:
            assert self.secret not in done.stdout
        return done.stdout

    def require_pushed(self, *tags):
        """Pull what was pushed as somebody who may, and compare it with what was built."""
        digests = set()
        for tag in tags:
            self.client.must(
                *("pull", "--force", "pulled.sif", f"{PLACE}:{tag}"),
                environment={"SSL_CERT_FILE": str(self.trust)},
            )
            digests.add(sha256_of(self.client.place / "pulled.sif"))
        assert len(digests) == 1
        return digests.pop()


def recipe(name):
    return (RECIPES / name).read_text(encoding="utf-8")


def told_commands(name, ci):
    """What the head of a recipe tells owners to do once."""
    comments = [
        re.sub(r"^\s*(?:#|//) ?", "", line)
        for line in recipe(name).splitlines()
        if re.match(r"\s*(?:#|//)", line)
    ]
    text = "\n".join(comments).replace("\\\n", " ")
    (command,) = re.findall(r"^ *sregistry-admin -c production\.ini (.*)$", text, re.MULTILINE)
    return [ci.url if word.startswith("https://") else word for word in command.split()]


@pytest.fixture(scope="module")
def token_of_robot(server, ci):
    """The token of the robot that three of the recipes tell to make."""
    words = told_commands("Jenkinsfile", ci)
    assert told_commands("circleci.yml", ci) == told_commands("slurm-job.sh", ci) == words
    return server.registry.admin(*words).strip()


@pytest.fixture
def robot_token(token_of_robot, runner):
    """The same, which may be seen nowhere."""
    runner.secret = token_of_robot
    return token_of_robot


def pushed_by(server):
    """Who has pushed images here so far."""
    with server.registry.services() as services:
        names = {one.user.id: one.user.name for one in services.tokens.all()}
        found = services.catalog.container(ContainerName("ada", "lab", "blast"))
        return {names.get(one.pushed_by) for one in services.images.of_container(found)}


def test_github_actions(server, ci, runner):
    server.registry.admin(*told_commands("github-actions.yml", ci))
    workflow = yaml.safe_load(recipe("github-actions.yml"))
    job = workflow["jobs"]["image"]
    assert workflow["permissions"]["id-token"] == "write"
    signed = ci.sign(ci.job(PUBLIC_URL, **GITHUB_JOB))
    ask = f"/token?api-version=2.0&audience={PUBLIC_URL}"
    ci.answers[ask] = (200, b'{"count": 1, "value": "%s"}' % signed.encode())
    temporary = runner.client.place / "temporary"
    temporary.mkdir()
    variables = {
        **workflow["env"],
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of the runner",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{ci.url}/token?api-version=2.0",
        "RUNNER_TEMP": str(temporary),
        "GITHUB_SHA": COMMIT,
    }

    shown = [
        runner.run(GITHUB_SHELL, step["run"], variables)
        for step in job["steps"]
        if "run" in step and step["name"] != "Log out"
    ]

    assert any("::add-mask::" in text for text in shown)
    assert list(temporary.iterdir()) == []
    runner.require_pushed(COMMIT, "latest")
    (last,) = [step["run"] for step in job["steps"] if step.get("name") == "Log out"]
    runner.run(GITHUB_SHELL, last, variables)
    require_logged_out(runner)
    assert "ada/lab+actions" in pushed_by(server)


def test_gitlab(server, ci, runner):
    server.registry.admin(*told_commands("gitlab-ci.yml", ci))
    pipeline = yaml.safe_load(recipe("gitlab-ci.yml"))
    job = pipeline["image"]
    assert job["id_tokens"]["JOB_TOKEN"]["aud"] == PUBLIC_URL
    signed = ci.sign(ci.job(PUBLIC_URL, **GITLAB_JOB))
    variables = {**pipeline["variables"], "JOB_TOKEN": signed, "CI_COMMIT_SHA": COMMIT}

    runner.run(GITLAB_SHELL, "\n".join(job["script"]), variables)

    runner.require_pushed(COMMIT, "latest")
    runner.run(GITLAB_SHELL, "\n".join(job["after_script"]), variables)
    require_logged_out(runner)
    assert not (runner.client.place / "answer.json").exists()
    assert "ada/lab+builds" in pushed_by(server)


def test_jenkins(server, runner, robot_token):
    text = recipe("Jenkinsfile")
    variables = dict(re.findall(r"^\s+([A-Z_]+) = '([^']+)'$", text, re.MULTILINE))
    (credential,) = re.findall(r"^\s+([A-Z_]+) = credentials\('registry-robot'\)$", text, re.M)
    variables |= {credential: robot_token, "GIT_COMMIT": COMMIT}
    *scripts, last = re.findall(r"sh '''\n(.*?)'''", text, re.DOTALL)

    for script in scripts:
        runner.run(JENKINS_SHELL, script, variables)

    runner.require_pushed(COMMIT, "latest")
    runner.run(JENKINS_SHELL, last, variables)
    require_logged_out(runner)
    assert "ada/lab+ci" in pushed_by(server)


def test_circleci(server, runner, robot_token):
    config = yaml.safe_load(recipe("circleci.yml"))
    job = config["jobs"]["image"]
    commands = {
        step["run"]["name"]: step["run"]["command"]
        for step in job["steps"]
        if isinstance(step, dict)
    }
    assert list(commands) == ["Install Apptainer", "Build", "Push", "Log out"]
    variables = {**job["environment"], "ROBOT_TOKEN": robot_token, "CIRCLE_SHA1": COMMIT}

    for name in ("Build", "Push"):
        runner.run(CIRCLECI_SHELL, commands[name], variables)

    runner.require_pushed(COMMIT, "latest")
    runner.run(CIRCLECI_SHELL, commands["Log out"], variables)
    require_logged_out(runner)
    assert config["workflows"]["image"]["jobs"][0]["image"]["context"] == "registry"


def test_slurm(server, runner, robot_token):
    """All of it runs as a user of the node, who has nothing but Apptainer."""
    client = runner.client
    client.write("token", f"{robot_token}\n")
    script = client.put(RECIPES / "slurm-job.sh")
    scratch = client.place / "disk-of-the-node"
    scratch.mkdir()
    scratch.chmod(0o777)
    variables = {
        "SSL_CERT_FILE": str(runner.trust),
        "SLURM_JOB_ID": "4711",
        "TMPDIR": str(scratch),
        "TOKEN_FILE": str(client.place / "token"),
    }

    ran = client.run_program("bash", script, environment=variables)

    assert ran.code == 0, ran.screen
    assert robot_token not in ran.screen
    assert list(scratch.iterdir()) == []
    require_logged_out(runner)
    client.must(
        *("registry", "login", "--username", "ada/lab+ci", "--password-stdin", f"oras://{HOST}"),
        stdin=robot_token,
        environment={"SSL_CERT_FILE": str(runner.trust)},
    )
    runner.require_pushed("job-4711", "latest")


def require_logged_out(runner):
    refused = runner.client.run(
        *("pull", "--force", "none.sif", f"{PLACE}:latest"),
        environment={"SSL_CERT_FILE": str(runner.trust)},
    )
    assert refused.code != 0, refused.screen


def scripts():
    github = yaml.safe_load(recipe("github-actions.yml"))["jobs"]["image"]["steps"]
    gitlab = yaml.safe_load(recipe("gitlab-ci.yml"))["image"]
    circleci = yaml.safe_load(recipe("circleci.yml"))["jobs"]["image"]["steps"]
    yield from (("bash", step["run"]) for step in github if "run" in step)
    yield from (("bash", "\n".join(gitlab[part])) for part in ("script", "after_script"))
    yield from (("bash", step["run"]["command"]) for step in circleci if isinstance(step, dict))
    jenkins = re.findall(r"sh '''\n(.*?)'''", recipe("Jenkinsfile"), re.DOTALL)
    yield from (("sh", script) for script in jenkins)
    yield "bash", recipe("slurm-job.sh")


def test_shellcheck_finds_nothing():
    shellcheck = need("shellcheck", "shellcheck")
    told = list(scripts())

    for shell, script in told:
        done = subprocess.run(
            [shellcheck, "--shell", shell, "-"],
            input=script,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, ""), script
    assert len(told) > 10


def test_brackets_of_the_jenkinsfile_fit():
    """There is no Groovy here to read it: what its shell does is run, and the rest is counted."""
    text = re.sub(r"'''.*?'''|'[^'\n]*'|//[^\n]*", "", recipe("Jenkinsfile"), flags=re.DOTALL)
    open_ones = []

    for sign in text:
        if sign in BRACKETS:
            open_ones.append(BRACKETS[sign])
        elif sign in BRACKETS.values():
            assert open_ones.pop() == sign
    assert open_ones == []
    assert text.lstrip().startswith("pipeline {")


def test_every_recipe_is_on_the_page():
    page = recipe("README.md")
    files = {path.name for path in RECIPES.iterdir()} - {"README.md"}

    assert set(re.findall(r"\]\(([\w.-]+)\) \|", page)) == files
