"""The images are built, and the whole of compose.yml runs and serves real clients."""

import base64
import json
import re
import ssl
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from sregistry_core.cli.plugin_kit import plugin_files
from sregistry_core.testing.image_files import sha256_of

from .podman import WITHIN_LIMITS

pytestmark = pytest.mark.real

HOME = Path(__file__).parents[2]


def ask(stack, path, *, basic=None, method="GET", body=None, headers=None):
    """Ask through nginx, and give status and body."""
    headers = dict(headers or {})
    if basic:
        headers["Authorization"] = f"Basic {base64.b64encode(basic.encode()).decode()}"
    trust = ssl.create_default_context(cafile=str(stack.certificate))
    request = Request(f"{stack.url}{path}", data=body, headers=headers, method=method)
    with stack.network.inside():
        try:
            with urlopen(request, timeout=30, context=trust) as answer:
                return answer.status, answer.read()
        except HTTPError as refused:
            return refused.code, refused.read()


def test_every_service_is_healthy_and_ours_are_not_root(stack):
    for service in stack.services:
        if stack.has_health_check(service):
            stack.wait_until_healthy(service)
    for service in ("web", "worker", "buildlog"):
        name = stack.name(service)
        assert stack.podman.must("exec", name, "id", "-u") == "10001"
        assert stack.podman.try_to("exec", name, "touch", "/etc/x").returncode != 0
    assert "working for" in stack.logs("worker")
    assert "the build log of" in stack.logs("buildlog")
    assert ask(stack, "/readyz")[0] == 200


def test_the_ports_of_the_machine_lead_to_nginx(stack):
    # By this name the certificate is not known.
    trust = ssl._create_unverified_context()
    with stack.network.inside():
        with urlopen("https://127.0.0.1/readyz", timeout=30, context=trust) as answer:
            assert answer.status == 200
        with pytest.raises(HTTPError) as moved:
            urlopen(Request("http://127.0.0.1/", method="POST", data=b""), timeout=30)
    moved.value.close()
    assert moved.value.code == 308
    assert moved.value.headers["Location"] == "https://127.0.0.1/"


def test_set_up_makes_secrets_once(stack):
    environ = dict(stack.environ)

    assert ".env is there already" in stack.set_up()

    assert environ["SREGISTRY_ADMIN_PASSWORD"] in stack.said
    secrets = {value for key, value in environ.items() if "SECRET" in key or "PASSWORD" in key}
    assert len(secrets) == 4
    assert min(map(len, secrets)) >= 24


def test_the_first_administrator_logs_in(stack):
    password = stack.environ["SREGISTRY_ADMIN_PASSWORD"]

    status, body = ask(stack, "/v1/rbac/users/current", basic=f"admin:{password}")

    assert (status, json.loads(body)["username"]) == (200, "admin")
    assert ask(stack, "/v1/rbac/users/current", basic="admin:wrong")[0] == 401


def test_an_image_goes_through_nginx_to_the_object_store_and_back(stack, apptainer):
    trust = {"SSL_CERT_FILE": str(apptainer.place / "registry.pem")}
    token = stack.admin("token", "add", "admin")
    image = apptainer.build_image("blast.sif", labels={"maintainer": "ada"})
    apptainer.write("token", f"{token}\n")
    words = ("remote", "add", "--tokenfile", "token", "here", stack.url)
    apptainer.must(*words, environment=trust)

    apptainer.must("push", "-U", image, "library://admin/lab/blast:1", environment=trust)
    apptainer.must("pull", "copy.sif", "library://admin/lab/blast:1", environment=trust)

    assert sha256_of(apptainer.place / "copy.sif") == sha256_of(image)
    assert stored_size(stack) >= image.stat().st_size
    # The worker, and nobody else, has read the labels.
    until(lambda: inspected(stack, "admin/lab/blast:1").get("maintainer") == "ada")

    # The web server dies in the middle of its life, and comes back by itself.
    began = stack.podman.inspect(stack.name("web"))["State"]["StartedAt"]
    stack.crash("web")
    until(lambda: stack.podman.inspect(stack.name("web"))["State"]["StartedAt"] != began)
    stack.wait_until_healthy("web")
    apptainer.must("pull", "again.sif", "library://admin/lab/blast:1", environment=trust)
    assert sha256_of(apptainer.place / "again.sif") == sha256_of(image)


def test_a_push_without_the_right_is_refused_by_nginx(stack):
    status, body = ask(
        stack, "/v2/admin/lab/blast/blobs/uploads/", method="POST", body=b"x" * 100_000
    )

    assert status == 401
    assert json.loads(body)["errors"][0]["code"] == "UNAUTHORIZED"


