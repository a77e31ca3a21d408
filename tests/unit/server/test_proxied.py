"""The proxy's word about bodies: believed from it alone, and only within its directory."""

import os
from pathlib import Path

import pytest

from sregistry_core.errors import BodyWithheld, ConfigurationError
from sregistry_core.server.proxied import Proxied
from sregistry_core.server.settings import from_ini
from sregistry_core.server.spool import Spool

PROXY = "127.0.0.1"


@pytest.fixture
def handed(tmp_path):
    """A body that the proxy has written."""
    directory = tmp_path / "nginx"
    directory.mkdir()
    path = directory / "0000000001"
    path.write_bytes(b"an image")
    return path


@pytest.fixture
def proxied(tmp_path, handed):
    return Proxied(PROXY, handed.parent, Spool(tmp_path / "spool"))


def asked(**headers):
    shown = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    return {"wsgi.input": None, "CONTENT_LENGTH": "0", **shown}


def test_a_body_in_a_file_is_the_body_of_the_request(proxied, handed, tmp_path):
    environ = asked(x_body_file=str(handed))

    body = proxied.prepare(environ, PROXY)

    assert environ["wsgi.input"] is body
    assert environ["CONTENT_LENGTH"] == "8"
    assert environ["sregistry.proxied"] is True
    assert body.read() == b"an image"
    assert Path(body.name).samefile(handed)
    assert Path(body.name).parent == tmp_path / "spool"
    body.close()
    assert handed.read_bytes() == b"an image"
    assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.parametrize("header", ["x_body_file", "x_body_withheld", "x_body_length"])
def test_nobody_else_is_believed(proxied, handed, header):
    environ = asked(**{header: str(handed)})

    assert proxied.prepare(environ, "127.0.0.2") is None
    assert environ == {
        "wsgi.input": None,
        "CONTENT_LENGTH": "0",
        "sregistry.proxied": False,
        "sregistry.asks_place": False,
        "sregistry.withheld": False,
    }


def test_without_a_proxy_nobody_is_believed(tmp_path, handed):
    environ = asked(x_body_file=str(handed))

    assert Proxied(None, None, Spool(tmp_path / "spool")).prepare(environ, PROXY) is None
    assert environ["sregistry.proxied"] is False


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/hostname", "sub/body", "secret", "nothing", "."]
)
def test_a_path_outside_the_directory_or_no_file_is_an_error(proxied, handed, tmp_path, name):
    (tmp_path / "secret").write_bytes(b"hush")
    (handed.parent / "sub").mkdir()
    (handed.parent / "sub" / "body").write_bytes(b"hush")
    (handed.parent / "secret").symlink_to(tmp_path / "secret")
    environ = asked(x_body_file=f"{handed.parent}/{name}")

    with pytest.raises((ValueError, OSError)):
        proxied.prepare(environ, PROXY)


def test_a_fifo_in_the_directory_is_no_body(proxied, handed):
    os.mkfifo(handed.parent / "pipe")

    with pytest.raises(ValueError, match="which is no file"):
        proxied.prepare(asked(x_body_file=str(handed.parent / "pipe")), PROXY)


def test_a_body_that_is_withheld_says_so_when_it_is_read(proxied):
    environ = asked(x_body_withheld="yes", x_body_length="1000")

    proxied.prepare(environ, PROXY)

    assert environ["sregistry.withheld"] is True
    assert environ["CONTENT_LENGTH"] == "1000"
    for read in (environ["wsgi.input"].read, environ["wsgi.input"].readline):
        with pytest.raises(BodyWithheld):
            read(10)


@pytest.mark.parametrize("proxy", [{}, {"trusted_proxy": "*"}])
def test_files_are_believed_from_one_address_alone(proxy):
    with pytest.raises(ConfigurationError, match="needs the address of one trusted_proxy"):
        from_ini({"body_files": "/srv/bodies", **proxy})
