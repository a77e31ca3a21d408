"""A registry behind a real nginx, configured as deploy/nginx says."""

import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest

from sregistry_core.testing.live import LiveRegistry, free_port
from sregistry_core.testing.nginx import Fronted, nginx_before

SHIPPED = Path(__file__).parents[2] / "deploy" / "nginx"


@dataclass(frozen=True)
class Site:
    """A registry and its proxy; `ada` and `bob` have a token each."""

    registry: LiveRegistry
    front: Fronted
    images: Path
    ada: str
    bob: str

    @property
    def trust(self):
        """Trusts the proxy's certificate."""
        return ssl.create_default_context(cafile=str(self.front.certificate))

    def answered(self, protocol):
        """Give how many requests of a protocol have reached the registry."""
        # Not the proxy's address, so it may see the figures; the proxy's clients may not.
        with urlopen(f"http://{self.registry.listen}/metrics") as answer:
            text = answer.read().decode()
        found = re.findall(
            rf'^sregistry_requests_total{{.*protocol="{protocol}".*}} (\S+)$', text, re.M
        )
        return sum(int(float(number)) for number in found)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    room = tmp_path_factory.mktemp("site")
    # The proxy speaks from 127.0.0.1; whoever speaks from elsewhere is not the proxy.
    listen, front_at = f"127.0.0.2:{free_port('127.0.0.2')}", f"127.0.0.1:{free_port()}"
    data = room / "registry" / "var"
    images, body_files = data / "images", data / "staging" / "nginx"
    registry = LiveRegistry(
        room / "registry",
        listen=listen,
        settings={
            "sregistry.public_url": f"https://{front_at}",
            "sregistry.accel": f"{images} -> /_images/",
            "sregistry.protocols": "discovery transfer library shub oci sregistry"
            " remotebuild api ui",
            "sregistry.plugin_modules": "sregistry_core.testing.toy_builder",
            "sregistry.builder": "toy",
        },
        server={"trusted_proxy": "127.0.0.1", "body_files": str(body_files)},
    )
    front = nginx_before(
        SHIPPED,
        room / "nginx",
        listen=front_at,
        registry=listen,
        images=images,
        body_files=body_files,
    )
    with front as running, registry:
        yield Site(registry, running, images, registry.make_user("ada"), registry.make_user("bob"))
    assert "Traceback" not in registry.log
