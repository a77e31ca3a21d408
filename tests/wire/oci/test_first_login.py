"""Somebody of whom the registry hears for the first time, in a request that does more than that."""

import base64

import pytest

from sregistry_core.contracts import PasswordLogin, Subject
from sregistry_core.testing.oci import OciClient, digest_of

SHOWN = base64.b64encode(b"eve:right").decode()


class Directory(PasswordLogin):
    def check(self, name, password):
        return Subject("directory", name, name) if password == "right" else None


@pytest.fixture
def eve(registry):
    """She has an account elsewhere, and has never been here."""
    registry.parts.plugins.logins["directory"] = Directory()
    return OciClient(registry.app, "eve", extra_headers={"Authorization": f"Basic {SHOWN}"})


def user_called(registry, name):
    with registry.parts.unit()() as services:
        return services.accounts.find(name).name


def test_the_first_request_of_somebody_may_push_a_whole_blob(registry, eve, stranger):
    content = b"a blob"

    eve.post(f"/v2/eve/lab/blast/blobs/uploads/?digest={digest_of(content)}", content, status=201)

    assert user_called(registry, "eve") == "eve"
    assert eve.blob("eve/lab/blast", digest_of(content), status=200).body == content


def test_somebody_stays_known_when_the_first_request_is_refused(registry, eve, ada):
    ada.push_blob("ada/lab/blast", b"hers")

    eve.post(f"/v2/ada/lab/blast/blobs/uploads/?digest={digest_of(b'mine')}", b"mine", status=403)

    assert user_called(registry, "eve") == "eve"
