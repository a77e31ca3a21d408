"""The clock of the machine is put forward or back: nobody gets more, nothing is lost or stuck."""

import time
from datetime import timedelta

import pytest

from sregistry_core.jobs.sweeping import sweep
from sregistry_core.testing.oci import OciClient, digest_of
from sregistry_core.testing.registry import PASSWORD
from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif()
A_DAY = timedelta(days=1)
A_YEAR = timedelta(days=365)


@pytest.fixture
def registry(make_registry):
    return make_registry(
        protocols="discovery transfer library oci api",
        login_attempts="3",
        login_window="1h",
    )


def begun(ada):
    """A push that waits for its bytes: where they go, and what ends it."""
    digest = digest_of(IMAGE).removeprefix("sha256:")
    entity = ada.get("/v1/entities/ada").json["data"]["id"]
    made = ada.post("/v1/collections", {"name": "lab", "entity": entity}).json["data"]["id"]
    made = ada.post("/v1/containers", {"name": "blast", "collection": made}).json["data"]["id"]
    wanted = {"hash": f"sha256.{digest}", "container": made}
    image = ada.post("/v1/images", wanted, status=200).json["data"]["id"]
    upload = ada.post(f"/v2/imagefile/{image}", {"filesize": len(IMAGE)}, status=200)
    return upload.json["data"]["uploadURL"], f"/v2/imagefile/{image}/_complete"


@pytest.mark.parametrize(("jump", "holds"), [(A_DAY * 2, False), (-A_DAY, True)])
def test_a_push_over_a_jump_of_the_clock_is_refused_clearly_or_succeeds(registry, ada, jump, holds):
    address, end = begun(ada)

    registry.clock.move(jump)
    sent = ada.put(address, IMAGE, expect_errors=True)

    if holds:
        assert sent.status_int == 200
        ada.put(end, {}, status=200)
    else:
        assert sent.status_int in (403, 404, 410)
        assert sent.text.strip()
    ada.push("ada/lab/blast:1", IMAGE)
    assert ada.pull("ada/lab/blast:1").body == IMAGE


def test_a_token_that_has_expired_by_a_jump_is_good_again_when_it_is_mended(registry, ada):
    registry.clock.move(A_YEAR * 2)
    refused = ada.get("/api/v1/user", status=401)
    registry.clock.move(-A_YEAR * 2)

    assert refused.json["error"]["message"]
    ada.get("/api/v1/user", status=200)
    registry.clock.move(-A_DAY)
    ada.get("/api/v1/user", status=200)


def test_the_limit_of_guesses_ends_although_the_clock_was_put_back(registry, ada, monkeypatch):
    def guess(password):
        return registry.with_password("ada", password).get("/api/v1/user", expect_errors=True)

    assert [guess("wrong").status_int for _ in range(4)] == [401, 401, 401, 429]
    real = time.time

    monkeypatch.setattr(time, "time", lambda: real() - 86_400)

    assert guess(PASSWORD).status_int == 200


def test_the_sweep_after_a_jump_takes_nothing_that_somebody_has(registry, ada):
    ada.push("ada/lab/blast:1", IMAGE)
    oci = OciClient(registry.app, "ada", ada.token)
    manifest = oci.push_artifact("ada/lab/table", "1", b"a layer")

    for jump in (A_YEAR / 2, -A_YEAR, A_YEAR / 2):
        registry.clock.move(jump)
        facilities = registry.parts.facilities
        for _ in sweep(registry.parts.unit(), facilities, grace=facilities.settings.garbage_grace):
            pass

    assert ada.pull("ada/lab/blast:1").body == IMAGE
    assert oci.manifest("ada/lab/table", "1").headers["Docker-Content-Digest"] == manifest
    assert oci.blob("ada/lab/table", digest_of(b"a layer")).body == b"a layer"