def test_whoever_follows_a_build_comes_to_the_build_log(stack):
    token = stack.admin("token", "add", "admin").strip()
    upgrade = {
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
    }
    path = f"/v1/build-ws/{'0' * 32}"

    status, body = ask(stack, path, headers={**upgrade, "Authorization": f"Bearer {token}"})

    assert (status, json.loads(body)["error"]["message"]) == (404, "the build does not exist")
    assert ask(stack, path, headers=upgrade)[0] == 401


def test_a_signal_ends_every_process_of_ours_well(stack):
    for service in ("worker", "buildlog", "web"):
        began = time.monotonic()
        stack.compose(f"docker compose stop {service}")
        assert stack.exit_code(service) == 0, stack.logs(service)
        assert time.monotonic() - began < 30
    stack.compose("docker compose start worker buildlog web")
    stack.wait_until_healthy("web")
    assert ask(stack, "/readyz")[0] == 200


def test_preparing_again_changes_nothing(stack):
    users = stack.admin("user", "list")

    stack.compose("docker compose up --detach --no-build --no-deps init")
    assert stack.podman.must("wait", stack.name("init")) == "0"
    said = stack.logs("init").partition("added the administrator")[2]

    assert "is there" in said
    assert "the schema is current" in said
    assert stack.admin("user", "list") == users


def test_what_the_manual_says_of_copies_brings_everything_back(stack):
    page = (HOME / "docs/admin/deployment.md").read_text(encoding="utf-8")
    section = page.partition("\n## Backup and restore\n")[2]
    dump, *restore = re.findall(r"^    (docker compose .*)$", section, re.MULTILINE)
    stack.admin("user", "add", "grace")

    stack.compose(dump)
    stack.admin("user", "add", "lost")
    said = [stack.compose(line) for line in restore]

    users = [line.split()[0] for line in stack.admin("user", "list").splitlines()]
    assert users == ["admin", "grace"]
    assert "ok" in said[-1]
    assert ask(stack, "/readyz")[0] == 200


def test_the_other_commands_of_the_manual_work(stack):
    page = (HOME / "docs/admin/deployment.md").read_text(encoding="utf-8")
    section = page.partition("\n## Containers on one machine\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^    (docker compose exec .*)$", section, re.MULTILINE)

    said = [stack.compose(line) for line in lines]

    assert len(said) == 2
    assert "admin" in said[1]


def test_a_plugin_of_a_stranger_comes_into_an_image_as_the_manual_says(stack, tmp_path):
    page = (HOME / "docs/admin/deployment.md").read_text(encoding="utf-8")
    said = re.search(r"^    FROM sregistry-core\n(?:    .*\n)+", page, re.MULTILINE)
    (tmp_path / "Dockerfile").write_text(said[0].replace("\n    ", "\n").strip() + "\n")
    for path, text in plugin_files("tape", "listener"):
        (tmp_path / "sregistry-tape" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sregistry-tape" / path).write_text(text, encoding="utf-8")
    (tmp_path / "registry.ini").write_text(
        "[app:main]\nuse = config:production.ini\nsregistry.plugins = filesystem tape\n"
        "sregistry.listener = tape\ntape.path = /var/lib/sregistry/events\n"
        "[server:main]\nuse = config:production.ini\n"
    )
    image = "registry-with-tape"

    stack.podman.build(tmp_path, tmp_path / "Dockerfile", image)
    told = ("--volume", f"{tmp_path / 'registry.ini'}:/etc/sregistry/registry.ini:ro")
    told += ("--env", "SREGISTRY_PUBLIC_URL=https://registry.test")
    # Without a schema, and without a name that is known, it is not content with the rest.
    said = stack.podman.try_to("run", "--rm", *WITHIN_LIMITS, *told, image, "doctor")
    stack.podman.must("image", "rm", image)

    lines = [line.split(maxsplit=1) for line in said.stdout.splitlines()]
    assert ["ok", "plugin tape is installed"] in lines, said.stdout + said.stderr
    assert ["ok", "listener tape opens"] in lines


def stored_size(stack):
    """Bytes of all objects in the bucket."""
    listing = (
        "import os,boto3; e=os.environ; s=boto3.client('s3', endpoint_url=e['SREGISTRY_S3'],"
        "region_name='us-east-1', aws_access_key_id=e['SREGISTRY_S3_ACCESS_KEY'],"
        "aws_secret_access_key=e['SREGISTRY_S3_SECRET_KEY']);"
        "print(sum(o['Size'] for o in s.list_objects_v2(Bucket=e['SREGISTRY_BUCKET'])['Contents']))"
    )
    words = ("exec", stack.name("web"), "/opt/sregistry/bin/python3", "-c", listing)
    return int(stack.podman.must(*words))


def inspected(stack, image):
    """The labels that the registry knows of an image."""
    path, _, tag = image.partition(":")
    status, body = ask(stack, f"/api/v1/containers/{path}/images/{tag}")
    assert status == 200, body
    return (json.loads(body)["inspection"] or {"labels": {}})["labels"]


def until(is_so, patience=60):
    deadline = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.5)
