"""docs/admin/pam.md: its settings and commands, at the machine's real PAM."""

from pathlib import Path

from sregistry_core.testing.admin_page import AdminPage
from sregistry_core.testing.live import LiveRegistry

from .conftest import FOLDER, PASSWORD

PAGE = Path(__file__).parents[3] / "docs/admin/pam.md"


def test_the_page_on_accounts_of_the_machine(tmp_path, pwdfile):
    # Nobody's password of this machine is known: what `common-auth` says is put into our service.
    service = pwdfile("ada")
    somebody = tmp_path / "somebody"
    somebody.write_text(f"{PASSWORD}\n")
    lines = (FOLDER / service).read_text().replace("\n", "\\n")
    page = AdminPage(
        PAGE,
        {
            "auth include common-auth\\naccount include common-account\\n": lines,
            "/etc/pam.d/sregistry": str(FOLDER / service),
            "pam.service = sregistry": f"pam.service = {service}\npam.system_users = no",
            "/etc/sregistry/a-password": str(somebody),
        },
    )
    registry = LiveRegistry(tmp_path / "live", settings=page.settings)
    registry.admin("init")

    _, shown = page.run(registry).values()

    assert "FAIL" not in shown
    assert "ada" in shown
