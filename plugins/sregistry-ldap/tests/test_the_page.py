"""docs/admin/ldap.md: its settings and commands, at a real slapd."""

from pathlib import Path

from sregistry_core.testing.admin_page import AdminPage
from sregistry_core.testing.components import need
from sregistry_core.testing.live import LiveRegistry
from sregistry_core.testing.slapd import PASSWORD, SERVICE_PASSWORD

PAGE = Path(__file__).parents[3] / "docs/admin/ldap.md"


def test_the_page_on_directories(tmp_path, slapd):
    need("ldapsearch", "ldap-utils")
    service, somebody = tmp_path / "service", tmp_path / "somebody"
    service.write_text(SERVICE_PASSWORD)
    somebody.write_text(f"{PASSWORD}\n")
    page = AdminPage(
        PAGE,
        {
            "ldaps://ldap.example.org": slapd.tls_url,
            "/etc/sregistry/ldap.pem": str(slapd.ca_file),
            "/etc/sregistry/ldap-password": str(service),
            "/etc/sregistry/a-password": str(somebody),
        },
    )
    registry = LiveRegistry(tmp_path / "live", settings=page.settings)
    registry.admin("init")

    search, steps, with_password = page.run(registry).values()

    assert "mail: ada@example.org" in search
    assert steps.endswith("ok    may log in\n")
    assert "ok    teams: lab" in steps
    assert "ok    the password is theirs" in with_password
