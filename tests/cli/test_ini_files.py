"""The two ini files that come with the registry."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from sregistry_core.app import Parts, assemble
from sregistry_core.db import schema
from sregistry_core.ini import read_ini, set_up_logging
from sregistry_core.server import from_ini
from sregistry_core.server.settings import ServerSettings
from sregistry_core.settings import read_core_settings, read_sections

ROOT = Path(__file__).parents[2]
DEVELOPMENT, PRODUCTION = ROOT / "development.ini", ROOT / "production.ini"
LEAST = {"SREGISTRY_PUBLIC_URL": "https://registry.example.org"}
OF_THE_SITE = {"id", "public_url", "plugins", "storage", "database", "staging", "secret"}


def settings_of(path, environ):
    ini = read_ini(path, environ)
    sections = read_sections(ini.app, here=ini.here, environ=environ)
    if not sections["sregistry"].path("secret_file").exists():
        ini = replace(ini, app={**ini.app, "sregistry.secret": "hush"})
        del ini.app["sregistry.secret_file"]
        sections = read_sections(ini.app, here=ini.here, environ=environ)
    return read_core_settings(sections["sregistry"]), sections["sregistry"], ini


@pytest.mark.parametrize("path", [DEVELOPMENT, PRODUCTION], ids=lambda path: path.name)
def test_it_assembles_with_the_least_environment(tmp_path, path, monkeypatch):
    environ = {**LEAST, "SREGISTRY_DATA": str(tmp_path)}
    ini = read_ini(path, environ)

    parts = Parts.open(ini.app, here=ini.here, environ=environ)

    schema.upgrade(parts.database.writing)
    assemble(parts)
    assert from_ini(ini.server).listen == ("127.0.0.1:8080",)
    made = {path.name for path in tmp_path.iterdir()}
    assert {"images", "registry.sqlite", "secret", "staging"} <= made
    parts.close()


def test_development_goes_by_three_variables():
    settings, _, ini = settings_of(DEVELOPMENT, {})
    assert ini.server["listen"] == "127.0.0.1:8080"
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.staging == ROOT / "var/staging"
    assert settings.database == f"sqlite:///{ROOT}/var/registry.sqlite"

    settings, _, ini = settings_of(
        DEVELOPMENT, {"SREGISTRY_LISTEN": "127.0.0.2:80", "SREGISTRY_DATA": "/srv/x"}
    )
    assert ini.server["listen"] == "127.0.0.2:80"
    assert settings.public_url == "http://127.0.0.2"
    assert settings.staging == Path("/srv/x/staging")
    assert settings.database == "sqlite:////srv/x/registry.sqlite"

    settings, _, _ = settings_of(DEVELOPMENT, {"SREGISTRY_PUBLIC_URL": "http://registry.test"})
    assert settings.public_url == "http://registry.test"


def test_production_has_every_key_of_the_core():
    _, section, ini = settings_of(PRODUCTION, LEAST)
    written = PRODUCTION.read_text(encoding="utf-8")

    passphrase = {f"build_key_passphrase{way}" for way in ("", "_file", "_env")}
    for key in section.known() - {"secret", "secret_env"} - passphrase:
        assert re.search(rf"^sregistry\.{key} =", written, re.MULTILINE), key
    for field in fields(ServerSettings):
        if field.name != "recv_bytes":
            assert re.search(rf"^(# )?{field.name} = ", written, re.MULTILINE), field.name
    assert not list(section.unread())
    assert ini.server


def test_production_says_the_defaults():
    settings, _, ini = settings_of(PRODUCTION, LEAST)
    least = {f"sregistry.{key}": ini.app[f"sregistry.{key}"] for key in OF_THE_SITE}
    defaults = read_core_settings(read_sections(least, here=ini.here, environ=LEAST)["sregistry"])

    assert settings == defaults
    assert replace(from_ini(ini.server), trusted_proxy=None) == ServerSettings()


def test_every_key_of_production_has_a_comment():
    commented = False
    for line in PRODUCTION.read_text(encoding="utf-8").partition("[loggers]")[0].splitlines():
        if line.startswith(("sregistry.", "listen", "threads", "grace", "max_", "trusted_")):
            assert commented, line
        elif not line.startswith("filesystem."):
            commented = bool(line.startswith("#") or (commented and line))


def test_a_file_of_a_few_keys_inherits_the_rest(tmp_path):
    path = tmp_path / "site.ini"
    path.write_text(
        f"[app:main]\nuse = config:{PRODUCTION}\nsregistry.name = Institute\n"
        f"[server:main]\nuse = config:{PRODUCTION}\nthreads = 3\n"
    )

    settings, _, ini = settings_of(path, LEAST)

    assert (settings.name, settings.public_url) == ("Institute", LEAST["SREGISTRY_PUBLIC_URL"])
    assert from_ini(ini.server).threads == 3
    assert ini.here == tmp_path


@pytest.mark.parametrize("path", [DEVELOPMENT, PRODUCTION], ids=lambda path: path.name)
def test_its_logging_sections_are_sensible(path, monkeypatch):
    asked = []
    monkeypatch.setattr("logging.config.fileConfig", lambda *_, **options: asked.append(options))

    set_up_logging(read_ini(path, LEAST))

    assert asked == [{"defaults": {"here": str(ROOT)}, "disable_existing_loggers": False}]
