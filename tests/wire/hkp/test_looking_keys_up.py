"""Keys that are looked up and listed, in the words of every client."""

import re
from urllib.parse import unquote_plus

import pytest
from pysequoia import Cert
from pysequoia.packet import PacketPile, Tag

from sregistry_core.models import KeyHandle
from sregistry_core.testing.pgp import Key


@pytest.fixture
def full(registry, ada, send, ada_key, bob_key):
    """A registry with the keys of two."""
    send(ada, ada_key.public, status=200)
    send(ada, bob_key.public, status=200)
    return registry


def fingerprints(index):
    """Give the fingerprints of an index."""
    return re.findall(r"^pub:([0-9A-F]+):", index, re.M)


@pytest.mark.parametrize("digits", [8, 16, 40])
@pytest.mark.parametrize("write", [str.lower, str.upper])
def test_a_key_is_got_by_its_id_and_its_fingerprint(full, look_up, ada_key, digits, write):
    search = "0x" + write(ada_key.fingerprint[-digits:])

    answer = look_up(full.stranger, "get", search, exact="on")

    assert answer.content_type == "application/pgp-keys"
    assert answer.text.startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n")
    assert Cert.from_bytes(answer.body).fingerprint.upper() == ada_key.fingerprint


def test_a_key_is_got_by_the_id_of_a_subkey(full, look_up, ada_key):
    subkeys = [p for p in PacketPile.from_bytes(bytes(ada_key.cert)) if p.tag == Tag.PublicSubkey]
    for subkey in subkeys:
        for search in (subkey.key_id, subkey.fingerprint):
            got = look_up(full.stranger, "get", f"0x{search}").body
            assert Cert.from_bytes(got).fingerprint.upper() == ada_key.fingerprint


def test_a_long_id_is_found_without_the_zeros_in_front(registry, ada, send, look_up):
    """Apptainer writes the id as a number."""
    key = next(
        key
        for key in (Key.make("Zero <zero@example.org>") for _ in range(2000))
        if key.fingerprint[-16] == "0"
    )
    send(ada, key.public, status=200)

    search = f"{int(key.fingerprint[-16:], 16):#x}"

    assert len(search) < 18
    assert Cert.from_bytes(look_up(ada, "get", search).body).fingerprint.upper() == key.fingerprint


def test_digits_without_0x_are_an_id_as_well(full, look_up, ada_key):
    """Apptainer's `key search` writes 0x only before capital letters."""
    index = look_up(full.stranger, "index", ada_key.fingerprint[-8:].lower(), options="mr").text

    assert ada_key.fingerprint in fingerprints(index)


def test_digits_without_0x_are_a_text_as_well(registry, ada, send, look_up):
    key = Key.make("Dead Beef <deadbeef00@example.org>")
    send(ada, key.public, status=200)

    assert fingerprints(look_up(ada, "index", "deadbeef00", options="mr").text) == [key.fingerprint]


@pytest.mark.parametrize(
    "search",
    ["0x", "0xzz", "0x" + "1" * 32, "0x" + "1" * 65, "0x1", "nobody", "a%e", "_da", "f" * 40],
)
def test_what_is_not_there_is_told_in_plain_text(full, look_up, search):
    for operation in ("get", "index", "vindex"):
        answer = look_up(full.stranger, operation, search, options="mr", status=404)
        assert (answer.text, answer.content_type) == ("no matching keys found\n", "text/plain")


def test_the_index_is_as_programs_read_it(full, look_up, ada_key):
    index = look_up(full.stranger, "index", "lovelace", options="mr", fingerprint="on").text

    created = re.search(r":(\d{10})::$", index, re.M)[1]
    assert index == (
        "info:1:1\n"
        f"pub:{ada_key.fingerprint}:22:256:{created}::\n"
        "uid:Ada%20Lovelace%20%3Cada%40example.org%3E:::\n"
    )


@pytest.mark.parametrize("operation", ["index", "vindex"])
def test_a_user_id_cannot_break_a_line(full, look_up, bob_key, operation):
    index = look_up(full.stranger, operation, "at work", options="mr").text

    uids = [line.split(":") for line in index.splitlines() if line.startswith("uid:")]
    assert {unquote_plus(uid[1]) for uid in uids} == {
        "Bob (at work: 100%) <Bob@Example.org>",
        "Bob <bob@home.test>",
    }


