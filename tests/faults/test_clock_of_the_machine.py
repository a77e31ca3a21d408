"""The clock of a running server jumps a day forward and back under load, by libfaketime.

No builds: the library breaks `time.sleep`, with which the builder of the tests waits.
"""

import base64
import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from sregistry_core.testing.components import leave_out
from sregistry_core.testing.live import PASSWORD, LiveRegistry

from .bodies import Body
from .clear import complaints
from .regulars import Regulars, Witness
from .test_back_ends_under_load import require_nothing_lost
from .truth import require_nothing_left
from .waiting import eventually

IMAGE = Body(b"over a jump", 50_000)
A_DAY = timedelta(days=1)
BASIC = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
EXPIRED = (401, 403, 404, 410)
"""What a push under way may be told of an address or a token that has run out meanwhile."""


@pytest.fixture
def library():
    found = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    return found or leave_out("libfaketime is not installed: apt-get install faketime")


@pytest.fixture
def clock(tmp_path):
    """Puts the clock of the server: `clock("+1d")`; a jump is seen at once."""
    file = tmp_path / "clock"
    file.write_text("+0\n")

    def put(text):
        other = tmp_path / "clock.new"
        other.write_text(f"{text}\n")
        other.replace(file)

    put.file = file
    return put


@pytest.fixture
def registry(tmp_path, library, clock):
    environ = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock.file),
        "FAKETIME_NO_CACHE": "1",
        # A machine whose clock is put counts its seconds as before.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    settings = {"sregistry.protocols": "discovery transfer library oci shub api"}
    with LiveRegistry(tmp_path / "live", settings=settings, environ=environ) as running:
        yield running
    assert "Traceback" not in running.log


def test_the_clock_of_the_machine_jumps_under_load(registry, clock):
    token = registry.make_user("ada")
    regulars = Regulars(lambda: Witness(registry.url, token), password=PASSWORD, builds=False)
    ada = regulars.somebody()
    ada.push("ada/lab/blast:1", IMAGE)
    image = ada.announce(ada.container("ada/lab/late"), Body(b"late", 50_000).digest)["id"]
    address = ada.begin(image, 50_000)
    narrow = narrow_token_of(ada)

    with regulars:
        regulars.go_on()
        clock("+1d")
        eventually(lambda: ahead(ada) > A_DAY / 2)
        regulars.go_on()
        refused = ada.put(address, Body(b"late", 50_000), 50_000)
        shown = holds(ada, narrow)
        clock("+0")
        eventually(lambda: ahead(ada) < A_DAY / 2)
        regulars.go_on()

    assert refused.status in EXPIRED
    assert refused.message
    assert (shown, holds(ada, narrow)) == (401, 200)
    # Sent anew it succeeds, whether the address holds again or the sweep has ended the upload.
    ada.push("ada/lab/late:1", Body(b"late", 50_000))
    assert ada.pull("ada/lab/blast:1") == IMAGE.digest
    require_nothing_lost(registry, regulars)
    require_nothing_left(registry)
    heard = [one for client in regulars.clients if client is not ada for one in client.refused]
    assert complaints(one for one in heard if one.status and one.status not in EXPIRED) == []
    # Connections that bring nothing at that very moment look as if they had been idle for a day.
    assert len([one for one in heard if one.status == 0]) <= len(regulars.acts)


def narrow_token_of(client):
    """A token of some minutes, as OCI clients get it."""
    path = "/v2/token?scope=repository:ada/lab/blast:pull"
    got = client.must("GET", path, headers={"Authorization": f"Basic {BASIC}"})
    return json.loads(got.body)["token"]


def holds(client, token):
    """What the token gets; 200 or 401."""
    shown = {"Authorization": f"Bearer {token}"}
    return client.ask("GET", "/v2/ada/lab/blast/tags/list", headers=shown).status


def ahead(client):
    """By how much the clock of the server is ahead of ours."""
    said = client.ask("GET", "/healthz").headers["Date"]
    return parsedate_to_datetime(said) - datetime.now(UTC)
