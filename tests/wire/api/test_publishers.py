"""Trusted publishers: a job shows what its site has signed, and gets a token for one collection.

The site is an imitation of GitLab and of GitHub, on loopback, with keys of its own.
"""

import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from sregistry_core.issuers import keys
from sregistry_core.testing.imitated_ci import (
    DISCOVERY,
    GITHUB_JOB,
    GITLAB_JOB,
    KEYS,
    ImitatedCi,
    part_of,
)
from sregistry_core.testing.registry import PUBLIC_URL, Actor
from sregistry_core.testing.sif_files import make_sif

LAB = "/api/v1/collections/ada/lab"
EXCHANGE = f"{LAB}/exchange"
GITLAB = {"project_path": "lab/blast", "ref_type": "branch", "ref": "main", "ref_protected": "true"}
GITHUB = {"repository": "lab/blast", "ref": "refs/heads/main", "workflow": "image"}


@pytest.fixture
def ci():
    started = ImitatedCi()
    yield started
    started.end()


@pytest.fixture
def registry(make_api, ci):
    return make_api(publishers=ci.url, publishers_allow_private="true")


@pytest.fixture
def lab(ada, registry):
    ada.push("ada/lab/blast:1", make_sif())
    registry.hide("ada/lab")


@pytest.fixture
def trust(ada, lab, ci):
    """Trusts jobs of the imitated site."""

    def trust(claims, name="builds", scope="push", status=201, **options):
        body = {
            "publisher": name,
            "issuer": ci.url,
            "claims": claims,
            "scope": scope,
            **options,
        }
        return ada.post(f"{LAB}/publishers", body, status=status)

    return trust


@pytest.fixture
def show(stranger):
    """Shows a signed statement, as a job does that nobody knows."""

    def show(text, status=201, path=EXCHANGE):
        return stranger.post(path, {"token": text}, status=status)

    return show


@pytest.fixture
def gitlab_job(ci):
    """Signs what a job of GitLab is, but for what is said otherwise."""
    return lambda **claims: ci.sign(ci.job(PUBLIC_URL, **{**GITLAB_JOB, **claims}))


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


