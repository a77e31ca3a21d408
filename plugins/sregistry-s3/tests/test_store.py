"""What a bucket does beyond the contract: endpoints, styles, TLS, encryption, and refusals."""

import http.client
import ssl
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from sregistry_core.contracts import (
    ConfigurationError,
    DirectStorage,
    Part,
    PluginSettings,
    Redirect,
    StorageUnavailable,
)
from sregistry_core.testing.direct_storage_contract import ask
from sregistry_core.testing.live import free_port
from sregistry_s3 import sregistry_storage

LIFETIME = timedelta(minutes=5)
KEY = "sha256/ab/abc-1"


def handoff(storage, key=KEY):
    found = storage.handoff(key, filename="blast.sif", lifetime=LIFETIME)
    assert isinstance(found, Redirect)
    return found.url


def put_url(storage, key="incoming/1", size=3):
    return storage.put_url(key, size=size, sha256=None, lifetime=LIFETIME)


def test_clients_are_sent_to_the_public_endpoint(open_storage, make_bucket, make_file):
    public = "https://objects.example.org:8443"
    storage = open_storage(**make_bucket(public_endpoint=public))
    storage.adopt(KEY, make_file(b"bytes"))

    for url in (handoff(storage), put_url(storage)):
        assert url.startswith(f"{public}/images-")


def test_a_public_endpoint_that_is_another_road_to_the_store_works(
    open_storage, make_bucket, make_file, passage
):
    public = f"http://127.0.0.1:{passage.port}"
    storage = open_storage(**make_bucket(public_endpoint=public))
    storage.adopt(KEY, make_file(b"bytes"))
    assert passage.passed == 0

    assert ask("GET", handoff(storage)).body == b"bytes"
    assert ask("PUT", put_url(storage), b"abc").status == 200
    assert passage.passed > 0


def test_in_virtual_style_the_bucket_is_a_host(open_storage, make_bucket, make_file, s3_server):
    usual = make_bucket()
    open_storage(**usual).adopt(KEY, make_file(b"bytes"))
    port = urlsplit(s3_server.url).port
    endpoint = f"http://{s3_server.host}:{port}"
    storage = open_storage(**{**usual, "public_endpoint": endpoint, "style": "virtual"})

    url = storage.put_url("incoming/1", size=3, sha256=None, lifetime=LIFETIME)

    host = f"{usual['bucket']}.{s3_server.host}:{port}"
    assert url.startswith(f"http://{host}/incoming/1?")
    # The name is only known here, so the connection goes to the address.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    path = url.removeprefix(f"http://{host}")
    connection.request("PUT", path, body=b"abc", headers={"Host": host})
    assert connection.getresponse().status == 200
    connection.close()
    with open_storage(**usual).open("incoming/1") as source:
        assert source.read() == b"abc"


def test_a_store_with_a_certificate_of_its_own_is_trusted_by_its_file(
    open_storage, make_bucket, make_file, s3_server
):
    settings = make_bucket(endpoint=s3_server.tls_url, attempts="1")
    storage = open_storage(**settings, ca_file=str(s3_server.certificate))
    storage.adopt(KEY, make_file(b"bytes"))
    storage.check()

    url = urlsplit(handoff(storage))
    context = ssl.create_default_context(cafile=s3_server.certificate)
    connection = http.client.HTTPSConnection(url.hostname, url.port, context=context, timeout=20)
    connection.request("GET", f"{url.path}?{url.query}")
    assert connection.getresponse().read() == b"bytes"
    connection.close()

    with pytest.raises(StorageUnavailable, match="does not answer: SSLError"):
        open_storage(**settings).check()


def test_objects_are_encrypted_with_the_key_that_is_named(
    open_storage, make_bucket, make_file, s3_server
):
    settings = make_bucket(encryption="kms", kms_key=s3_server.kms_key, part_size="5M")
    storage = open_storage(**settings)
    large = b"x" * (6 << 20)

    storage.adopt("small", make_file(b"bytes"))
    storage.adopt("large", make_file(large))
    upload = storage.begin("direct")
    url = storage.part_url("direct", upload, 1, size=3, sha256=None, lifetime=LIFETIME)
    storage.finish("direct", upload, [Part(1, ask("PUT", url, b"abc").etag)])

    for key in ("small", "large", "direct"):
        found = storage._connection.bytes.head_object(**storage._where(key))
        assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == (
            "aws:kms",
            "key-of-the-tests",
        )
    assert ask("GET", handoff(storage, "large")).body == large
    # Clients do not send the header that a PUT would need.
    assert storage.largest_put == 0


def test_the_encryption_of_the_store_is_asked_for(open_storage, make_bucket):
    storage = open_storage(**make_bucket(encryption="s3"))

    assert storage._settings.encrypting == {"ServerSideEncryption": "AES256"}


def test_relay_sends_nobody_to_the_store(open_storage, make_bucket):
    assert isinstance(open_storage(**make_bucket()), DirectStorage)
    assert not isinstance(open_storage(**make_bucket(relay="true")), DirectStorage)


