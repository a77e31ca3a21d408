"""Keys that are sent to the key server: who may, which are taken, and what is kept of them."""

from datetime import timedelta

import pytest
from pysequoia import Cert
from pysequoia.packet import PacketPile

from sregistry_core.formats.openpgp import LARGEST
from sregistry_core.testing.pgp import Key, armored


def test_a_user_adds_a_key(ada, send, ada_key):
    answer = send(ada, ada_key.public, status=200)

    assert answer.text == f"key {ada_key.fingerprint} was added\n"
    assert answer.content_type == "text/plain"


def test_a_key_that_is_known_is_taken_again(ada, bob, send, ada_key):
    send(ada, ada_key.public, status=200)

    assert "is known, and nothing of it is new" in send(bob, ada_key.public, status=200).text


def test_nobody_adds_a_key_without_a_login(stranger, send, ada_key):
    answer = send(stranger, ada_key.public, status=401)

    assert answer.json == {"error": {"code": 401, "message": "you are not logged in"}}


def test_an_empty_token_is_nobody(registry, stranger, send, ada_key):
    send(stranger, ada_key.public, status=401)
    answer = stranger.get(
        "/pks/lookup?op=get&search=0x12345678", headers={"Authorization": "Bearer"}, status=404
    )

    assert answer.text == "no matching keys found\n"


def test_a_token_for_pulling_adds_no_key(registry, ada, send, ada_key):
    weak = registry.with_scope(ada, "pull")

    assert "pulling only" in send(weak, ada_key.public, status=403).json["error"]["message"]


def test_anyone_adds_a_key_where_the_site_allows_it(make_key_server, send, ada_key):
    send(make_key_server(keys_added_by="anyone").stranger, ada_key.public, status=200)


def test_only_who_owns_the_mail_address_adds_a_key_where_the_site_wants_it(make_key_server, send):
    registry = make_key_server(keys_added_by="owners")
    ada, bob = registry.user("ada"), registry.user("bob")
    key = Key.make("Ada <ADA@example.org>")

    refused = send(bob, key.public, status=403)

    assert "does not hold your mail address, bob@example.org" in refused.json["error"]["message"]
    send(ada, key.public, status=200)


def test_a_revoked_mail_address_makes_no_owner(make_key_server, send):
    registry = make_key_server(keys_added_by="owners")
    key = Key.make("Ada <ada@example.org>", "Bob <bob@example.org>").without_user_id(0)

    send(registry.user("ada"), key.public, status=403)
    send(registry.user("bob"), key.public, status=200)


def test_an_administrator_adds_any_key(make_key_server, send, ada_key):
    registry = make_key_server(keys_added_by="owners")

    send(registry.user("root", is_admin=True), ada_key.public, status=200)


def test_a_secret_key_is_refused_and_kept_nowhere(registry, ada, send, look_up, ada_key):
    message = send(ada, ada_key.private, status=400).json["error"]["message"]

    assert "this is a secret key: never give it to anybody" in message
    look_up(ada, "get", f"0x{ada_key.fingerprint}", status=404)


def test_a_secret_key_in_the_guise_of_a_public_one_is_refused(ada, send, look_up, ada_key):
    disguised = armored(bytes(ada_key.secret))

    message = send(ada, disguised, status=400).json["error"]["message"]

    assert "this holds a secret key" in message
    look_up(ada, "get", f"0x{ada_key.fingerprint}", status=404)


@pytest.mark.parametrize(
    "keytext",
    [
        "",
        "hello",
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n",
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n",
        "-----BEGIN PGP MESSAGE-----\n\nAAAA\n-----END PGP MESSAGE-----\n",
        "\0\udcff",
    ],
)
def test_what_is_no_key_is_refused(ada, send, keytext):
    answer = send(ada, keytext.encode("utf-8", "replace"), status=400)

    assert answer.json["error"]["code"] == 400