class TestForgeries:
    """What is refused, and that nothing is given for it."""

    @pytest.mark.parametrize(
        ("claims", "status"),
        [
            ({"ref": "feature"}, 403),
            ({"ref": "main2"}, 403),
            ({"ref": "MAIN"}, 403),
            ({"ref_type": "tag"}, 403),
            ({"ref_protected": "false"}, 403),
            ({"ref_protected": None}, 403),
            ({"project_path": "lab/blast-fork"}, 403),
            ({"project_path": "evil/lab/blast"}, 403),
            ({"project_path": "lab/blast\n"}, 403),
            ({"project_path": ["lab/blast"]}, 403),
            ({"project_path": {"lab/blast": 1}}, 403),
            ({"aud": "https://elsewhere.example.org"}, 403),
            ({"aud": PUBLIC_URL + "/"}, 403),
            ({"aud": []}, 401),
            ({"aud": None}, 401),
            ({"exp": None}, 401),
            ({"exp": 1}, 401),
            ({"exp": "never"}, 401),
            ({"nbf": 4_000_000_000}, 401),
            ({"iss": "https://gitlab.com"}, 401),
            ({"iss": None}, 401),
        ],
    )
    def test_a_claim_that_does_not_fit(self, trust, show, gitlab_job, claims, status):
        trust(GITLAB)

        show(gitlab_job(**claims), status=status)
        show(gitlab_job())

    def test_a_little_clock_skew_is_borne(self, trust, show, gitlab_job):
        trust(GITLAB)
        show(gitlab_job(exp=int(time.time()) - 30))
        show(gitlab_job(nbf=int(time.time()) + 30))
        show(gitlab_job(exp=int(time.time()) - 90), status=401)
        show(gitlab_job(nbf=int(time.time()) + 90), status=401)

    def test_true_is_as_good_as_its_text(self, trust, show, gitlab_job):
        trust({**GITLAB, "job_id": "302"})
        show(gitlab_job(ref_protected=True, job_id=302))
        show(gitlab_job(ref_protected=False), status=403)

    def test_what_nobody_or_somebody_else_has_signed(self, trust, show, ci):
        trust(GITLAB)
        claims = ci.job(PUBLIC_URL, **GITLAB_JOB)
        public = json.dumps(ci.key.as_dict(private=False)).encode()
        for secret in (ci.key.as_pem(private=False), public):
            signed = f"{part_of({'alg': 'HS256', 'kid': 'first'})}.{part_of(claims)}"
            mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
            show(f"{signed}.{part_of(mac)}", status=401)
        show(ci.sign_with_nothing(claims), status=401)
        show(ci.sign_with_a_strange_key(claims), status=401)
        good = ci.sign(claims)
        show(good[:-8] + ("AAAAAAAA" if good[-8:] != "AAAAAAAA" else "BBBBBBBB"), status=401)
        other = ci.sign({**claims, "ref": "other"})
        show(".".join([good.split(".")[0], other.split(".")[1], good.split(".")[2]]), status=401)

    def test_a_key_that_it_brings_along_counts_for_nothing(self, trust, show, ci):
        trust(GITLAB)
        claims = ci.job(PUBLIC_URL, **GITLAB_JOB)
        shown = ci.key.as_dict(private=False)
        ci.answers[KEYS] = (200, json.dumps({"keys": [shown]}).encode())
        ci.new_key("first")
        brought = {"jwk": ci.key.as_dict(private=False), "jku": f"{ci.url}/mine"}
        text = ci.sign(claims, **brought)

        show(text, status=401)
        assert "/mine" not in ci.asked

    @pytest.mark.parametrize("text", ["", "a", "a.b.c", "..", "e30.e30.e30", "é.é.é", "a" * 20_000])
    def test_what_is_no_token(self, trust, show, text, ci):
        trust(GITLAB)
        show(text, status=401)
        assert ci.asked == []

    def test_a_statement_is_taken_once(self, registry, trust, show, gitlab_job):
        trust(GITLAB)
        text = gitlab_job()
        show(text)

        assert "taken once" in show(text, status=403).json["error"]["message"]
        # By its identifier, not by its letters: signed anew it is the same.
        again = gitlab_job(jti="the same")
        show(again)
        show(gitlab_job(jti="the same"), status=403)
        registry.clock.move(timedelta(hours=1))
        show(again, status=401)
        show(gitlab_job(jti="the same", exp=int(time.time()) + 7200))

    def test_shown_many_times_at_once_it_is_taken_once(self, registry, trust, gitlab_job):
        trust(GITLAB)
        text = gitlab_job()

        def exchange(_):
            return registry.stranger.post(EXCHANGE, {"token": text}, expect_errors=True).status_int

        with ThreadPoolExecutor(6) as threads:
            answers = sorted(threads.map(exchange, range(6)))

        assert answers == [201, *[403] * 5]

    def test_one_that_was_refused_is_not_spent(self, trust, show, gitlab_job):
        text = gitlab_job()
        trust({"project_path": "lab/other"}, "other")
        show(text, status=403)
        trust(GITLAB)
        show(text)

    def test_of_an_issuer_that_nobody_trusts_nothing_is_asked(self, show, lab, gitlab_job, ci):
        show(gitlab_job(), status=401)
        assert ci.asked == []

    def test_an_issuer_that_the_ini_file_names_no_more_is_nobody(
        self, make_api, registry, trust, show, gitlab_job, ci
    ):
        trust(GITLAB)
        issuers = registry.parts.facilities.issuers
        kept = issuers._issuers.pop(ci.url)
        show(gitlab_job(), status=401)
        issuers._issuers[ci.url] = kept
        show(gitlab_job())


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


