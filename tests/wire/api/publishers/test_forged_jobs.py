"""Jobs that are others than they say: nothing is given for what they show."""

import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from sregistry_core.testing.imitated_ci import GITLAB_JOB, KEYS, part_of
from sregistry_core.testing.registry import PUBLIC_URL

from .lab import EXCHANGE, GITLAB


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
