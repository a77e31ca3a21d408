"""Every example of config/sites is a registry that runs on what it names, with real clients."""

import base64
import json
import re
import shutil
import ssl
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import requests

from sregistry_core.testing.apptainer import Apptainer, ApptainerMissing, root_made_by
from sregistry_core.testing.components import leave_out, need_module
from sregistry_core.testing.image_files import sha256_of
from sregistry_core.testing.live import LiveRegistry, free_address, free_port
from sregistry_core.testing.live_worker import LiveWorker
from sregistry_core.testing.nginx import nginx_before
from sregistry_core.testing.openid_provider import SECRET, OpenidProvider
from sregistry_core.testing.slapd import PASSWORD, SERVICE, SERVICE_PASSWORD, Slapd

pytestmark = pytest.mark.real

HOME = Path(__file__).parents[2]


class Site(LiveRegistry):
    """A live registry with an ini file as it is shipped; only variables differ."""

    def __init__(self, name, directory, *, listen, url="", **environ):
        super().__init__(directory, listen=listen)
        self.ini = HOME / "config/sites" / name
        self.url = url or self.url
        self.environ = {
            **self.environ,
            "SREGISTRY_PUBLIC_URL": self.url,
            "SREGISTRY_LISTEN": listen,
            "SREGISTRY_DATA": str(self.data),
            "SREGISTRY_KEEP_FREE": "1M",
            **environ,
        }


@dataclass(frozen=True)
class Client:
    """The real Apptainer of somebody who is logged in."""

    apptainer: Apptainer
    trust: dict

    def pushes_and_pulls(self, name):
        """Push a new image and pull it back: is it the same?"""
        image = self.apptainer.build_image("pushed.sif", labels={"maintainer": "ada"})
        uri = f"library://{name}"
        self.apptainer.must("push", "-U", image, uri, environment=self.trust)
        self.apptainer.must("pull", "pulled.sif", uri, environment=self.trust)
        return sha256_of(self.apptainer.place / "pulled.sif") == sha256_of(image)


@pytest.fixture
def log_in(tmp_path):
    """Gives somebody a client that is logged in to a registry, by a token."""
    try:
        root = root_made_by(HOME / "tests/components/apptainer-root.sh")
    except ApptainerMissing as missing:
        leave_out(f"no Apptainer client: {missing}")
    client = Apptainer(root, tmp_path / "client")

    def make(url, token, certificate=None):
        trust = {}
        if certificate:
            trust["SSL_CERT_FILE"] = str(client.put(certificate))
        client.write("token", f"{token}\n")
        options = ["--insecure"] if url.startswith("http:") else []
        words = ("remote", "add", *options, "--tokenfile", "token", "here", url)
        client.must(*words, environment=trust)
        return Client(client, trust)

    yield make
    shutil.rmtree(client.place)


@pytest.fixture
def provider_of():
    """Starts the real OpenID provider."""
    with ExitStack() as stack:
        yield lambda *callbacks: stack.enter_context(OpenidProvider(callbacks))


def test_a_small_lab(tmp_path, log_in):
    with Site("small-lab.ini", tmp_path / "lab", listen=f"{free_address()}:80") as lab:
        admin = lab.admin_password
        ada = log_in(lab.url, lab.make_user("ada"))

        assert ada.pushes_and_pulls("ada/lab/blast:1")

        assert who(lab.url, f"admin:{admin}") == (200, "admin")
        # The whole lab pulls without a login.
        assert urlopen(f"{lab.url}/v1/imagefile/ada/lab/blast:1?arch=amd64").status == 200
        assert (lab.data / "registry.sqlite").exists()
    assert "Traceback" not in lab.log


