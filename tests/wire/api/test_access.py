"""Who may do what: one table of actions and callers."""

import hashlib
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from sregistry_core.contracts import Scope
from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif()
DIGEST = f"sha256:{hashlib.sha256(IMAGE).hexdigest()}"
LAB, BLAST = "/collections/ada/lab", "/containers/ada/lab/blast"
CALLERS = (
    "anonymous", "other", "reader", "pull token", "admin's pull token",
    "writer", "writer's push token", "owner's push token", "owner", "ada", "admin",
)  # fmt: skip
READ = set(CALLERS) - {"anonymous", "other"}
PUSH = READ - {"reader", "pull token", "admin's pull token"}
DELETE = PUSH - {"writer", "writer's push token"}
MANAGE = DELETE - {"owner's push token"}


@dataclass(frozen=True)
class Deed:
    """What is done, and who may; `hidden_from_others` looks absent to all who may not."""

    method: str
    path: str
    allowed: set[str]
    body: Any = None
    hidden_from_others: bool = False

    @property
    def success(self) -> int:
        """The status when it is done."""
        return {"POST": 201, "DELETE": 204}.get(self.method, 200)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


DEEDS = [
    # Before the container goes, and its share links with it.
    Deed("GET", "/shares/1", MANAGE, hidden_from_others=True),
    Deed("DELETE", "/shares/1", MANAGE, hidden_from_others=True),
    Deed("GET", LAB, READ),
    Deed("GET", f"{LAB}/containers", READ),
    Deed("GET", BLAST, READ),
    Deed("GET", f"{BLAST}/images", READ),
    Deed("GET", f"{BLAST}/images/1", READ),
    Deed("GET", f"{BLAST}/images/{DIGEST}", READ),
    Deed("GET", f"{BLAST}/images/1/file", READ),
    Deed("GET", f"{BLAST}/tags", READ),
    Deed("GET", f"{BLAST}/tags/1", READ),
    Deed("POST", f"{LAB}/containers", PUSH, {"container": "new"}),
    Deed("PATCH", BLAST, PUSH, {"description": "x"}),
    Deed("PATCH", f"{BLAST}/images/1", PUSH, {"description": "x"}),
    Deed("PUT", f"{BLAST}/tags/2", PUSH, {"digest": DIGEST}),
    Deed("DELETE", f"{BLAST}/tags/1", DELETE),
    Deed("DELETE", f"{BLAST}/images/1", DELETE),
    Deed("DELETE", BLAST, DELETE),
    Deed("PATCH", BLAST, MANAGE, {"frozen": False}),
    Deed("PATCH", f"{BLAST}/tags/1", MANAGE, {"frozen": False}),
    Deed("PATCH", LAB, MANAGE, {"description": "x"}),
    Deed("GET", f"{LAB}/grants", MANAGE),
    Deed("PUT", f"{LAB}/grants/users/other", MANAGE, {"role": "owner"}),
    Deed("DELETE", f"{LAB}/grants/users/spare", MANAGE),
    Deed("GET", f"{BLAST}/shares", MANAGE),
    Deed("POST", f"{BLAST}/shares", MANAGE, {"reference": "1"}),
]

WITH_ALL_RIGHTS = {"admin", "ada", "owner", "writer", "reader", "other"}
REGISTRY_DEEDS = [
    Deed("GET", "/users", {"admin"}),
    Deed("POST", "/users", {"admin"}, {"user": "new"}),
    Deed("PATCH", "/users/other", {"admin"}, {"is_admin": False, "disabled": False}),
    Deed("GET", "/shares", {"admin"}),
    Deed("POST", "/tokens", WITH_ALL_RIGHTS, {"scope": "pull"}),
    Deed("GET", "/tokens", WITH_ALL_RIGHTS),
    Deed("POST", "/teams", WITH_ALL_RIGHTS, {"team": "new"}),
    Deed("POST", "/collections", {"admin", "ada"}, {"entity": "ada", "collection": "new"}),
    Deed(
        "POST",
        "/collections",
        WITH_ALL_RIGHTS | {"writer's push token", "owner's push token"},
        {"entity": "tacc", "collection": "new"},
    ),
]


@pytest.fixture
def callers(registry, ada, admin, meet, stranger, speak):
    people = {name: meet(name) for name in ("other", "reader", "writer", "owner", "spare")}
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"}, status=201)
    for role in ("reader", "writer", "owner"):
        ada.put(f"/api/v1{LAB}/grants/users/{role}", {"role": role}, status=200)

    def lesser(person, scope):
        return speak(registry.with_scope(person, scope))

    return people | {
        "anonymous": stranger,
        "ada": ada,
        "admin": admin,
        "pull token": lesser(ada, Scope.PULL),
        "admin's pull token": lesser(admin, Scope.PULL),
        "writer's push token": lesser(people["writer"], Scope.PUSH),
        "owner's push token": lesser(people["owner"], Scope.PUSH),
    }


@pytest.mark.parametrize("private", [True, False], ids=["private", "public"])
def test_who_may_do_what_with_a_collection(callers, private):
    ada = callers["ada"]
    ada.patch(f"/api/v1{LAB}", {"private": private}, status=200)
    _prepare(ada)

    wrong = []
    for deed, caller in product(DEEDS, CALLERS):
        status = callers[caller].ask(deed.method, f"/api/v1{deed.path}", deed.body).status_int
        if status != _expected(deed, caller, private=private):
            wrong.append(f"{deed} by {caller}: {status}")
        if status < 300 and deed.method != "GET":
            _prepare(ada)

    assert wrong == []


def test_who_may_do_what_belongs_to_no_collection(callers):
    wrong = []
    for number, (deed, caller) in enumerate(product(REGISTRY_DEEDS, CALLERS)):
        body = deed.body and {
            name: f"new-{number}" if value == "new" else value for name, value in deed.body.items()
        }
        status = callers[caller].ask(deed.method, f"/api/v1{deed.path}", body).status_int
        if status != _expected(deed, caller, private=False):
            wrong.append(f"{deed} by {caller}: {status}")

    assert wrong == []


def test_a_user_who_is_not_there_looks_like_one_who_is_to_all_but_administrators(callers, same):
    for caller in set(CALLERS) - {"admin"}:
        person = callers[caller]
        there = person.ask("PATCH", "/api/v1/users/other", {"is_admin": True})
        same(there, person.ask("PATCH", "/api/v1/users/absent", {"is_admin": True}))
    callers["admin"].patch("/api/v1/users/absent", {"is_admin": True}, status=404)


def _expected(deed, caller, *, private):
    if caller in deed.allowed or (deed.allowed == READ and not private):
        return deed.success
    if deed.hidden_from_others or (private and caller not in READ):
        return 404
    return 401 if caller == "anonymous" else 403


def _prepare(ada):
    """Bring back what an allowed deed has taken away."""
    if ada.ask("GET", f"/api/v1{BLAST}/images/1").status_int == 404:
        ada.push("ada/lab/blast:1", IMAGE)
    ada.ask("DELETE", "/api/v1/containers/ada/lab/new")
    if not ada.get(f"/api/v1{BLAST}/shares").json["items"]:
        ada.post(f"/api/v1{BLAST}/shares", {"reference": "1"}, status=201)
    ada.put(f"/api/v1{LAB}/grants/users/spare", {"role": "reader"}, status=200)
    ada.ask("DELETE", f"/api/v1{LAB}/grants/users/other")
