"""The settings and commands of docs/admin do what their pages say, with the real back ends."""

from pathlib import Path

import pytest

from sregistry_core.testing.admin_page import AdminPage
from sregistry_core.testing.components import need
from sregistry_core.testing.live import LiveRegistry

pytestmark = pytest.mark.real
PAGES = Path(__file__).parents[2] / "docs/admin"


@pytest.fixture
def secret(tmp_path):
    """Writes a file with a secret."""

    def write(text):
        path = tmp_path / "secret"
        path.write_text(text)
        return str(path)

    return write


def test_the_page_on_object_stores(tmp_path, s3_server, secret):
    need("curl", "curl")
    page = AdminPage(
        PAGES / "s3.md",
        {
            "https://objects.example.org": s3_server.tls_url,
            "/etc/sregistry/objects.pem": str(s3_server.certificate),
            "/etc/sregistry/s3-secret": secret(s3_server.secret_key),
            "registry-key": s3_server.access_key,
        },
    )
    registry = LiveRegistry(tmp_path / "live", settings=page.settings)
    registry.admin("init")

    # Clients of the store trust its certificate too.
    shown = page.run(registry, environ={"SSL_CERT_FILE": str(s3_server.certificate)})

    (doctor,) = [text for command, text in shown.items() if command.endswith("doctor")]
    assert "FAIL" not in doctor
    assert "storage cloud" in doctor


def test_the_page_on_the_database(tmp_path, postgresql):
    page = AdminPage(
        PAGES / "database.md",
        {
            "sudo -u postgres ": "",
            "db.example.org": f"127.0.0.1:{postgresql.port}",
            "?sslmode=require": "?sslmode=disable",
        },
    )
    environ = {"SREGISTRY_DATABASE_PASSWORD": "another-one"}
    registry = LiveRegistry(tmp_path / "live", settings=page.settings, environ=environ)
    server = {"PGHOST": "127.0.0.1", "PGPORT": str(postgresql.port), "PGUSER": "postgres"}

    shown = page.run(registry, environ=server)

    assert "FAIL" not in list(shown.values())[-1]
    with registry.services() as services:
        assert services.db.get_bind().dialect.name == "postgresql"


def test_the_page_on_jobs(tmp_path, redis):
    need("redis-cli", "redis-tools")
    page = AdminPage(
        PAGES / "jobs.md", {"redis://redis.example.org:6379/0": f"redis://127.0.0.1:{redis.port}/0"}
    )
    registry = LiveRegistry(tmp_path / "live", settings=page.settings)
    registry.admin("init")
    with registry.services() as services:
        services.outbox.write("uploads.expire")

    ping, doctor, waiting, run = page.run(registry).values()

    assert ping == "PONG\n"
    assert "FAIL" not in doctor
    assert "uploads.expire" in waiting
    assert run == "tried 1 jobs\n"


def test_the_page_on_other_registries(tmp_path):
    page = AdminPage(PAGES / "directory.md", {})
    registry = LiveRegistry(tmp_path / "live")
    registry.admin("init")

    added, listed, removed, exported = page.run(registry).values()

    assert added == "added other: https://images.other.example\n"
    assert listed.split()[:2] == ["other", "https://images.other.example"]
    assert removed == "removed other\n"
    assert f"base: {registry.url}" in (registry.directory / exported.strip()).read_text()