def test_below_a_prefix_others_are_neither_seen_nor_touched(open_storage, make_bucket, make_file):
    settings = make_bucket()
    above = open_storage(**settings)
    mine, other = open_storage(**settings, prefix="mine"), open_storage(**settings, prefix="mine2")
    mine.adopt(KEY, make_file(b"mine"))
    other.adopt(KEY, make_file(b"of another"))
    other.begin(KEY)

    mine.delete(KEY)

    assert [one.key for one in mine.walk()] == []
    assert list(mine.unfinished()) == []
    assert [one.key for one in above.walk()] == [f"mine2/{KEY}"]


def test_objects_that_somebody_else_has_put_there_are_passed_by(open_storage, make_bucket):
    storage = open_storage(**make_bucket())
    client, bucket = storage._connection.bytes, storage._settings.bucket
    for key in ("README.TXT", "folder/", "a b"):
        client.put_object(Bucket=bucket, Key=key, Body=b"")

    assert list(storage.walk()) == []


def test_a_bucket_that_is_not_there_is_named(open_storage, make_bucket):
    storage = open_storage(**{**make_bucket(), "bucket": "no-such-bucket"})

    with pytest.raises(StorageUnavailable, match="the object store cloud has no bucket no-such"):
        storage.check()


def test_a_wrong_secret_is_a_store_that_refuses_and_no_missing_object(
    open_storage, make_bucket, make_file
):
    storage = open_storage(**{**make_bucket(), "secret_key": "wrong"})

    with pytest.raises(StorageUnavailable, match="refuses"):
        storage.check()
    with pytest.raises(StorageUnavailable):
        storage.stat(KEY)
    with pytest.raises(StorageUnavailable, match="refuses: SignatureDoesNotMatch"):
        storage.adopt(KEY, make_file(b"bytes"))
    with pytest.raises(StorageUnavailable):
        list(storage.walk())


def test_a_store_that_is_away_stops_no_start_and_is_told_soon(open_storage, make_bucket):
    nobody = f"http://127.0.0.1:{free_port()}"
    storage = open_storage(**make_bucket(endpoint=nobody))

    for ask_for in (storage.check, lambda: storage.stat(KEY), lambda: handoff(storage)):
        with pytest.raises(StorageUnavailable, match="the object store cloud does not answer"):
            ask_for()
    assert put_url(storage).startswith(nobody)


def test_a_store_that_is_away_and_comes_back_works_again(
    open_storage, make_bucket, make_file, s3_server
):
    storage = open_storage(**make_bucket(attempts="1"))
    storage.adopt(KEY, make_file(b"bytes"))

    with s3_server.away(), pytest.raises(StorageUnavailable):
        storage.open(KEY)

    with storage.open(KEY) as source:
        assert source.read() == b"bytes"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"bucket": ""}, "cloud.bucket is missing from the ini file"),
        ({"endpoint": "objects:9000"}, "cloud.endpoint = objects:9000 is no address such as"),
        ({"public_endpoint": "ftp://x"}, "cloud.public_endpoint = ftp://x is no address"),
        ({"style": "host"}, "cloud.style = host is not one of path, virtual"),
        ({"secret_key": ""}, "cloud.secret_key is missing from the ini file"),
        ({"access_key": ""}, "cloud.access_key is missing from the ini file"),
        ({"ca_file": "nowhere.pem"}, "nowhere.pem is no file"),
        ({"kms_key": "k"}, "cloud.kms_key says nothing without cloud.encryption = kms"),
        ({"encryption": "yes"}, "cloud.encryption = yes is not one of none, s3, kms"),
        ({"prefix": "a/../b"}, "cloud.prefix = a/../b is not made of"),
        ({"part_size": "4M"}, "cloud.part_size = 4194304 is not between 5M and 5G"),
        ({"attempts": "0"}, "cloud.attempts = 0 is not between 1 and 20"),
        ({"read_timeout": "0s"}, "cloud.read_timeout is not at least 1s"),
        ({"server": "minio"}, "cloud.server = minio is not one of any, swift"),
        ({"relay": "perhaps"}, "cloud.relay = perhaps is not true or false"),
    ],
)
def test_what_cannot_work_stops_the_start_with_one_line(open_storage, settings, complaint):
    usual = {
        "bucket": "images",
        "endpoint": "http://127.0.0.1:1",
        "access_key": "a",
        "secret_key": "s",
    }

    with pytest.raises(ConfigurationError) as refused:
        open_storage(**{**usual, **settings})

    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_secret_may_stand_in_a_file(open_storage, make_bucket, make_file):
    settings = make_bucket()
    path = make_file(settings.pop("secret_key").encode() + b"\n")

    open_storage(**settings, secret_key_file=str(path)).check()


def test_the_keys_never_show(open_storage, make_bucket):
    storage = open_storage(**make_bucket())

    assert "secret-key-of-the-tests" not in repr(storage._settings)


def test_other_kinds_are_left_to_others(tmp_path):
    assert sregistry_storage("filesystem", PluginSettings("disk", {}, tmp_path, {})) is None
