"""Services of PAM for single tests: they must stand where PAM looks for them, and go afterwards."""

import os
import subprocess
import uuid
from pathlib import Path

import pytest

import sregistry_pam
from sregistry_core.contracts import PluginSettings
from sregistry_core.testing.components import leave_out, need

FOLDER = Path("/etc/pam.d")
MODULES = "pam_pwdfile.so"
PASSWORD = "correct horse"


@pytest.fixture
def hash_of():
    """Hashes a password as `/etc/shadow` has it."""
    openssl = need("openssl", "openssl")

    def make(password=PASSWORD):
        ran = subprocess.run(
            [openssl, "passwd", "-6", "-stdin"], input=password, capture_output=True, text=True
        )
        return ran.stdout.strip()

    return make


@pytest.fixture
def service():
    """Makes services from lines."""
    if os.geteuid() != 0 or not FOLDER.is_dir():
        leave_out("only root makes services of PAM")
    if not any(Path("/").glob(f"*lib*/**/security/{MODULES}")):
        leave_out(f"{MODULES} is not installed: apt-get install libpam-pwdfile")
    made = []

    def make(*lines):
        path = FOLDER / f"sregistry-test-{uuid.uuid4().hex[:12]}"
        path.write_text("\n".join([*lines, ""]))
        made.append(path)
        return path.name

    yield make
    for path in made:
        path.unlink()


@pytest.fixture
def pwdfile(service, hash_of, tmp_path):
    """A service that knows some users, all with one password; `account` is its second line."""

    def make(*names, account="account required pam_permit.so"):
        path = tmp_path / "people"
        path.write_text("".join(f"{name}:{hash_of()}\n" for name in names))
        return service(f"auth required pam_pwdfile.so pwdfile={path} nodelay", account)

    return make


@pytest.fixture
def open_login(tmp_path):
    def open_one(service, **values):
        settings = {"service": service, "timeout": "3s", **values}
        return sregistry_pam.sregistry_login("pam", PluginSettings("pam", settings, tmp_path, {}))

    return open_one
