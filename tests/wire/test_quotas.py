"""Quotas hold for whoever pushes, by whatever client, and for several at once."""

import hashlib
import threading
from datetime import timedelta

import pytest
from webtest import AppError

from sregistry_core.errors import QuotaExceeded
from sregistry_core.names import ContainerName
from sregistry_core.services import Services, quotas
from sregistry_core.testing.statements import statements_of

SIZE = 40_000


@pytest.fixture
def registry(make_registry):
    return make_registry(
        protocols="discovery transfer library oci sregistry shub api", quota="100000"
    )


def image(number):
    return bytes([number]) * SIZE


def used(registry, entity="ada"):
    with registry.parts.unit()() as services:
        return services.quotas.of(entity).used


def ask_to_push(actor, name, content):
    """Announce an image and ask for an address; the answer to the latter."""
    entity, collection, container = name.split("/")
    actor.push(f"{entity}/{collection}/first", image(0))
    found = actor.get(f"/v1/containers/{entity}/{collection}/first").json["data"]
    made = actor.post("/v1/containers", {"name": container, "collection": found["collection"]})
    digest = hashlib.sha256(content).hexdigest()
    said = actor.post(
        "/v1/images", {"hash": f"sha256.{digest}", "container": made.json["data"]["id"]}
    )
    announced = said.json["data"]["id"]
    return announced, actor.post(
        f"/v2/imagefile/{announced}",
        {"filesize": len(content), "sha256sum": digest},
        expect_errors=True,
    )


def test_an_image_that_does_not_fit_is_refused_before_a_byte_is_sent(registry, ada):
    ada.push("ada/lab/first", image(0))
    ada.push("ada/lab/second", image(1))

    announced, refused = ask_to_push(ada, "ada/lab/third", image(2))

    assert refused.status_int == 403
    assert refused.json["error"]["message"] == (
        "ada has a quota of 97.7 KiB and uses 78.1 KiB: 39.1 KiB more do not fit"
    )
    in_parts = ada.post(
        f"/v2/imagefile/{announced}/_multipart", {"filesize": SIZE}, expect_errors=True
    )
    assert in_parts.status_int == 403
    at_once = ada.post(f"/v1/imagefile/{announced}", image(2), expect_errors=True)
    assert at_once.status_int == 403
    assert used(registry) == 2 * SIZE


def test_equal_bytes_are_counted_once_and_deleted_ones_no_more(registry, ada):
    ada.push("ada/lab/first", image(0))
    ada.push("ada/other/again", image(0))
    assert used(registry) == SIZE

    ada.push("ada/lab/second", image(1))
    ada.push("ada/lab/third", image(1), tags="x")
    assert used(registry) == 2 * SIZE

    ada.delete("/v1/images/ada/lab/first:latest?arch=amd64")
    assert used(registry) == 2 * SIZE
    ada.delete("/v1/images/ada/other/again:latest?arch=amd64")
    assert used(registry) == SIZE
    ada.push("ada/lab/fourth", image(2))


def test_bytes_of_somebody_else_that_are_shared_are_counted_too(registry, ada, bob):
    for number in range(2):
        bob.push(f"bob/lab/image{number}", image(number))
        ada.push(f"ada/lab/image{number}", image(number))
    bob.delete("/v1/images/bob/lab/image0:latest?arch=amd64")
    bob.push("bob/lab/image2", image(2))

    assert used(registry) == 2 * SIZE
    with pytest.raises(AppError, match="403"):
        ada.push("ada/lab/image2", image(2))
    assert used(registry) == 2 * SIZE


