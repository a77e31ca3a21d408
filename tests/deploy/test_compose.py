"""What compose.yml, set-up, the Dockerfiles and the ini file of the image say fits together."""

import json
import re
import shutil
import stat
import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from sregistry_core.testing.oci_programs import programs_made_by

from .stack import duration, read_environ

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


@pytest.fixture(scope="module")
def compose():
    """Runs the real Docker Compose in a directory; the result has code, output and errors."""
    program = programs_made_by(HOME / "tests/components/unstable-programs.sh") / "docker-compose"

    def run(place, *words):
        return subprocess.run(
            [program, *words],
            cwd=place,
            # What stands in .env only, and nothing of whoever runs this.
            env={"PATH": "/usr/bin:/bin", "HOME": str(place)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture
def document(compose, room, environ):
    """What compose.yml says with the .env file of set-up, as Docker Compose understands it."""
    done = compose(room, "config", "--format", "json")
    # It warns of what is set nowhere and of what is out of date.
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.fixture
def services(document):
    return document["services"]


def test_set_up_gives_every_variable_that_has_no_default(services, compose, room, environ):
    used = json.loads(compose(room, "config", "--variables", "--format", "json").stdout)

    web = services["web"]["environment"]
    assert web["SREGISTRY_PUBLIC_URL"] == URL
    assert all(web.values())
    assert set(environ) <= set(used)


def test_docker_compose_finds_a_misspelt_key(compose, room, environ):
    text = COMPOSE.read_text(encoding="utf-8").replace("stop_grace_period", "stop_grace_time")
    (room / "compose.yml").write_text(text)

    done = compose(room, "config", "--quiet")

    assert done.returncode != 0
    assert "stop_grace_time" in done.stderr


def test_without_set_up_it_is_named(compose, room):
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


def test_every_variable_of_a_container_is_read_by_something(services):
    scripts = "".join((PLACE / name).read_text() for name in ("prepare", "make-bucket"))
    read = used_by_ini() | set(re.findall(r"SREGISTRY_[A-Z_0-9]+", scripts))

    for name in ("init", "web", "worker", "buildlog"):
        assert set(services[name]["environment"]) <= read, name


def test_a_stop_lasts_longer_than_the_grace_of_the_server(services):
    grace = re.search(r"SREGISTRY_GRACE:-(\w+)", INI.read_text(encoding="utf-8"))[1]

    assert duration(services["web"]["stop_grace_period"]) > duration(grace)


def test_images_of_others_have_a_version_and_ours_are_built_once(services):

    built = [service["image"] for service in services.values() if "build" in service]
    assert len(built) == len(set(built)) == 2
    for name, service in services.items():
        image, _, tag = service["image"].rpartition(":")
        if service["image"] not in built:
            assert re.match(r"v?\d", tag), name
            assert "/" in image, f"{name} does not say from where"


def test_only_nginx_is_reached_from_outside_and_waits_for_the_others(services):
    needs = {name: set(service.get("depends_on", {})) for name, service in services.items()}

    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    assert needs["nginx"] == {"web"}
    assert all(needs[name] >= {"init"} for name in ("web", "worker", "buildlog"))
    assert needs["init"] == {"postgres", "s3"}


def test_no_service_is_given_the_address_of_another(document):
    networks = [service["networks"]["default"] or {} for service in document["services"].values()]
    (config,) = document["networks"]["default"]["ipam"]["config"]

    own = [ip_address(one["ipv4_address"]) for one in networks if one]
    assert len(own) == len({*own, ip_address(config["gateway"])}) - 1 == 3
    assert all(address in ip_network(config["subnet"]) for address in own)
    # Whoever has no address of its own starts first, and gets the next of these.
    assert not any(address in ip_network(config["ip_range"]) for address in own)


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
