"""Robots: accounts of programs that reach one collection, or those of one team."""

import base64
from datetime import timedelta

import pytest
from sqlalchemy import select

from sregistry_core.contracts import Scope
from sregistry_core.models import Image, Token, User
from sregistry_core.testing.oci import OciClient
from sregistry_core.testing.pgp import Key
from sregistry_core.testing.registry import Actor
from sregistry_core.testing.sif_files import make_sif

LAB = "/api/v1/collections/ada/lab"
CREW = "/api/v1/teams/crew"
IMAGE = make_sif(labels={"org.example": "pushed by a robot"})


@pytest.fixture
def registry(make_api):
    return make_api(protocols="discovery transfer library oci shub hkp api")


@pytest.fixture
def lab(ada, registry):
    """Ada's collection, which nobody else sees."""
    for collection in ("lab", "other"):
        ada.push(f"ada/{collection}/blast:1", make_sif())
        registry.hide(f"ada/{collection}")


@pytest.fixture
def robot(ada, lab):
    """Makes a robot of `ada/lab`, and gives somebody who shows its token."""

    def robot(name="ci", scope="push", **options):
        made = ada.post(f"{LAB}/robots", {"robot": name, "scope": scope, **options}, status=201)
        return Actor(ada.app, made.json["user"], made.json["token"]["secret"])

    return robot


@pytest.fixture
def crew(ada, bob):
    """A team that Ada owns and Bob is in, with two collections."""
    ada.post("/api/v1/teams", {"team": "crew"}, status=201)
    ada.put(f"{CREW}/members/bob", {"role": "member"}, status=200)
    for collection in ("one", "two"):
        body = {"entity": "crew", "collection": collection, "private": True}
        ada.post("/api/v1/collections", body, status=201)


def pusher_of(registry, digest_of_image):
    with registry.parts.unit()() as services:
        statement = select(User.name).join(Image, Image.pushed_by == User.id)
        return services.db.scalars(statement.where(Image.id == digest_of_image)).first()


class TestWhatItDoes:
    """It pushes and pulls in its collection, by every protocol."""

    def test_it_pushes_as_apptainer_does_and_the_push_is_noted_as_its_own(self, registry, robot):
        ci = robot()

        image = ci.push("ada/lab/new:1", IMAGE)

        assert ci.pull("ada/lab/new:1", status=200).body == IMAGE
        assert pusher_of(registry, image) == "ada/lab+ci"

    def test_it_logs_in_to_oci_with_its_name_and_its_token(self, robot):
        ci = robot()
        shown = base64.b64encode(f"{ci.name}:{ci.token}".encode()).decode()
        client = OciClient(ci.app, ci.name, extra_headers={"Authorization": f"Basic {shown}"})

        client.get("/v2/", status=200)
        begun = client.post("/v2/ada/lab/new/blobs/uploads/", status=202)

        assert "/v2/ada/lab/new/blobs/uploads/" in begun.headers["Location"]

    def test_a_narrow_token_that_it_asks_for_reaches_no_further(self, ada, robot):
        puller = robot(scope="pull")
        shown = base64.b64encode(f"{puller.name}:{puller.token}".encode()).decode()
        scopes = "repository:ada/lab/blast:pull,push&scope=repository:ada/other/blast:pull,push"
        narrow = ada.app.get(
            f"/v2/token?scope={scopes}", headers={"Authorization": f"Basic {shown}"}
        )
        token = narrow.json["token"]
        client = OciClient(ada.app, "narrow", token)

        client.get("/v2/ada/lab/blast/tags/list", status=200)
        client.post("/v2/ada/lab/blast/blobs/uploads/", status=403)
        client.get("/v2/ada/other/blast/tags/list", status=404)

    def test_the_name_must_be_that_of_the_token(self, ada, robot):
        ci = robot()
        for name, status in (("ada/lab+ci", 200), ("ADA/lab+CI", 200), ("ada/lab+other", 401)):
            shown = base64.b64encode(f"{name}:{ci.token}".encode()).decode()
            headers = {"Authorization": f"Basic {shown}"}
            ada.app.get("/v2/", headers=headers, status=status)

    def test_it_finds_out_who_it_is(self, robot):
        ci = robot()

        assert ci.get("/v1/token-status", status=200).json["data"]["username"] == "ada/lab+ci"
        me = ci.get("/api/v1/user", status=200).json
        assert (me["user"], me["scope"]) == ("ada/lab+ci", "push")