def test_the_client_prints_what_is_used_to_those_who_own_the_entity(registry, ada, bob):
    ada.push("ada/lab/first", image(0))
    announced, _ = ask_to_push(ada, "ada/lab/second", image(1))
    begun = ada.post(f"/v2/imagefile/{announced}", {"filesize": SIZE}).json["data"]
    ada.put(begun["uploadURL"], image(1))
    done = ada.put(f"/v2/imagefile/{announced}/_complete", {}).json["data"]
    assert done["quota"] == {"quotaTotal": 100_000, "quotaUsage": 2 * SIZE}

    with registry.parts.unit()() as services:
        services.quotas.set("ada", 10 * SIZE)
        lab = services.catalog.container(ContainerName("ada", "lab", "first")).collection
        services.grants.give(lab, "writer", user="bob")
    announced, begun = ask_to_push(bob, "ada/lab/third", image(2))
    bob.put(begun.json["data"]["uploadURL"], image(2))
    done = bob.put(f"/v2/imagefile/{announced}/_complete", {}).json["data"]
    assert done["quota"] == {"quotaTotal": 0, "quotaUsage": 0}


def push_blob(actor, content, repository="ada/lab/oci"):
    begun = actor.post(f"/v2/{repository}/blobs/uploads/", expect_errors=True)
    if begun.status_int != 202:
        return begun
    digest = hashlib.sha256(content).hexdigest()
    place = begun.headers["Location"]
    joined = "&" if "?" in place else "?"
    return actor._ask(
        "PUT",
        f"{place}{joined}digest=sha256:{digest}",
        body=content,
        headers=actor.headers,
        expect_errors=True,
    )


def test_an_oci_client_is_denied_when_its_blob_is_complete_and_at_once_when_all_is_full(
    registry, ada
):
    with registry.parts.unit()() as services:
        services.quotas.set("ada", SIZE + 10)
    assert push_blob(ada, image(0)).status_int == 201

    refused = push_blob(ada, image(1))
    assert refused.status_int == 403
    assert refused.json["errors"][0]["code"] == "DENIED"
    assert "has a quota of" in refused.json["errors"][0]["message"]
    # The same bytes add nothing, in another repository as well.
    assert push_blob(ada, image(0), "ada/lab/other").status_int == 201
    assert used(registry) == SIZE

    with registry.parts.unit()() as services:
        services.quotas.set("ada", SIZE)
    begun = ada.post("/v2/ada/lab/oci/blobs/uploads/", expect_errors=True)
    assert begun.status_int == 403
    assert list(registry.parts.facilities.staging.spool.iterdir()) == []


def test_several_who_push_at_the_same_time_stay_within_the_quota_together(registry, ada):
    ada.push("ada/lab/first", image(0))
    announced = []
    for number in range(1, 5):
        image_id, begun = ask_to_push(ada, f"ada/lab/image{number}", image(number))
        ada.put(begun.json["data"]["uploadURL"], image(number))
        announced.append(image_id)
    answers = []

    def finish(image_id):
        said = ada.put(f"/v2/imagefile/{image_id}/_complete", {}, expect_errors=True)
        answers.append(said.status_int)

    threads = [threading.Thread(target=finish, args=[one]) for one in announced]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [200, 403, 403, 403]
    assert used(registry) == 2 * SIZE


def test_a_quota_is_set_and_shown_by_the_api_and_written_down(registry, ada, bob, admin):
    ada.push("ada/lab/first", image(0))

    assert ada.get("/api/v1/quotas/ada").json == {
        "entity": "ada", "used": SIZE, "own_limit": None, "limit": 100_000,
    }  # fmt: skip
    assert bob.get("/api/v1/quotas/ada", expect_errors=True).status_int == 404
    assert ada.put("/api/v1/quotas/ada", {"bytes": 0}, expect_errors=True).status_int == 403
    for wrong in ({}, {"bytes": -1}, {"bytes": 1 << 61}, {"bytes": "1G"}, {"bytes": True}):
        assert admin.put("/api/v1/quotas/ada", wrong, expect_errors=True).status_int == 400
    assert admin.put("/api/v1/quotas/nobody", {"bytes": 1}, expect_errors=True).status_int == 404
    assert admin.put("/api/v1/quotas/ada", {"bytes": 0}).json["limit"] == 0
    for number in range(1, 4):
        ada.push(f"ada/lab/image{number}", image(number))
    registry.clock.move(timedelta(seconds=1))
    assert admin.put("/api/v1/quotas/ada", {"bytes": None}).json["limit"] == 100_000
    listed = admin.get("/api/v1/quotas?text=AD").json["items"]
    assert [(one["entity"], one["used"]) for one in listed] == [("ada", 4 * SIZE)]
    events = admin.get("/api/v1/audit?action=quota.set").json["items"]
    assert [(one["user"], one["target"], one["facts"]) for one in events] == [
        ("root", "ada", {"before": 0, "now": None}),
        ("root", "ada", {"before": None, "now": 0}),
    ]


