"""The settings of `[server:main]`: what each means, and what a mistake is answered with."""

from datetime import timedelta
from pathlib import Path

import pytest

from sregistry_core.errors import ConfigurationError
from sregistry_core.server import ServerSettings, from_ini


def test_without_settings_the_defaults_hold():
    settings = from_ini({})

    assert settings == ServerSettings()
    assert settings.listen == ("127.0.0.1:8080",)
    assert settings.max_body_size == 100 * 2**40
    assert (settings.threads, settings.connection_limit) == (8, 1000)
    assert settings.grace == timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        ("listen", "*:8080", ("*:8080",)),
        ("listen", "127.0.0.1:80 [::1]:80", ("127.0.0.1:80", "[::1]:80")),
        ("listen", "\nlocalhost:80,\nregistry:81", ("localhost:80", "registry:81")),
        ("max_body_size", "1048577", 1048577),
        ("max_body_size", "1K", 2**10),
        ("max_body_size", "64M", 64 * 2**20),
        ("max_body_size", "2G", 2 * 2**30),
        ("max_body_size", "100T", 100 * 2**40),
        ("max_body_size", "1P", 2**50),
        ("threads", " 16 ", 16),
        ("connection_limit", "5000", 5000),
        ("grace", "0s", timedelta(0)),
        ("grace", "7d", timedelta(days=7)),
        ("grace", "1h", timedelta(hours=1)),
        ("channel_timeout", "5m", timedelta(minutes=5)),
        ("channel_timeout", "30s", timedelta(seconds=30)),
        ("spool", "/srv/spool", Path("/srv/spool")),
        ("trusted_proxy", "127.0.0.1", "127.0.0.1"),
        ("trusted_proxy", "::1", "::1"),
        ("trusted_proxy", "*", "*"),
        ("body_files", "", None),
    ],
)
def test_a_setting_is_read(name, written, meant):
    assert getattr(from_ini({name: written}), name) == meant


@pytest.mark.parametrize(
    ("name", "written", "complaint"),
    [
        ("listen", "8080", "8080 is no address such as 127.0.0.1:8080"),
        ("listen", "", "nothing is no address such as 127.0.0.1:8080"),
        ("listen", "::1:80", "::1:80 is no address such as 127.0.0.1:8080"),
        ("listen", "a:65536", "a:65536 is no address such as 127.0.0.1:8080"),
        ("max_body_size", "many", "not a size such as 64M, 100T or 1048576"),
        ("max_body_size", "0", "not a size such as 64M, 100T or 1048576"),
        ("max_body_size", "-1", "not a size such as 64M, 100T or 1048576"),
        ("max_body_size", "1.5G", "not a size such as 64M, 100T or 1048576"),
        ("threads", "many", "not a whole number from 1 to 999999"),
        ("threads", "0", "not a whole number from 1 to 999999"),
        ("connection_limit", "1e3", "not a whole number from 1 to 999999"),
        ("grace", "60", "not a duration such as 30s, 5m, 1h or 7d"),
        ("grace", "1 hour", "not a duration such as 30s, 5m, 1h or 7d"),
        ("channel_timeout", "0s", "must be longer than nothing"),
        ("spool", "", "no directory"),
        ("trusted_proxy", "localhost", "neither an IP address nor *"),
    ],
)
def test_a_wrong_value_is_one_line_with_its_name(name, written, complaint):
    with pytest.raises(ConfigurationError) as caught:
        from_ini({name: written})

    assert str(caught.value) == f"server:main {name} = {written}: {complaint}"


@pytest.mark.parametrize(
    "name", ["thread", "Listen", "max_request_body_size", "recv_bytes", "host", "port", ""]
)
def test_an_unknown_name_is_refused(name):
    with pytest.raises(ConfigurationError) as caught:
        from_ini({name: "1"})

    assert str(caught.value) == f"server:main knows no setting {name}"