class TestWhatItDoesNot:
    """Nothing else is there for it."""

    def test_it_sees_no_other_collection_not_even_a_public_one(self, registry, ada, robot):
        ci = robot()
        registry.hide("ada/other", private=False)

        registry.stranger.pull("ada/other/blast:1", status=200)
        ci.pull("ada/other/blast:1", status=404)
        listed = ci.get("/api/v1/collections", status=200).json["items"]
        assert [one["name"] for one in listed] == ["ada/lab"]
        assert "ada/other" not in ci.get("/api/v1/search?text=blast", status=200).text

    def test_a_puller_does_not_push(self, robot):
        puller = robot(scope="pull")

        puller.pull("ada/lab/blast:1", status=200)
        found = puller.get("/v1/containers/ada/lab/blast", status=200).json["data"]["id"]
        announced = {"hash": f"sha256.{'1' * 64}", "container": found}
        puller.post("/v1/images", announced, status=403)

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("DELETE", "/api/v1/containers/ada/lab/blast", None),
            ("DELETE", "/api/v1/containers/ada/lab/blast/tags/1", None),
            ("DELETE", LAB, None),
            ("PATCH", LAB, {"private": False}),
            ("GET", f"{LAB}/grants", None),
            ("PUT", f"{LAB}/grants/users/bob", {"role": "owner"}),
            ("GET", f"{LAB}/robots", None),
            ("POST", f"{LAB}/robots", {"robot": "more", "scope": "push"}),
            ("POST", f"{LAB}/robots/ci/tokens", {}),
            ("PATCH", f"{LAB}/robots/ci", {"scope": "push"}),
            ("POST", "/api/v1/containers/ada/lab/blast/shares", {}),
            ("POST", "/api/v1/collections", {"entity": "ada", "collection": "new"}),
            ("POST", "/api/v1/collections", {"entity": "tacc", "collection": "new"}),
            ("POST", "/api/v1/teams", {"team": "crew"}),
            ("POST", "/api/v1/tokens", {"scope": "push"}),
            ("GET", "/api/v1/tokens", None),
            ("PUT", "/api/v1/users/ada%2Flab+ci/password", {"password": "a long password"}),
            ("GET", "/api/v1/users", None),
        ],
    )
    def test_it_manages_nothing_and_owns_nothing(self, speak, robot, bob, method, path, body):
        ci = speak(robot())

        assert ci.ask(method, path, body).status_int in (403, 404)

    def test_it_adds_no_keys_to_the_key_server(self, robot):
        answer = robot().app.post(
            "/pks/add",
            {"keytext": Key.make("Ada <ada@example.org>").public},
            headers={"Authorization": f"Bearer {robot('second').token}"},
            expect_errors=True,
        )
        assert answer.status_int == 403

    def test_it_is_in_no_list_of_users_and_cannot_be_granted_anything(self, ada, admin, robot):
        robot()

        assert "lab+ci" not in admin.get("/api/v1/users", status=200).text
        admin.get("/api/v1/users/ada%2Flab+ci", expect_errors=True, status=404)
        ada.put(
            "/api/v1/collections/ada/other/grants/users/ada%2Flab+ci",
            {"role": "owner"},
            expect_errors=True,
            status=404,
        )

    def test_it_signs_in_nowhere_with_a_page(self, registry, robot):
        ci = robot()
        with registry.parts.unit()() as services, pytest.raises(Exception, match="unknown name"):
            services.authentication.log_in(ci.name, ci.token)


class TestHowItEnds:
    """It is cut at every use."""

    def test_disabled_it_is_shut_out_and_let_in_again(self, ada, robot):
        ci = robot()
        ada.patch(f"{LAB}/robots/ci", {"disabled": True}, status=200)
        ci.pull("ada/lab/blast:1", status=401)
        ada.patch(f"{LAB}/robots/ci", {"disabled": False}, status=200)
        ci.pull("ada/lab/blast:1", status=200)

    def test_with_its_time(self, registry, robot):
        ci = robot(lifetime_seconds=3600)
        ci.pull("ada/lab/blast:1", status=200)

        registry.clock.move(timedelta(hours=2))

        ci.pull("ada/lab/blast:1", status=401)

    def test_a_time_that_is_cut_short_ends_tokens_that_were_made_for_longer(
        self, registry, ada, robot
    ):
        ci = robot()
        ada.patch(f"{LAB}/robots/ci", {"lifetime_seconds": 60}, status=200)
        registry.clock.move(timedelta(minutes=2))

        assert "is over" in ci.get("/api/v1/user", status=401).json["error"]["message"]

    def test_what_it_may_no_more_none_of_its_tokens_may(self, ada, robot):
        ci = robot(scope="push")
        ada.patch(f"{LAB}/robots/ci", {"scope": "pull"}, status=200)

        assert ci.get("/api/v1/user").json["scope"] == "pull"
        ci.post("/api/v1/collections/ada/lab/containers", {"container": "new"}, status=403)

    def test_renewed_the_old_token_ends_unless_it_is_kept(self, ada, robot):
        ci = robot()
        renewed = ada.post(f"{LAB}/robots/ci/tokens", {"keep_others": True}, status=201).json
        ci.get("/api/v1/user", status=200)
        newest = ada.post(f"{LAB}/robots/ci/tokens", {"scope": "pull"}, status=201).json

        ci.get("/api/v1/user", status=401)
        ci.token = renewed["secret"]
        ci.get("/api/v1/user", status=401)
        ci.token = newest["secret"]
        assert ci.get("/api/v1/user", status=200).json["scope"] == "pull"
        listed = ada.get(f"{LAB}/robots/ci/tokens", status=200)
        assert [one["id"] for one in listed.json["items"]] == [newest["id"]]
        assert newest["secret"] not in listed.text

    def test_every_token_is_ended_at_once(self, ada, robot):
        ci = robot()
        ada.delete(f"{LAB}/robots/ci/tokens", status=204)
        ci.get("/api/v1/user", status=401)

    def test_removed_it_is_gone_and_its_pushes_stay(self, registry, ada, robot):
        ci = robot()
        image = ci.push("ada/lab/new:1", IMAGE)

        ada.delete(f"{LAB}/robots/ci", status=204)

        ci.pull("ada/lab/new:1", status=401)
        ada.get(f"{LAB}/robots/ci", status=404)
        assert ada.pull("ada/lab/new:1", status=200).body == IMAGE
        assert pusher_of(registry, image) is None
        robot()

    def test_it_goes_with_its_collection(self, registry, ada, robot):
        ci = robot()
        ada.delete("/api/v1/containers/ada/lab/blast", status=204)
        ada.delete(LAB, status=204)

        ci.get("/api/v1/user", status=401)
        with registry.parts.unit()() as services:
            names = services.db.scalars(select(User.name)).all()
            tokens = services.db.scalars(select(Token).where(Token.scope == Scope.PUSH)).all()
        assert (sorted(names), tokens) == (["ada"], [])

    def test_a_new_collection_of_the_same_name_is_not_its_own(self, registry, ada, robot):
        ci = robot()
        ada.delete("/api/v1/containers/ada/lab/blast", status=204)
        ada.delete(LAB, status=204)
        ada.push("ada/lab/blast:1", IMAGE)
        ci.pull("ada/lab/blast:1", status=401)

    def test_an_address_that_it_was_given_dies_with_it(self, registry, ada, make_api, robot):
        ci = robot()
        begun = ci.get("/v1/images/ada/lab/blast:1", status=200).json["data"]["id"]
        with registry.parts.unit()() as services:
            user = services.db.scalars(select(User).where(User.name == ci.name)).one()
            caller = services.accounts.caller_of(user)
        with registry.parts.unit(caller)() as services:
            address = services.downloads.address(services.images.by_id(begun))
        ci.get(address, status=200)

        ada.patch(f"{LAB}/robots/ci", {"disabled": True}, status=200)

        ci.get(address, status=404)


