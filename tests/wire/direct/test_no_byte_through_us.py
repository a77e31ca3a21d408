"""On the direct path no byte of an image passes through the registry, in either direction."""

import os
from urllib.parse import urlsplit

import pytest

from sregistry_core.testing.network import Passage
from sregistry_core.testing.oci import OciClient, digest_of
from sregistry_core.testing.sif_files import make_sif

from .pushing import MIB, Push, fetch

KIB = 1 << 10
WHOLE = make_sif(payload_size=4 * MIB)
PARTS = make_sif(payload_size=6 * MIB)
LARGE = make_sif(payload_size=48 * MIB)
"""Much more than what is on its way when a reader has read enough, and closes the connection."""
TALK = 64 * KIB
"""Documents and headers of a whole push and some pulls, generously."""


class Counted:
    """Counts the bytes of all bodies that come into an application, and leave it."""

    def __init__(self, application):
        self.application = application
        self.bytes = 0

    def __call__(self, environ, start_response):
        self.bytes += int(environ.get("CONTENT_LENGTH") or 0)
        chunks = self.application(environ, start_response)
        try:
            for chunk in chunks:
                self.bytes += len(chunk)
                yield chunk
        finally:
            if hasattr(chunks, "close"):
                chunks.close()


@pytest.fixture
def inside(s3_server):
    """The registry's own way to the store; clients take another one."""
    with Passage(urlsplit(s3_server.url).port) as passage:
        yield passage


@pytest.fixture
def registry(make_direct, inside, s3_server):
    return make_direct(
        cloud__endpoint=f"http://127.0.0.1:{inside.port}", cloud__public_endpoint=s3_server.url
    )


@pytest.fixture
def counted(registry):
    counted = registry.app.app = Counted(registry.app.app)
    return counted


@pytest.mark.parametrize("image", [WHOLE, PARTS], ids=["whole", "in parts"])
def test_a_push_and_its_pulls_bring_no_byte_of_the_image_to_us(
    registry, counted, inside, ada, stranger, image
):
    push = Push(ada, image)
    push.whole() if image is WHOLE else push.in_parts()
    assert inside.brought < TALK

    name = "ada/lab/blast:1"
    first = stranger.pull(name, status=303)
    middle = stranger.pull(name, headers={"Range": "bytes=100-199"}, status=303)
    oci = OciClient(registry.app, "stranger")
    address = oci.blob("ada/lab/blast", digest_of(image), expect_errors=True)

    assert counted.bytes < TALK
    assert fetch(first).body == image
    assert fetch(address).body == image
    assert middle.body == b""


def test_the_job_alone_reads_what_was_claimed_and_reads_it_once(registry, counted, inside, ada):
    Push(ada, LARGE).in_parts()
    before = inside.passed
    # What the file says of itself is looked at, at its beginning; more may be on its way by then.
    assert before < len(LARGE) / 2

    registry.run_jobs()

    assert counted.bytes < TALK
    assert len(LARGE) <= inside.passed - before < 1.9 * len(LARGE)
    assert inside.brought < TALK


def test_the_count_sees_what_does_pass_through_us(registry, counted, ada):
    """The measure itself: an OCI client's blob comes through the registry."""
    oci = OciClient(registry.app, "ada", ada.token)
    content = os.urandom(MIB)

    oci.push_blob("ada/lab/other", content)

    assert counted.bytes >= len(content)