class TestTheIssuer:
    """Its keys: found, kept, changed, and not to be had."""

    def test_a_new_key_is_found_at_once(self, registry, trust, show, gitlab_job, ci, monkeypatch):
        monkeypatch.setattr(keys, "ROTATED_SECONDS", 0.0)
        trust(GITLAB)
        show(gitlab_job())
        ci.new_key("second")
        show(gitlab_job())
        assert ci.asked.count(KEYS) == 2

    def test_made_up_keys_do_not_make_us_ask_again_and_again(self, trust, show, ci):
        trust(GITLAB)
        for number in range(5):
            show(ci.sign(ci.job(PUBLIC_URL, **GITLAB_JOB), kid=f"made-up-{number}"), status=401)
        assert ci.asked.count(KEYS) == 1

    @pytest.mark.parametrize("path", [DISCOVERY, KEYS])
    @pytest.mark.parametrize(
        "answer",
        [
            (500, b"{}"),
            (404, b"{}"),
            (302, b"/elsewhere"),
            (200, b"no json"),
            (200, b"[]"),
            (200, b"{}"),
            (200, b"[" * 100_000),
            (200, b'{"keys": [' + b'{"kty": "RSA"}, ' * 100 + b'{"kty": "RSA"}]}'),
            (200, b'{"keys": [{"kty": "RSA", "n": 1}]}'),
            (200, b'{"keys": "many"}'),
            (200, b'{"keys": [], "more": "' + b"x" * (1 << 20) + b'"}'),
        ],
        ids=str,
    )
    def test_nonsense_is_taken_for_silence(self, trust, show, gitlab_job, ci, path, answer):
        trust(GITLAB)
        ci.answers[path] = answer

        said = show(gitlab_job(), status=503)

        assert "try again later" in said.json["error"]["message"]
        show(gitlab_job(), status=503)
        assert ci.asked.count(path) == 1
        assert "/elsewhere" not in ci.asked

    @pytest.mark.parametrize(
        "description",
        [
            {"issuer": "https://gitlab.com"},
            {"jwks_uri": "http://169.254.169.254/latest"},
            {"jwks_uri": "file:///etc/passwd"},
            {"jwks_uri": None},
        ],
    )
    def test_it_does_not_send_us_elsewhere(self, trust, show, gitlab_job, ci, description):
        trust(GITLAB)
        ci.description = description
        show(gitlab_job(), status=503)
        assert ci.asked == [DISCOVERY]

    def test_one_that_is_gone_and_then_back(self, registry, trust, show, gitlab_job, ci):
        trust(GITLAB)
        ci.answers[DISCOVERY] = (503, b"")
        show(gitlab_job(), status=503)
        registry.parts.facilities.issuers[ci.url]._failed = None
        del ci.answers[DISCOVERY]
        show(gitlab_job())

    def test_known_keys_do_while_it_is_gone(self, registry, trust, show, gitlab_job, ci):
        trust(GITLAB)
        show(gitlab_job())
        ci.answers[KEYS] = (500, b"")
        registry.parts.facilities.issuers[ci.url]._fetched_at -= keys.KEPT_SECONDS + 1
        show(gitlab_job())
        registry.parts.facilities.issuers[ci.url]._fetched_at -= keys.STALE_SECONDS
        show(gitlab_job(), status=503)

    def test_one_that_takes_too_long(self, trust, show, gitlab_job, ci, monkeypatch):
        monkeypatch.setattr(keys, "PATIENCE_SECONDS", 0.3)
        ci.slow = 2.0
        trust(GITLAB)
        begun = time.monotonic()
        show(gitlab_job(), status=503)
        assert time.monotonic() - begun < 1.5

    def test_a_private_address_is_not_asked_unless_that_is_allowed(self, make_api, ci, meet, speak):
        registry = make_api(publishers=ci.url)
        ada = speak(registry.user("ada"))
        ada.push("ada/lab/blast:1", make_sif())
        body = {"publisher": "builds", "issuer": ci.url, "claims": GITLAB, "scope": "push"}
        ada.post(f"{LAB}/publishers", body, status=201)

        text = ci.sign(ci.job(PUBLIC_URL, **GITLAB_JOB))
        registry.stranger.post(EXCHANGE, {"token": text}, status=503)
        assert ci.asked == []
