"""What compose.yml, set-up, the Dockerfiles and the ini file of the image say fits together."""

import json
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from sregistry_core.testing.oci_programs import programs_made_by

from .compose_file import in_order, read_compose, read_environ, variables
from .stack import duration

HOME = Path(__file__).parents[2]
PLACE = HOME / "deploy/docker"
COMPOSE, INI = PLACE / "compose.yml", PLACE / "registry.ini"
URL = "https://registry.example.org"


@pytest.fixture
def room(tmp_path):
    return shutil.copytree(PLACE, tmp_path / "docker", ignore=lambda *_: {".env", "tls"})


@pytest.fixture
def environ(room):
    subprocess.run([room / "set-up", URL], check=True, capture_output=True)
    return read_environ(room / ".env")


def used_by_ini():
    text = INI.read_text(encoding="utf-8") + (HOME / "production.ini").read_text(encoding="utf-8")
    return set(re.findall(r"\$\{([A-Z0-9_]+)", text)) | set(
        re.findall(r"_env = ([A-Z0-9_]+)", text)
    )


def test_set_up_gives_every_variable_that_has_no_default(environ):
    document = read_compose(COMPOSE, environ)

    web = document["services"]["web"]["environment"]
    assert web["SREGISTRY_PUBLIC_URL"] == URL
    assert all(str(value) for value in web.values())
    assert set(environ) <= variables(COMPOSE)


