"""Each back end is killed, paused and brought back while everybody goes on with what they do."""

import ssl
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sregistry_core.errors import Conflict, NotFound
from sregistry_core.testing.components import need_module
from sregistry_core.testing.live import PASSWORD, free_port
from sregistry_core.testing.nginx import nginx_before
from sregistry_core.testing.openid_provider import OpenidProvider
from sregistry_core.testing.postgresql import PostgresqlServer
from sregistry_core.testing.redis_server import RedisServer
from sregistry_core.testing.s3_fixtures import as_ini
from sregistry_core.testing.slapd import PASSWORD as DIRECTORY_PASSWORD
from sregistry_core.testing.slapd import PEOPLE, SERVICE, SERVICE_PASSWORD, Slapd

from .clear import complaints
from .elsewhere import Guest
from .regulars import Regulars, Witness
from .several import several
from .truth import count, require_bytes_of_every_row
from .waiting import eventually

SHIPPED = Path(__file__).parents[2] / "deploy" / "nginx"
AWAY = 1.0  # seconds
STANDING_STILL = 3.0
BUILDER = {
    "sregistry.plugin_modules": "sregistry_core.testing.toy_builder",
    "sregistry.builder": "toy",
}


def goes_away_and_comes_back(regulars, *, kill, start, freeze, thaw):
    """What every back end goes through; each time everybody gets on, without a restart of ours."""
    regulars.go_on()
    kill()
    time.sleep(AWAY)
    start()
    regulars.go_on()
    freeze()
    try:
        time.sleep(STANDING_STILL)
    finally:
        thaw()
    regulars.go_on()


def require_nothing_lost(registry, regulars):
    """Everything acknowledged is there whole, no row is without bytes, and no job is stuck."""
    client = regulars.somebody()
    for name, digest in regulars.acknowledged.items():
        assert client.pull(name) == digest, f"{name} was acknowledged, and is something else"
    for tag in regulars.artifacts:
        regulars.require_artifact(client, tag)
    assert client.refused == []
    require_jobs_done(registry)
    with registry.services() as services:
        ended = [services.builds.find(build).state for build in regulars.orders]
    assert ended == ["succeeded"] * len(regulars.orders)
    require_bytes_of_every_row(registry)


def require_jobs_done(registry):
    """None was given up; what waits to be tried again is tried now, not in half a minute."""
    assert count(registry, "outbox WHERE failed_at IS NOT NULL") == 0
    with registry.services() as services:
        for duty in services.outbox.all():
            # One that a worker has taken up since, or has done, needs no push.
            with suppress(Conflict, NotFound):
                if duty.error:
                    services.outbox.retry(duty.id)
    eventually(lambda: count(registry, "outbox") == 0, 60)


@pytest.fixture(scope="module")
def engines(tmp_path_factory, s3_server):
    """PostgreSQL, which syncs what it commits, Redis, and a registry of several processes."""
    directory = tmp_path_factory.mktemp("engines")
    with PostgresqlServer(durable=True) as postgresql, RedisServer(directory) as redis:
        settings = {
            "sregistry.database": postgresql.make_database(),
            "sregistry.jobs": redis.url,
            "sregistry.plugins": "s3",
            "sregistry.storage": "cloud",
            "sregistry.part_size": "5M",
            **as_ini("cloud", s3_server.make_bucket()),
            **BUILDER,
        }
        with several(directory, settings, workers=1) as site:
            yield postgresql, redis, site


@pytest.fixture
def site(engines, s3_server):
    return engines[2]


def regulars_of(site, stores=frozenset()):
    urls = [web.url for web in site.webs]
    made = iter(range(1000))
    return Regulars(
        lambda: Witness(urls[next(made) % len(urls)], site.token, stores=stores),
        password=PASSWORD,
    )


@pytest.fixture
def regulars(site, s3_server):
    return regulars_of(site, frozenset({urlsplit(s3_server.url).netloc}))


def require_clear(regulars, site, *, may_be_lost=False):
    stores = regulars.clients[0].stores
    assert complaints(regulars.heard(), stores=stores, may_be_lost=may_be_lost) == []
    logs = [process.log for process in (*site.webs, *site.workers)]
    traces = [log[log.index("Traceback") - 500 :][:9000] for log in logs if "Traceback" in log]
    assert not traces, "\n\n".join(traces)


def require_unmoved(regulars, *, but):
    """All others were told of no trouble."""
    others = [one for client in regulars.clients if client is not but for one in client.refused]
    assert {one.status for one in others} <= {404}


def test_postgresql_goes_away_under_load(engines, site, regulars):
    server = engines[0]
    with regulars:
        goes_away_and_comes_back(
            regulars, kill=server.kill, start=server.start, freeze=server.freeze, thaw=server.thaw
        )

    require_nothing_lost(site.first, regulars)
    require_clear(regulars, site)
    assert {503} <= {one.status for one in regulars.heard()}


