"""The log of what was done: complete, without secrets, and for administrators alone."""

import json
from datetime import timedelta

import pytest

from sregistry_core.formats.spreadsheet import csv_line
from sregistry_core.models import AuditEvent, Journey, WebSession
from sregistry_core.services.audit_log import Sought, key_of
from sregistry_core.testing.browser import Browser


@pytest.fixture
def registry(make_registry):
    return make_registry(protocols="discovery transfer library shub hkp api ui")


def told(admin, query=""):
    found = admin.get(f"/api/v1/audit?limit=1000{query}").json["items"]
    return [(one["user"], one["action"], one["target"]) for one in reversed(found)]


def test_what_is_done_is_told_with_who_did_it_and_from_where(registry, ada, admin):
    registry.user("bob")
    registry.clock.move(timedelta(seconds=1))
    since = registry.clock().isoformat().replace("+00:00", "Z")
    token = ada.post("/api/v1/tokens", {"name": "laptop", "scope": "pull"}).json
    ada.delete(f"/api/v1/tokens/{token['id']}")
    ada.post("/api/v1/teams", {"team": "crew"})
    ada.put("/api/v1/teams/crew/members/bob", {"role": "member"})
    ada.delete("/api/v1/teams/crew/members/bob")
    ada.push("ada/lab/blast:1", b"image")
    ada.put("/api/v1/collections/ada/lab/grants/users/bob", {"role": "reader"})
    ada.put("/api/v1/collections/ada/lab/grants/teams/crew", {"role": "writer"})
    ada.delete("/api/v1/collections/ada/lab/grants/users/bob")
    admin.patch = lambda path, body: admin._ask("PATCH", path, body=body)
    admin.patch("/api/v1/users/bob", {"is_admin": True})
    admin.patch("/api/v1/users/bob", {"is_admin": False, "disabled": True})
    admin.patch("/api/v1/users/bob", {"disabled": False})
    admin.put("/api/v1/users/bob/password", {"password": "another long one"})

    kinds = {"token", "team", "grant", "user"}
    shown = [one for one in told(admin, f"&since={since}") if one[1].split(".")[0] in kinds]
    # The clock of the test stands still, so that there is no order.
    assert sorted(shown) == [
        ("ada", "grant.give", "ada/lab"),
        ("ada", "grant.give", "ada/lab"),
        ("ada", "grant.take", "ada/lab"),
        ("ada", "team.add_member", "crew"),
        ("ada", "team.create", "crew"),
        ("ada", "team.remove_member", "crew"),
        ("ada", "token.issue", "laptop"),
        ("ada", "token.revoke", "laptop"),
        ("root", "user.disable", "bob"),
        ("root", "user.enable", "bob"),
        ("root", "user.make_admin", "bob"),
        ("root", "user.set_password", "bob"),
        ("root", "user.unmake_admin", "bob"),
    ]
    event = admin.get("/api/v1/audit?action=grant.take").json["items"][0]
    assert event["address"] == "127.0.0.1"
    assert event["facts"] == {"user": "bob", "team": None, "role": "reader"}
    whole = json.dumps(admin.get("/api/v1/audit?limit=1000").json)
    for secret in (token["secret"], "another long one", ada.token, admin.token):
        assert secret not in whole


def test_events_are_found_by_user_action_target_collection_and_time(registry, ada, bob, admin):
    ada.push("ada/lab/blast:1", b"image")
    ada.put("/api/v1/collections/ada/lab/grants/users/bob", {"role": "reader"})
    registry.clock.move(timedelta(hours=1))
    then = registry.clock().isoformat().replace("+00:00", "Z")
    bob.post("/api/v1/tokens", {"name": "100%", "scope": "pull"})

    # Who did it, and whom it concerns.
    assert {one[1] for one in told(admin, "&user=BOB")} == {
        "user.create", "grant.give", "token.issue",
    }  # fmt: skip
    assert told(admin, "&user=nobody") == []
    assert told(admin, "&action=grant") == [("ada", "grant.give", "ada/lab")]
    assert told(admin, "&action=gran") == []
    assert told(admin, "&target=100%25") == [("bob", "token.issue", "100%")]
    assert told(admin, "&target=%25") == told(admin, "&target=0%25") == []
    assert told(admin, "&target=_%25") == []
    assert ("ada", "grant.give", "ada/lab") in told(admin, "&collection=ada/lab")
    assert {one[2].split("/")[0] for one in told(admin, "&collection=ada/lab")} == {"ada"}
    assert told(admin, f"&since={then}") == [("bob", "token.issue", "100%")]
    assert ("bob", "token.issue", "100%") not in told(admin, f"&until={then}")
    for wrong in ("since=yesterday", "after=1", "collection=a/b/c/d", "until=9999999-01-01"):
        assert admin.get(f"/api/v1/audit?{wrong}", expect_errors=True).status_int == 400


