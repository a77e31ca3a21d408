"""The clock of a running server jumps a day forward and back: libfaketime says the time.

Nothing here may need `time.sleep` of the server, which the library breaks.
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
from .regulars import Witness
from .truth import count, require_nothing_left, require_sound
from .waiting import eventually

IMAGE, LATE = Body(b"over a jump", 50_000), Body(b"late", 50_000)
A_DAY = timedelta(days=1)
BASIC = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()


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


def test_the_clock_of_a_running_server_jumps(registry, clock):
    ada = Witness(registry.url, registry.make_user("ada"))
    ada.push("ada/lab/blast:1", IMAGE)
    image = ada.announce(ada.container("ada/lab/late"), LATE.digest)["id"]
    address = ada.begin(image, LATE.size)
    narrow = narrow_token_of(ada)

    clock("+1d")
    eventually(lambda: ahead(ada) > A_DAY / 2)
    refused = ada.put(address, LATE, LATE.size)
    shown = holds(ada, narrow)
    assert ada.pull("ada/lab/blast:1") == IMAGE.digest
    ada.push("ada/lab/blast:2", Body(b"pushed tomorrow", 50_000))
    clock("+0")
    eventually(lambda: ahead(ada) < A_DAY / 2)

    assert (refused.status, bool(refused.message)) == (410, True)
    assert (shown, holds(ada, narrow)) == (401, 200)
    # Sent anew it succeeds, whether the address holds again or the sweep has ended the upload.
    ada.push("ada/lab/late:1", LATE)
    eventually(lambda: count(registry, "outbox") == 0)
    require_sound(registry, {"ada/lab/blast:1": IMAGE.digest, "ada/lab/late:1": LATE.digest})
    require_nothing_left(registry)
    assert max(ada.answered) < 500


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