def test_a_form_without_a_key_is_refused(ada):
    for body in (b"", b"a=b", b"\xff\xfe", b"keytext", b"&" * 100, b"a=b&" * 100):
        assert ada.post("/pks/add", body, status=400).json["error"]["code"] == 400


def test_too_many_bytes_are_refused(ada, send):
    send(ada, "x" * (LARGEST + 1), status=413)
    send(ada, "x" * (4 * LARGEST), status=413)


def test_several_keys_in_one_block_are_all_taken(ada, send, look_up, ada_key, bob_key):
    both = armored(bytes(ada_key.cert) + bytes(bob_key.cert))

    answer = send(ada, both, status=200)

    assert len(answer.text.splitlines()) == 2
    look_up(ada, "get", f"0x{ada_key.fingerprint}")
    look_up(ada, "get", f"0x{bob_key.fingerprint}")


def test_several_blocks_are_refused(ada, send, ada_key, bob_key):
    message = send(ada, ada_key.public + bob_key.public, status=400).json["error"]["message"]

    assert message == "one armoured PGP PUBLIC KEY BLOCK is taken at a time"


def test_one_bad_key_among_several_keeps_all_out(ada, send, look_up, ada_key):
    nameless = [*packets_of(Key.make("X <x@x.test>").cert)][:1]
    both = armored(bytes(ada_key.cert) + b"".join(map(bytes, nameless)))

    send(ada, both, status=400)

    look_up(ada, "get", f"0x{ada_key.fingerprint}", status=404)


def test_a_key_without_a_user_id_of_its_own_is_refused(ada, send):
    key = Key.make("Ada <ada@example.org>")
    bare = armored(b"".join(bytes(one) for one in [*packets_of(key.cert)][:2]))

    message = send(ada, bare, status=400).json["error"]["message"]

    assert "has no user id that it has signed itself" in message


def test_a_revocation_reaches_a_known_key_without_its_user_ids(ada, send, look_up):
    key = Key.make("Ada <ada@example.org>")
    send(ada, key.public, status=200)
    bare = armored(b"".join(bytes(one) for one in [*packets_of(key.revoked().cert)][:2]))

    assert "was updated" in send(ada, bare, status=200).text

    assert index_flags(look_up, ada, key) == "r"


def test_an_older_copy_never_takes_a_revocation_back(ada, send, look_up):
    key = Key.make("Ada <ada@example.org>")
    send(ada, key.revoked().public, status=200)

    send(ada, key.public, status=200)
    send(ada, key.with_user_id("Ada <ada@new.test>").public, status=200)

    assert index_flags(look_up, ada, key) == "r"
    got = look_up(ada, "get", f"0x{key.fingerprint}").text
    assert Cert.from_bytes(got.encode()).is_revoked


def test_an_older_copy_takes_nothing_away(ada, send, look_up):
    key = Key.make("Ada <ada@example.org>")
    send(ada, key.with_user_id("Ada <ada@new.test>").public, status=200)

    send(ada, key.public, status=200)

    assert key.fingerprint in look_up(ada, "index", "ada@new.test", options="mr").text


def test_a_key_becomes_good_for_longer(registry, ada, send, look_up):
    key = Key.make("Ada <ada@example.org>", lifetime_seconds=3600)
    send(ada, key.public, status=200)
    registry.clock.move(timedelta(hours=2))
    assert index_flags(look_up, ada, key) == "e"

    send(ada, key.expiring(registry.clock() + timedelta(days=900)).public, status=200)

    assert index_flags(look_up, ada, key) == ""


def index_flags(look_up, actor, key):
    """Give the flags of a key in the index."""
    index = look_up(actor, "index", f"0x{key.fingerprint}", options="mr").text
    (line,) = [line for line in index.splitlines() if line.startswith("pub:")]
    return line.split(":")[6]


def packets_of(cert):
    """Give the packets of a certificate."""
    return PacketPile.from_bytes(bytes(cert))