def test_pages_of_events_miss_none_and_repeat_none(registry, admin):
    with registry.parts.unit()() as services:
        for number in range(25):
            services.audit.record("thing.do", f"number {number}")
        registry.clock.move(timedelta(seconds=1))
        services.audit.record("thing.do", "the last")
    seen, after = [], ""
    while True:
        page = admin.get(f"/api/v1/audit?action=thing&limit=4{after}").json
        seen += [one["target"] for one in page["items"]]
        if page["next_after"] is None:
            break
        after = f"&after={page['next_after']}"
    assert seen[0] == "the last"
    assert sorted(seen) == sorted([*(f"number {number}" for number in range(25)), "the last"])


def test_nobody_but_an_administrator_reads_the_log(registry, ada, stranger):
    assert ada.get("/api/v1/audit", expect_errors=True).status_int == 403
    assert stranger.get("/api/v1/audit", expect_errors=True).status_int == 401


def test_sign_ins_are_told_and_wrong_passwords_are_counted_not_listed(registry, ada, admin):
    browser = Browser(registry)
    for _ in range(5):
        browser.sign_in(password="wrong", status=401)
    browser.sign_in(name="nobody\x1b", password="wrong", status="*")
    browser.sign_in(status=303)
    registry.parts.jobs.write_tally()
    for _ in range(3):
        browser = Browser(registry)
        browser.sign_in(password="wrong", status=401)
    registry.parts.jobs.write_tally()

    refused = admin.get("/api/v1/audit?action=login.refuse").json["items"]
    counts = {one["target"]: one["facts"]["count"] for one in refused}
    assert counts["ada"] == 8
    assert all(one["user"] is None for one in refused)
    assert [one[:2] for one in told(admin, "&action=login.succeed")] == [("ada", "login.succeed")]


def test_whoever_tries_many_names_does_not_fill_the_log(registry, admin):
    tally = registry.parts.facilities.tally
    for number in range(1000):
        tally.count_refused_login(f"name{number}", f"192.0.2.{number % 250}")
    registry.parts.jobs.write_tally()

    refused = admin.get("/api/v1/audit?action=login.refuse&limit=1000").json["items"]
    assert len(refused) == 201
    assert sum(one["facts"]["count"] for one in refused) == 1000


def test_what_is_old_is_forgotten_by_a_job(make_registry):
    registry = make_registry(protocols="ui", audit_lifetime="30d", session_lifetime="1d")
    registry.user("ada")
    browser = Browser(registry)
    browser.sign_in(status=303)
    with registry.parts.unit()() as services:
        services.journeys.begin("x", state="s", browser="b", keepsake="", wanted="/", links=False)
        held = [services.db.query(table).count() for table in (WebSession, Journey)]
    assert held == [1, 1]
    registry.clock.move(timedelta(days=2))
    registry.parts.jobs.look_for_work()
    registry.clock.move(timedelta(hours=2))
    registry.parts.jobs.look_for_work()
    registry.run_jobs()
    with registry.parts.unit()() as services:
        assert [services.db.query(table).count() for table in (WebSession, Journey)] == [0, 0]
        assert services.db.query(AuditEvent).count() > 0
    registry.clock.move(timedelta(days=31))
    registry.parts.jobs.look_for_work()
    registry.run_jobs()
    with registry.parts.unit()() as services:
        assert services.db.query(AuditEvent).count() == 0


def test_a_refused_act_leaves_no_event(registry, ada, admin):
    before = len(told(admin))
    ada.put("/api/v1/quotas/ada", {"bytes": 0}, expect_errors=True)
    ada.delete("/api/v1/tokens/" + "0" * 32, expect_errors=True)
    assert len(told(admin)) == before


def test_a_key_of_an_event_is_where_a_page_begins(registry, admin):
    with registry.parts.unit()() as services:
        first, second = services.audit_log.find(limit=2)
        following = services.audit_log.find(Sought(), after=key_of(first), limit=1)
        assert [one.id for one in following] == [second.id]
        assert "user.create" in services.audit_log.actions()


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "=cmd|' /C calc'!A0"])
def test_no_cell_of_a_csv_is_a_formula(cell):
    assert csv_line([cell, "plain"]).lstrip('"').startswith("'")


def test_cells_of_a_csv_are_quoted():
    assert csv_line(["a", 'b "c"', "d,e", "f\ng"]) == 'a,"b ""c""","d,e","f\ng"\r\n'
