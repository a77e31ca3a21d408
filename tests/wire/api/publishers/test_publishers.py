"""Trusted publishers: a job shows what its site has signed, and gets a token for one collection."""

import time
from datetime import timedelta

import pytest

from sregistry_core.testing.imitated_ci import DISCOVERY, GITHUB_JOB, GITLAB_JOB, KEYS
from sregistry_core.testing.registry import PUBLIC_URL, Actor
from sregistry_core.testing.sif_files import make_sif

from .lab import EXCHANGE, GITHUB, GITLAB, LAB


class TestAJob:
    """What a job gets, and what it can do with it."""

    @pytest.mark.parametrize("curve", [False, True])
    @pytest.mark.parametrize(("wanted", "job"), [(GITLAB, GITLAB_JOB), (GITHUB, GITHUB_JOB)])
    def test_of_the_right_project_pushes_to_the_collection(
        self, registry, trust, show, ci, wanted, job, curve
    ):
        ci.new_key("another", curve=curve)
        trust(wanted)

        token = show(ci.sign(ci.job(PUBLIC_URL, **job))).json

        assert (token["user"], token["scope"]) == ("ada/lab+builds", "push")
        ends = registry.clock.now + timedelta(minutes=15)
        assert token["expires_at"] == f"{ends:%Y-%m-%dT%H:%M:%SZ}"
        image = make_sif(labels={"org.example": "from a job"})
        builder = Actor(registry.app, token["user"], token["secret"])
        builder.push("ada/lab/new:1", image)
        assert builder.pull("ada/lab/new:1", status=200).body == image
        registry.clock.move(timedelta(minutes=16))
        builder.pull("ada/lab/new:1", status=401)

    def test_that_may_only_pull_does_not_push(self, registry, trust, show, gitlab_job):
        trust(GITLAB, scope="pull", lifetime_seconds=3600)
        token = show(gitlab_job()).json
        reader = Actor(registry.app, token["user"], token["secret"])

        reader.pull("ada/lab/blast:1", status=200)
        reader.post(f"{LAB}/containers", {"container": "new"}, status=403)

    def test_with_an_old_login_of_its_own_gets_its_token(self, registry, trust, gitlab_job):
        trust(GITLAB)
        old = Actor(registry.app, "somebody", "sregistry_of_long_ago")
        old.post(EXCHANGE, {"token": gitlab_job()}, status=201)

    def test_one_of_several_publishers_fits(self, trust, show, gitlab_job):
        trust({"project_path": "lab/blast", "ref": "v*", "ref_type": "tag"}, "releases")
        trust({"project_path": "lab/blast"}, "snapshots", scope="pull")

        assert show(gitlab_job()).json["user"] == "ada/lab+snapshots"
        released = gitlab_job(ref="v1.0", ref_type="tag")
        assert show(released).json["user"] == "ada/lab+releases"

    def test_an_audience_of_its_own_is_asked_for(self, trust, show, ci):
        trust(GITLAB, audience="images of the lab")

        show(ci.sign(ci.job(PUBLIC_URL, **GITLAB_JOB)), status=403)
        show(ci.sign(ci.job("images of the lab", **GITLAB_JOB)))

    def test_the_keys_of_the_issuer_are_asked_for_once(self, trust, show, gitlab_job, ci):
        trust(GITLAB)
        for _ in range(3):
            show(gitlab_job())
        assert ci.asked == [DISCOVERY, KEYS]

    def test_an_exchange_takes_old_tokens_away(self, registry, trust, show, gitlab_job):
        trust(GITLAB)
        first = show(gitlab_job()).json["id"]
        registry.clock.move(timedelta(minutes=20))
        second = show(gitlab_job(exp=int(time.time()) + 3600)).json["id"]

        with registry.parts.unit()() as services:
            assert [one.id for one in services.tokens.all() if "+" in one.user.name] == [second]
        assert first != second