def test_s3_goes_away_under_load(site, regulars, s3_server):
    with regulars:
        goes_away_and_comes_back(
            regulars,
            kill=s3_server.stop_gateway,
            start=s3_server.start_gateway,
            freeze=s3_server.freeze_gateway,
            thaw=s3_server.thaw_gateway,
        )

    require_nothing_lost(site.first, regulars)
    require_clear(regulars, site)


def test_redis_goes_away_under_load_and_nobody_notices(engines, site, regulars):
    server = engines[1]
    with regulars:
        goes_away_and_comes_back(
            regulars, kill=server.kill, start=server.start, freeze=server.freeze, thaw=server.thaw
        )

    require_nothing_lost(site.first, regulars)
    require_unmoved(regulars, but=None)
    require_clear(regulars, site)


def test_slapd_goes_away_under_load_and_only_its_logins_wait(tmp_path):
    need_module("ldap", "pip install python-ldap (libldap2-dev, libsasl2-dev, gcc)")
    with Slapd(tmp_path / "slapd") as slapd:
        settings = {
            "sregistry.plugins": "filesystem ldap",
            "sregistry.login": "passwords ldap",
            "ldap.url": slapd.tls_url,
            "ldap.ca_file": str(slapd.ca_file),
            "ldap.timeout": "2s",
            "ldap.bind_dn": SERVICE,
            "ldap.bind_password": SERVICE_PASSWORD,
            "ldap.base": PEOPLE,
            **BUILDER,
        }
        with several(tmp_path, settings, webs=1, workers=0) as site:
            regulars = regulars_of(site)
            regulars.acts["directory"] = regulars.logging_in("bob", DIRECTORY_PASSWORD)
            of_directory = regulars.clients[-1]
            with regulars:
                goes_away_and_comes_back(
                    regulars,
                    kill=slapd.kill,
                    start=slapd.start,
                    freeze=slapd.freeze,
                    thaw=slapd.thaw,
                )

            require_nothing_lost(site.first, regulars)
            require_clear(regulars, site)
    assert {one.status for one in of_directory.refused} == {503}
    require_unmoved(regulars, but=of_directory)


def test_an_openid_provider_goes_away_under_load_and_only_its_logins_wait(tmp_path):
    listen = f"127.0.0.1:{free_port()}"
    url = f"http://{listen}"
    with OpenidProvider([f"{url}/auth/sign-in/campus/callback"]) as provider:
        settings = {
            "sregistry.public_url": url,
            "sregistry.plugins": "filesystem oauth",
            "sregistry.login": "passwords campus",
            "campus.timeout": "2s",
            **provider.login_keys("campus"),
            **BUILDER,
        }
        with several(tmp_path, settings, webs=1, workers=0, listen=listen) as site:
            regulars = regulars_of(site)
            guest = Guest(regulars.somebody(), provider)
            regulars.acts["elsewhere"] = guest.sign_in
            with regulars:
                goes_away_and_comes_back(
                    regulars,
                    kill=provider.kill,
                    start=provider.start,
                    freeze=provider.freeze,
                    thaw=provider.thaw,
                )

            require_nothing_lost(site.first, regulars)
            require_clear(regulars, site)
    assert {one.status for one in guest.witness.refused} <= {503}
    require_unmoved(regulars, but=guest.witness)


def test_nginx_goes_away_under_load(tmp_path):
    front_at, listen = f"127.0.0.1:{free_port()}", f"127.0.0.2:{free_port('127.0.0.2')}"
    data = tmp_path / "web-0" / "var"
    settings = {
        "sregistry.public_url": f"https://{front_at}",
        "sregistry.accel": f"{data}/images -> /_images/",
        **BUILDER,
    }
    server = {"trusted_proxy": "127.0.0.1", "body_files": str(data / "staging" / "nginx")}
    front = nginx_before(
        SHIPPED,
        tmp_path / "nginx",
        listen=front_at,
        registry=listen,
        images=data / "images",
        body_files=data / "staging" / "nginx",
    )
    with (
        front as nginx,
        several(tmp_path, settings, webs=1, workers=0, listen=listen, server=server) as site,
    ):
        trust = ssl.create_default_context(cafile=str(nginx.certificate))
        regulars = Regulars(lambda: Witness(nginx.url, site.token, trust=trust), password=PASSWORD)
        with regulars:
            goes_away_and_comes_back(
                regulars,
                kill=nginx.kill,
                start=nginx.start,
                freeze=nginx.freeze,
                thaw=nginx.thaw,
            )

        require_nothing_lost(site.first, regulars)
        require_clear(regulars, site, may_be_lost=True)