def test_a_mail_address_is_found_in_any_case(full, look_up, bob_key):
    for search in ("BOB@example.ORG", "bob@home.test"):
        index = look_up(full.stranger, "index", search, options="mr", exact="on").text
        assert fingerprints(index) == [bob_key.fingerprint]


def test_an_exact_search_finds_no_parts(full, look_up):
    look_up(full.stranger, "index", "bob", options="mr", exact="on", status=404)


def test_several_keys_are_one_armoured_block(full, look_up, ada_key, bob_key):
    answer = look_up(full.stranger, "get", "example.org").text

    assert answer.count("BEGIN PGP PUBLIC KEY BLOCK") == 1
    found = {cert.fingerprint.upper() for cert in Cert.split_bytes(answer.encode())}
    assert found == {ada_key.fingerprint, bob_key.fingerprint}


def test_an_index_comes_in_pages(registry, ada, send, look_up):
    keys = sorted(key.fingerprint for key in (make_and_send(ada, send, n) for n in range(5)))
    seen, token = [], ""
    for expected in (2, 2, 1):
        query = {"x-pagesize": 2, **({"x-pagetoken": token} if token else {})}
        answer = look_up(ada, "index", "page.test", options="mr", **query)
        token = answer.headers.get("X-HKP-Next-Page-Token", "")
        assert answer.text.startswith(f"info:1:{expected}\n")
        assert len(fingerprints(answer.text)) == expected
        seen += fingerprints(answer.text)

    assert (seen, token) == (keys, "")


def make_and_send(actor, send, number):
    """Make a key and send it."""
    key = Key.make(f"Page {number} <{number}@page.test>")
    send(actor, key.public, status=200)
    return key


def test_people_read_an_index_too(full, look_up, ada_key):
    text = look_up(full.stranger, "index", "lovelace").text

    assert text.startswith(f"{ada_key.fingerprint}  256 bits  2")
    assert "Ada Lovelace <ada@example.org>" in text


def test_a_key_of_version_6_is_served(registry, ada, send, look_up):
    key = Key.make("Six <six@example.org>", version=6)
    send(ada, key.public, status=200)

    assert len(key.fingerprint) == 64
    for search in (key.fingerprint, key.fingerprint[:16]):
        assert Cert.from_bytes(look_up(ada, "get", f"0x{search}").body)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "op=get",
        "op=get&search=",
        "op=delete&search=x",
        "op=index&search=" + "x" * 501,
        "op=index&search=x&x-pagesize=0",
        "op=index&search=x&x-pagesize=-1",
        "op=index&search=x&x-pagesize=many",
        "op=get&search=%ff",
        "op=index&search=%00",
    ],
)
def test_a_lookup_that_makes_no_sense_is_refused(full, query):
    answer = full.stranger.get(f"/pks/lookup?{query}", expect_errors=True)

    assert answer.status_int in (400, 404)
    assert answer.content_type == "text/plain"


def test_a_registry_that_is_private_shows_keys_to_users_only(
    make_key_server, send, look_up, ada_key
):
    registry = make_key_server(private_only="true")
    ada = registry.user("ada")
    send(ada, ada_key.public, status=200)

    look_up(registry.stranger, "get", f"0x{ada_key.fingerprint}", status=401)
    look_up(ada, "get", f"0x{ada_key.fingerprint}")


def test_who_calls_a_foreign_key_a_subkey_does_not_hide_it(registry, ada, send, look_up):
    """An encryption subkey need not agree to belong to a key."""
    victim, thief = Key.make("Victim <v@example.org>"), Key.make("Thief <t@example.org>")
    send(ada, thief.public, status=200)
    with registry.parts.unit()() as services:
        services.db.add(
            KeyHandle(
                fingerprint=victim.fingerprint,
                certificate=thief.fingerprint,
                key_id=victim.fingerprint[-16:],
            )
        )
    send(ada, victim.public, status=200)

    got = Cert.split_bytes(look_up(ada, "get", f"0x{victim.fingerprint}").body)

    assert [cert.fingerprint.upper() for cert in got] == [victim.fingerprint]
