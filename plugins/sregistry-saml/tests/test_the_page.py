"""docs/admin/saml.md: its settings and commands, with the metadata of a real provider."""

from pathlib import Path

from sregistry_core.testing.admin_page import AdminPage
from sregistry_core.testing.components import need
from sregistry_core.testing.live import LiveRegistry

PAGE = Path(__file__).parents[3] / "docs/admin/saml.md"


def test_the_page_on_saml(tmp_path, provider):
    need("openssl", "openssl")
    key, certificate = tmp_path / "saml.key", tmp_path / "saml.pem"
    page = AdminPage(
        PAGE,
        {
            "/etc/sregistry/saml.key": str(key),
            "/etc/sregistry/saml.pem": str(certificate),
            "/etc/sregistry/campus.xml": str(provider.file),
        },
    )
    registry = LiveRegistry(tmp_path / "live", settings=page.settings)

    _, _, doctor = page.run(registry).values()

    assert "ok    login campus opens" in doctor
    assert key.exists()
    assert certificate.exists()