def test_a_computing_centre(tmp_path, log_in):
    need_module("ldap", "pip install python-ldap (libldap2-dev, libsasl2-dev, gcc)")
    address, listen = free_address(), f"127.0.0.1:{free_port()}"
    fast = tmp_path / "fast"
    with ExitStack() as stack:
        directory = stack.enter_context(Slapd(tmp_path / "slapd"))
        directory.add_group("registry-admins", "ada")
        front = stack.enter_context(
            nginx_before(
                HOME / "deploy/nginx",
                tmp_path / "nginx",
                listen=f"{address}:443",
                registry=listen,
                images=fast / "images",
                body_files=fast / "staging/nginx",
            )
        )
        centre = Site(
            "hpc-centre.ini",
            tmp_path / "centre",
            listen=listen,
            url=front.url,
            SREGISTRY_FAST=str(fast),
            SREGISTRY_OLD=str(tmp_path / "old"),
            SREGISTRY_LDAP=directory.tls_url,
            SREGISTRY_LDAP_CA=str(directory.ca_file),
            SREGISTRY_LDAP_USER=SERVICE,
            SREGISTRY_LDAP_PASSWORD=SERVICE_PASSWORD,
        )
        stack.enter_context(centre)

        assert who(front.url, f"ada:{PASSWORD}", front.certificate) == (200, "ada")
        assert who(front.url, "ada:wrong", front.certificate)[0] == 401
        ada = log_in(front.url, centre.admin("token", "add", "ada").strip(), front.certificate)
        # An administrator, by the group: nobody else makes collections.
        assert ada.pushes_and_pulls("ada/lab/blast:1")
        assert any(path.is_file() for path in (fast / "images").rglob("*"))
    assert "Traceback" not in centre.log


def test_a_cloud(tmp_path, log_in, postgresql, redis, s3_server, provider_of):
    listen = f"{free_address()}:80"
    url = f"http://{listen.removesuffix(':80')}"
    provider = provider_of(f"{url}/auth/sign-in/institute/callback")
    bucket = s3_server.make_bucket()
    cloud = Site(
        "cloud.ini",
        tmp_path / "cloud",
        listen=listen,
        SREGISTRY_SECRET="a secret of this test that nobody knows",
        SREGISTRY_DATABASE=postgresql.make_empty_database(),
        SREGISTRY_JOBS=redis.url,
        SREGISTRY_BUCKET=bucket["bucket"],
        SREGISTRY_S3=bucket["endpoint"],
        SREGISTRY_S3_REGION=bucket["region"],
        SREGISTRY_S3_ACCESS_KEY=bucket["access_key"],
        SREGISTRY_S3_SECRET_KEY=bucket["secret_key"],
        SREGISTRY_ISSUER=provider.issuer,
        SREGISTRY_CLIENT_SECRET=SECRET,
    )
    with cloud, LiveWorker(cloud):
        sign_in(cloud, provider, "ada")
        assert cloud.admin("user", "list").split()[:1] == ["ada"]
        ada = log_in(cloud.url, cloud.admin("token", "add", "ada").strip())

        assert ada.pushes_and_pulls("ada/lab/blast:1")
    assert "Traceback" not in cloud.log
    # It did not come to us.
    assert not list((cloud.data / "staging").rglob("*.sif"))


def who(url, basic, certificate=None):
    """Ask who one is by name and password."""
    shown = base64.b64encode(basic.encode()).decode()
    request = Request(f"{url}/v1/rbac/users/current", headers={"Authorization": f"Basic {shown}"})
    trust = ssl.create_default_context(cafile=str(certificate)) if certificate else None
    try:
        with urlopen(request, timeout=30, context=trust) as answer:
            return answer.status, json.loads(answer.read())["username"]
    except HTTPError as refused:
        return refused.code, ""


def sign_in(registry, provider, name):
    """Go to the provider by the button of the sign-in page, and come back as a user."""
    with requests.Session() as browser:
        page = browser.get(f"{registry.url}/auth/sign-in", headers={"Accept": "text/html"}).text
        form = re.search(r'<form[^>]*action="([^"]*/institute)".*?</form>', page, re.DOTALL)
        assert form, page
        fields = dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', form[0]))
        onward = browser.post(f"{registry.url}{form[1]}", data=fields).text
        address = re.search(r'class="[^"]*onward[^"]*" href="([^"]+)"', onward)
        address = address or re.search(r'href="([^"]+)"[^>]*class="[^"]*onward', onward)
        assert address, onward
        back = provider.way_back(address[1].replace("&amp;", "&"), name)
        assert browser.get(back).status_code == 200
        assert "sregistry_session" in browser.cookies