@pytest.fixture(scope="module")
def compose():
    """Runs the real Docker Compose; the result has code, output and errors."""
    program = programs_made_by(HOME / "tests/components/unstable-programs.sh") / "docker-compose"

    def run(place, *words):
        # What stands in .env only, and nothing of whoever runs this.
        return subprocess.run(
            [program, *words],
            cwd=place,
            env={"PATH": "/usr/bin:/bin", "HOME": str(place)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def test_docker_compose_takes_it_and_understands_what_the_tests_run(compose, room, environ):
    done = compose(room, "config", "--format", "json", "--no-path-resolution")

    # It warns of what is set nowhere, of keys it does not know, and of what is out of date.
    assert (done.returncode, done.stderr) == (0, "")
    theirs, ours = json.loads(done.stdout), read_compose(COMPOSE, environ)
    assert theirs["services"].keys() == ours["services"].keys()
    for name, service in ours["services"].items():
        for key in ("environment", "image", "entrypoint", "read_only", "restart", "cap_drop"):
            assert theirs["services"][name].get(key) == service.get(key), f"{name}: {key}"
        needs = theirs["services"][name].get("depends_on", {})
        conditions = {other: {"condition": need["condition"]} for other, need in needs.items()}
        assert conditions == service.get("depends_on", {}), name
        (network,) = theirs["services"][name]["networks"].items()
        assert (network[1] or {}) == service.get("networks", {}).get("default", {}), name
    assert theirs["networks"]["default"]["ipam"] == ours["networks"]["default"]["ipam"]
    assert theirs["volumes"].keys() == ours["volumes"].keys()


def test_docker_compose_finds_a_misspelt_key(compose, room, environ):
    text = COMPOSE.read_text(encoding="utf-8").replace("stop_grace_period", "stop_grace_time")
    (room / "compose.yml").write_text(text)

    done = compose(room, "config", "--quiet")

    assert done.returncode != 0
    assert "stop_grace_time" in done.stderr


def test_without_set_up_it_is_named(compose, room):
    with pytest.raises(KeyError, match="run deploy/docker/set-up"):
        read_compose(COMPOSE, {})

    done = compose(room, "config", "--quiet")

    assert done.returncode != 0
    assert "run deploy/docker/set-up" in done.stderr


def test_secrets_are_read_by_nobody_else_and_are_never_the_same(room, environ, tmp_path):
    other = shutil.copytree(room, tmp_path / "other", ignore=lambda *_: {".env", "tls"})

    subprocess.run([other / "set-up", URL], check=True, capture_output=True)

    for path in (room / ".env", room / "tls/registry.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    mine, theirs = environ, read_environ(other / ".env")
    same = {key for key in mine if mine[key] == theirs[key]}
    assert same == {"SREGISTRY_PUBLIC_URL", "SREGISTRY_ID"}


@pytest.mark.parametrize("url", [[], ["registry.example.org"], ["http://registry.example.org"]])
def test_set_up_wants_an_https_address(room, url):
    done = subprocess.run([room / "set-up", *url], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert "usage: set-up https://registry.example.org" in done.stderr
    assert not (room / ".env").exists()


def test_no_secret_and_no_data_gets_into_the_image():
    ignored = (HOME / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = [line.removeprefix("!") for line in ignored if line.startswith("!")]

    assert ignored[1] == "*"
    assert {"deploy/docker/.env", "deploy/docker/tls"} <= set(ignored)
    # What is built lies at the top of a distribution; packages of ours may be called so.
    assert "**/build" not in ignored
    assert all((HOME / path).exists() for path in kept)


def test_every_variable_of_a_container_is_read_by_something(environ):
    services = read_compose(COMPOSE, environ)["services"]
    scripts = "".join((PLACE / name).read_text() for name in ("prepare", "make-bucket"))
    read = used_by_ini() | set(re.findall(r"SREGISTRY_[A-Z_0-9]+", scripts))

    for name in ("init", "web", "worker", "buildlog"):
        assert set(services[name]["environment"]) <= read, name


def test_a_stop_lasts_longer_than_the_grace_of_the_server(environ):
    services = read_compose(COMPOSE, environ)["services"]
    grace = re.search(r"SREGISTRY_GRACE:-(\w+)", INI.read_text(encoding="utf-8"))[1]

    assert duration(services["web"]["stop_grace_period"]) > duration(grace)


def test_images_of_others_have_a_version_and_ours_are_built_once(environ):
    services = read_compose(COMPOSE, environ)["services"]

    built = [service["image"] for service in services.values() if "build" in service]
    assert len(built) == len(set(built)) == 2
    for name, service in services.items():
        image, _, tag = service["image"].rpartition(":")
        if service["image"] not in built:
            assert re.match(r"v?\d", tag), name
            assert "/" in image, f"{name} does not say from where"


def test_only_nginx_is_reached_from_outside_and_nobody_waits_for_what_is_later(environ):
    services = read_compose(COMPOSE, environ)["services"]

    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    order = list(in_order(services))
    assert order.index("init") < order.index("web") < order.index("nginx")


def test_both_images_have_the_same_user():
    texts = [path.read_text() for path in (PLACE / "Dockerfile", PLACE / "nginx/Dockerfile")]

    assert [re.search(r"useradd --uid (\d+)", text)[1] for text in texts] == ["10001"] * 2
    assert "user sregistry;" in (PLACE / "nginx/nginx.conf").read_text()


def test_the_image_takes_every_plugin_of_ours():
    text = (PLACE / "Dockerfile").read_text(encoding="utf-8")

    (default,) = set(re.findall(r'^ARG PLUGINS="(.*)"$', text, re.MULTILINE))
    for name in default.split():
        assert (HOME / f"plugins/sregistry-{name}/setup.py").exists()
    # What some of them want from Debian beside Python packages.
    assert {"ldap", "saml", "pam"} <= set(re.findall(r'\*" (\w+) "\*', text))


def test_what_is_changed_for_containers_is_all_that_is_to_be_changed(tmp_path):
    conf = tmp_path / "sregistry.conf"
    shutil.copy(HOME / "deploy/nginx/sregistry.conf", conf)

    subprocess.run([PLACE / "nginx/adapt", conf], check=True)

    text = conf.read_text(encoding="utf-8")
    assert text.count("server web:8080;") == 2
    assert text.count("server buildlog:8090;") == 1
    assert text.count("server_name _;") == 2
    assert "/etc/nginx/tls/registry.pem" in text
    assert "location /_images/" not in text
    assert "example.org" not in text
    assert text.count("{") == text.count("}")