class TestWhatIsHidden:
    """Whether a collection is there is not told."""

    def test_absent_and_hidden_are_refused_alike(self, trust, show, gitlab_job, same):
        trust(GITLAB)
        wrong = gitlab_job(ref="feature")
        hidden = show(wrong, status=403)
        absent = show(wrong, status=403, path="/api/v1/collections/eve/lab/exchange")

        assert (
            hidden.json["error"]["message"].replace("ada/", "eve/")
            == (absent.json["error"]["message"])
        )

    def test_only_owners_see_and_change_publishers(self, ada, bob, stranger, trust, registry):
        trust(GITLAB)
        path = f"{LAB}/publishers"
        bob.get(path, status=404)
        stranger.delete(f"{path}/builds", status=404)
        ada.put(f"{LAB}/grants/users/bob", {"role": "writer"}, status=200)
        bob.get(path, status=403)
        bob.delete(f"{path}/builds", status=403)
        assert [one["user"] for one in ada.get(path).json["items"]] == ["ada/lab+builds"]
        assert ada.get(f"{LAB}/robots").json["items"] == []
        assert ada.get(f"{path}/builds", status=200).json["claims"] == GITLAB


class TestManaging:
    """Made, shown and removed."""

    def test_removed_its_jobs_are_nobody_at_once(self, registry, ada, trust, show, gitlab_job):
        trust(GITLAB)
        token = show(gitlab_job()).json
        ada.delete(f"{LAB}/publishers/builds", status=204)

        Actor(registry.app, "ci", token["secret"]).pull("ada/lab/blast:1", status=401)
        show(gitlab_job(), status=401)

    def test_it_goes_with_its_collection(self, registry, ada, trust, show, gitlab_job):
        trust(GITLAB)
        secret = show(gitlab_job()).json["secret"]
        ada.delete("/api/v1/containers/ada/lab/blast", status=204)
        ada.delete(LAB, status=204)

        Actor(registry.app, "ci", secret).get("/api/v1/user", status=401)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"issuer": "https://gitlab.com"}, "none of sregistry.publishers"),
            ({"claims": {"ref": "main"}}, "every project"),
            ({"claims": {"repository": "*"}}, "every project"),
            ({"claims": {"repository": "*/blast"}}, "every project"),
            ({"claims": {"repository": "lab*/blast"}}, "every project"),
            ({"claims": {"sub": "*"}}, "every project"),
            ({"claims": {}}, "every project"),
            ({"claims": {"repository": "a/b", "aud": "x"}}, "no claim"),
            ({"claims": {"repository": "a/b", "ref": ""}}, "characters"),
            ({"claims": {"repository": 1}}, "must be a text"),
            ({"claims": ["repository"]}, "an object of texts"),
            ({"scope": "admin"}, "manages nothing"),
            ({"lifetime_seconds": 3601}, "between a minute and an hour"),
            ({"publisher": "a+b"}, "no name for a robot"),
        ],
    )
    def test_what_would_trust_too_many_is_refused(self, ada, lab, ci, change, said):
        body = {"publisher": "builds", "issuer": ci.url, "claims": GITLAB, "scope": "push"}
        answer = ada.post(f"{LAB}/publishers", {**body, **change}, status=400)
        assert said in answer.json["error"]["message"]

    def test_a_star_does_not_reach_beyond_a_slash(self, trust, show, gitlab_job):
        trust({"project_path": "lab/*", "ref": "release/*"})
        show(gitlab_job(ref="release/1"))
        show(gitlab_job(ref="release/1", project_path="lab/blast"))
        show(gitlab_job(ref="release/1/evil"), status=403)
        show(gitlab_job(ref="release/1", project_path="lab/group/blast"), status=403)
        show(gitlab_job(ref="release/1", project_path="labs/blast"), status=403)

    def test_a_name_is_taken_once_by_robots_and_publishers(self, ada, trust):
        trust(GITLAB, "ci")
        ada.post(f"{LAB}/robots", {"robot": "ci", "scope": "pull"}, status=409)
        trust(GITLAB, "ci", status=409)