class TestOfATeam:
    """It reaches what the team owns, and nothing that the team was granted."""

    def test_it_pushes_to_every_collection_of_the_team(self, ada, crew, registry):
        ada.push("ada/lab/blast:1", make_sif())
        registry.hide("ada/lab")
        ada.put("/api/v1/collections/ada/lab/grants/teams/crew", {"role": "writer"}, status=200)
        made = ada.post(f"{CREW}/robots", {"robot": "ci", "scope": "push"}, status=201)
        assert made.headers["Location"].endswith("/api/v1/teams/crew/robots/ci")
        ci = Actor(ada.app, made.json["user"], made.json["token"]["secret"])

        assert ci.name == "crew+ci"
        for collection in ("one", "two"):
            ci.push(f"crew/{collection}/blast:1", IMAGE)
        ci.pull("ada/lab/blast:1", status=404)
        ci.post("/api/v1/collections", {"entity": "crew", "collection": "three"}, status=403)
        listed = ci.get("/api/v1/collections").json["items"]
        assert [one["name"] for one in listed] == ["crew/one", "crew/two"]

    def test_only_owners_of_the_team_make_robots(self, ada, bob, admin, crew, stranger):
        body = {"robot": "ci", "scope": "pull"}
        bob.post(f"{CREW}/robots", body, status=403)
        bob.get(f"{CREW}/robots", status=403)
        stranger.get(f"{CREW}/robots", status=404)
        ada.post(f"{CREW}/robots", body, status=201)
        assert [one["user"] for one in admin.get(f"{CREW}/robots").json["items"]] == ["crew+ci"]


class TestMaking:
    """What can be made, and by whom."""

    def test_a_name_is_taken_once(self, ada, robot):
        robot()
        answer = ada.post(f"{LAB}/robots", {"robot": "CI", "scope": "pull"}, status=409)
        assert answer.json["error"]["message"] == "the robot ada/lab+ci is there already"

    @pytest.mark.parametrize(
        "body",
        [
            {"robot": "ci", "scope": "admin"},
            {"robot": "a+b", "scope": "pull"},
            {"robot": "a/b", "scope": "pull"},
            {"robot": "ci", "scope": "pull", "lifetime_seconds": 0},
        ],
    )
    def test_what_cannot_be_is_refused(self, ada, lab, body):
        ada.post(f"{LAB}/robots", body, status=400)

    def test_a_token_for_less_makes_none(self, registry, ada, lab, speak):
        lesser = speak(registry.with_scope(ada, Scope.PUSH))
        lesser.post(f"{LAB}/robots", {"robot": "ci", "scope": "pull"}, status=403)

    def test_to_a_stranger_the_robots_of_a_hidden_collection_are_absent(self, bob, robot, same):
        robot()
        hidden = bob.get(f"{LAB}/robots", status=404)
        assert "ada/lab does not exist" in hidden.text
