"""docs/admin/openid.md: its settings and commands, at a real provider."""

from pathlib import Path

from sregistry_core.testing.admin_page import AdminPage
from sregistry_core.testing.components import need
from sregistry_core.testing.live import LiveRegistry
from sregistry_core.testing.openid_provider import CLIENT, SECRET

PAGE = Path(__file__).parents[3] / "docs/admin/openid.md"


def test_the_page_on_openid_providers(tmp_path, provider):
    need("jq", "jq")
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    page = AdminPage(
        PAGE,
        {
            "https://sso.example.org": provider.issuer,
            "/etc/sregistry/openid-secret": str(secret),
            "client_id = registry": f"client_id = {CLIENT}",
        },
    )
    registry = LiveRegistry(tmp_path / "live", settings=page.settings)
    registry.admin("init")

    issuer, doctor = page.run(registry).values()

    assert issuer == f"{provider.issuer}\n"
    assert doctor.strip()
    assert "FAIL" not in doctor
