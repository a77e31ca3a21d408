"""A registry with its key server, and somebody who sends keys to it."""

from urllib.parse import urlencode

import pytest

from sregistry_core.testing.pgp import Key

PROTOCOLS = "discovery transfer library shub hkp"


@pytest.fixture
def make_key_server(make_registry):
    """Makes registries with a key server; takes settings as `make_registry` does."""
    return lambda **settings: make_registry(protocols=PROTOCOLS, **settings)


@pytest.fixture
def registry(make_key_server):
    """A registry with a key server."""
    return make_key_server()


@pytest.fixture(scope="session")
def ada_key():
    """A key of Ada's."""
    return Key.make("Ada Lovelace <ada@example.org>")


@pytest.fixture(scope="session")
def bob_key():
    """A key of Bob's."""
    return Key.make("Bob (at work: 100%) <Bob@Example.org>", "Bob <bob@home.test>")


@pytest.fixture
def send():
    """Sends a key as clients do; `options` go to WebTest."""

    def send_key(actor, keytext, **options):
        form = urlencode({"keytext": keytext}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return actor.post("/pks/add", form, headers=kind, **options)

    return send_key


@pytest.fixture
def look_up():
    """Looks keys up: `look_up(actor, "get", search)`."""

    def look(actor, operation, search, *, status=200, **query):
        asked = urlencode({"op": operation, "search": search, **query})
        return actor.get(f"/pks/lookup?{asked}", status=status)

    return look