def test_the_sregistry_client_and_others_who_announce_nothing_are_refused_too(registry, ada):
    for number in range(2):
        ada.push(f"ada/lab/image{number}", image(number))
    with registry.parts.unit()() as services:
        user = services.accounts.find("ada")
        caller = services.accounts.caller_of(user)
    content = image(2)
    path = registry.directory / "spooled"
    path.write_bytes(content)
    with (
        pytest.raises(QuotaExceeded),
        registry.parts.unit(caller)() as services,
        path.open("rb") as source,
    ):
        name = ContainerName("ada", "lab", "image0")
        services.uploads.receive_unannounced(
            lambda: services.catalog.container(name), source, size=None
        )
    assert used(registry) == 2 * SIZE
    registry.clock.move(timedelta(days=2))
    registry.run_jobs()
    assert list(registry.parts.facilities.staging.spool.iterdir()) == []


def test_a_list_tells_of_large_entities_as_they_were_measured_last(
    registry, ada, bob, admin, monkeypatch
):
    def listed():
        return {one["entity"]: one["used"] for one in admin.get("/api/v1/quotas").json["items"]}

    ada.push("ada/lab/first", image(0))
    ada.push("ada/other/first", image(0))
    ada.push("ada/lab/second", image(1))
    with registry.parts.unit()() as services:
        services.usage.measure()
    ada.push("ada/lab/third", image(2)[:1000])
    bob.push("bob/lab/first", image(3))
    assert (listed()["ada"], listed()["bob"]) == (2 * SIZE + 1000, SIZE)

    monkeypatch.setattr(quotas, "MOST_COUNTED", 1)

    assert (listed()["ada"], listed()["bob"]) == (2 * SIZE, SIZE)
    assert used(registry) == 2 * SIZE + 1000
    with registry.parts.unit()() as services:
        services.usage.measure()
    assert listed()["ada"] == 2 * SIZE + 1000


def test_an_upload_into_a_large_entity_begins_by_what_was_measured_and_ends_by_what_is_there(
    registry, ada, monkeypatch
):
    """To add up very many blobs takes long; it is done once in a push, and not before it."""
    ada.push("ada/lab/first", image(0))
    with registry.parts.unit()() as services:
        services.usage.measure()
    monkeypatch.setattr(quotas, "MOST_COUNTED", 0)

    with statements_of(registry.parts.database) as asked:
        _, begun = ask_to_push(ada, "ada/lab/second", image(1))
    assert begun.status_int == 200
    assert [one for one, _ in asked if "sum(" in one and "repository_blob" in one] == []

    ada.push("ada/lab/third", image(3))
    with pytest.raises(AppError, match="more do not fit"):
        ada.push("ada/lab/fourth", image(4))
    assert used(registry) == 2 * SIZE
    _, refused = ask_to_push(ada, "ada/lab/fifth", bytes(70_000))
    assert refused.status_int == 403


def test_what_a_client_prints_of_a_large_entity_is_what_was_measured(registry, ada, monkeypatch):
    ada.push("ada/lab/first", image(0))
    with registry.parts.unit()() as services:
        services.usage.measure()
    ada.push("ada/lab/second", image(1))

    def shown():
        with registry.parts.unit()() as services:
            caller = services.accounts.caller_of(services.accounts.find("ada"))
            entity = services.catalog.entity("ada")
            mine = Services(services.db, caller, services.facilities)
            return mine.quotas.shown_to_pusher(entity).used

    assert shown() == 2 * SIZE
    monkeypatch.setattr(quotas, "MOST_COUNTED", 0)
    assert shown() == SIZE
