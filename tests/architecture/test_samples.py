"""What we give people to copy works: every ini file, and the plugin of the guide with its test."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from webtest import TestApp

from sregistry_core.app import Parts, assemble
from sregistry_core.db import schema
from sregistry_core.errors import ConfigurationError
from sregistry_core.ini import read_ini
from sregistry_core.server.settings import from_ini
from sregistry_core.testing.components import need, need_module
from sregistry_core.testing.registry import PASSWORD

HOME = Path(__file__).parents[2]
SAMPLES = sorted([*HOME.glob("*.ini"), *HOME.glob("config/**/*.ini")])


@pytest.fixture
def environ(tmp_path):
    """The least that a stranger's machine needs: its disks are elsewhere than in the samples."""
    return {
        "SREGISTRY_PUBLIC_URL": "http://registry.test",
        "SREGISTRY_DATA": str(tmp_path / "data"),
        "SREGISTRY_FAST": str(tmp_path / "fast"),
        "SREGISTRY_OLD": str(tmp_path / "old"),
        "SREGISTRY_WEBHOOK_SECRET": "a secret of the tests and of nobody else",
    }


def open_parts(path, environ):
    ini = read_ini(path, environ)
    parts = Parts.open(ini.app, here=ini.here, environ=environ)
    schema.upgrade(parts.database.writing)
    return ini, parts


@pytest.fixture
def environ_of_s3(environ, request):
    """What the sample of the object store wants besides: a real one."""
    cloud = request.getfixturevalue("make_bucket")()
    return {
        **environ,
        "SREGISTRY_BUCKET": cloud["bucket"],
        "SREGISTRY_S3": cloud["endpoint"],
        "SREGISTRY_S3_REGION": cloud["region"],
        "SREGISTRY_S3_ACCESS_KEY": cloud["access_key"],
        "SREGISTRY_S3_SECRET_KEY": cloud["secret_key"],
    }


@pytest.fixture
def environ_of_cloud(environ_of_s3, request):
    """What the sample of a cloud wants besides; its provider is asked when somebody signs in."""
    return {
        **environ_of_s3,
        "SREGISTRY_DATABASE": request.getfixturevalue("postgresql").make_empty_database(),
        "SREGISTRY_JOBS": request.getfixturevalue("redis").url,
        "SREGISTRY_SECRET": "a secret of the tests and of nobody else",
        "SREGISTRY_CLIENT_SECRET": "what only the provider knows",
    }


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.relative_to(HOME)))
def test_a_sample_makes_a_registry_that_is_ready(path, environ, request):
    if path.name == "s3.ini":
        environ = request.getfixturevalue("environ_of_s3")
    if path.name == "saml.ini":
        need("xmlsec1", "xmlsec1")
    if path.name == "cloud.ini":
        environ = request.getfixturevalue("environ_of_cloud")
    if path.name in ("ldap.ini", "hpc-centre.ini"):
        need_module("ldap", "pip install python-ldap (libldap2-dev, libsasl2-dev, gcc)")
    ini, parts = open_parts(path, environ)
    try:
        app = TestApp(assemble(parts))

        assert app.get("/readyz").json["status"] == "ok"
        assert app.get("/version").json
        assert from_ini(ini.server).threads > 0
    finally:
        parts.close()


def test_a_site_keeps_only_its_differences(tmp_path, environ):
    site = tmp_path / "site.ini"
    site.write_text(
        f"[DEFAULT]\nwho = ada\n"
        f"[app:main]\nuse = config:{HOME}/production.ini\nsregistry.name = Registry of %(who)s\n"
        f"[server:main]\nuse = config:{HOME}/production.ini\nthreads = 3\n"
    )

    ini, parts = open_parts(site, environ)
    parts.close()

    assert parts.settings.name == "Registry of ada"
    assert parts.settings.id == "registry"
    assert from_ini(ini.server).threads == 3
    assert from_ini(ini.server).trusted_proxy == "127.0.0.1"


def test_a_sample_without_its_variable_says_which_one(environ):
    del environ["SREGISTRY_PUBLIC_URL"]

    with pytest.raises(ConfigurationError, match="the environment variable SREGISTRY_PUBLIC_URL"):
        open_parts(HOME / "production.ini", environ)


GUIDE = (HOME / "docs/writing-a-plugin.md").read_text(encoding="utf-8")


def block(beginning):
    """Give the block of the guide whose first line is `beginning`."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    found = [one for one in blocks if one.startswith(beginning)]
    assert len(found) == 1, f"{len(found)} blocks of the guide begin with {beginning}"
    return found[0]


@pytest.fixture
def guide(tmp_path, monkeypatch):
    """The files of the guide, in a directory on the Python path."""
    (tmp_path / "sregistry_passwordfile.py").write_text(block('"""Log in with the names'))
    (tmp_path / "test_passwordfile.py").write_text(block('"""The password file keeps'))
    (tmp_path / "setup.py").write_text(block('"""The distribution sregistry-passwordfile'))
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("sregistry_passwordfile", None)


def test_the_plugin_of_the_guide_passes_its_own_test(guide):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]

    ran = subprocess.run(
        [*command, "-W", "error", "test_passwordfile.py"], cwd=guide, capture_output=True, text=True
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout
    assert "failed" not in ran.stdout


def test_the_plugin_of_the_guide_lets_people_into_a_registry(guide, make_registry):
    sys.path.insert(0, str(guide))
    from sregistry_passwordfile import line_of

    (guide / "people").write_text(line_of("grace", "from the file"))
    settings = dict(
        line.split(" = ", 1) for line in block("sregistry.plugin_modules").splitlines() if line
    )
    settings["passwordfile.path"] = str(guide / "people")

    registry = make_registry(
        **{
            key.removeprefix("sregistry.").replace(".", "__"): value
            for key, value in settings.items()
        }
    )
    registry.user("ada")

    for name, password in (("grace", "from the file"), ("ada", PASSWORD)):
        user = registry.with_password(name, password).get("/v1/rbac/users/current").json
        assert user["username"] == name
    registry.with_password("grace", "wrong").get("/v1/rbac/users/current", status=401)


def test_the_plugin_of_the_guide_is_about_thirty_lines():
    lines = [line for line in block('"""Log in with the names').splitlines() if line.strip()]

    assert len(lines) <= 45
    assert "sregistry_core.models" not in GUIDE


def test_the_packaging_of_the_guide_can_be_read(guide):
    ran = subprocess.run(
        [sys.executable, "setup.py", "--name"], cwd=guide, capture_output=True, text=True
    )

    assert ran.stdout.splitlines()[-1] == "sregistry-passwordfile"
