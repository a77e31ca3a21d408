"""The real client speaks TLS to nginx, which has the registry behind it."""

import random
import shutil
from contextlib import suppress
from pathlib import Path
from socket import create_server

import pytest

from sregistry_core.testing.apptainer import Apptainer
from sregistry_core.testing.image_files import sha256_of
from sregistry_core.testing.live import LiveRegistry, free_port
from sregistry_core.testing.nginx import nginx_before

SHIPPED = Path(__file__).parents[2] / "deploy" / "nginx"


def free_address(port):
    """An address of this machine where nobody listens on a port that clients expect."""
    while True:
        address = f"127.{random.randint(1, 254)}.{random.randint(0, 254)}.{random.randint(1, 254)}"
        with suppress(OSError), create_server((address, port)):
            return address


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    room = tmp_path_factory.mktemp("site")
    address, listen = free_address(443), f"127.0.0.1:{free_port()}"
    data = room / "registry" / "var"
    registry = LiveRegistry(
        room / "registry",
        listen=listen,
        settings={
            "sregistry.public_url": f"https://{address}",
            "sregistry.accel": f"{data / 'images'} -> /_images/",
            "sregistry.protocols": "discovery transfer library shub oci",
        },
        server={"trusted_proxy": "127.0.0.1", "body_files": str(data / "staging" / "nginx")},
    )
    front = nginx_before(
        SHIPPED,
        room / "nginx",
        listen=f"{address}:443",
        registry=listen,
        images=data / "images",
        body_files=data / "staging" / "nginx",
    )
    with front as running, registry:
        yield registry, running
    assert "Traceback" not in registry.log


@pytest.fixture(scope="module")
def token(site):
    return site[0].make_user("ada")


class Trusting(Apptainer):
    """A client that trusts the certificate of the proxy."""

    def run(self, *words, environment=None, **options):
        trust = {"SSL_CERT_FILE": str(self.place / "registry.pem"), **(environment or {})}
        return super().run(*words, environment=trust, **options)


@pytest.fixture
def ada(apptainer_root, site, token, tmp_path):
    client = Trusting(apptainer_root, tmp_path / "ada")
    shutil.copy(site[1].certificate, client.place / "registry.pem")
    client.must("remote", "add", "--no-login", "r", site[1].url)
    client.must("remote", "use", "r")
    (client.place / "token").write_text(token)
    client.must("remote", "login", "--tokenfile", "token", "r")
    yield client
    shutil.rmtree(client.place)


@pytest.mark.parametrize("size", ["small", "big"])
def test_an_image_pushed_and_pulled_through_nginx_is_the_same(ada, site, samples, size):
    image = ada.put(getattr(samples, size))
    host = site[1].url.removeprefix("https://")

    ada.must("push", "-U", image, f"library://ada/lab/{size}:1")
    ada.must("pull", "library.sif", f"library://ada/lab/{size}:1")
    ada.must("pull", "shub.sif", f"shub://{host}/ada/lab/{size}:1")
    ada.must("pull", "oras.sif", f"oras://{host}/ada/lab/{size}:1")

    wanted = sha256_of(image)
    assert {sha256_of(ada.place / f"{name}.sif") for name in ("library", "shub", "oras")} == {
        wanted
    }


def test_oras_pushes_through_nginx(ada, site, samples, token):
    image = ada.put(samples.small)
    host = site[1].url.removeprefix("https://")
    ada.must("registry", "login", "-u", "ada", "--password-stdin", f"oras://{host}", stdin=token)

    ada.must("push", "-U", image, f"oras://{host}/ada/lab/by-oras:1")
    ada.must("pull", "pulled.sif", "library://ada/lab/by-oras:1")

    assert sha256_of(ada.place / "pulled.sif") == sha256_of(image)
