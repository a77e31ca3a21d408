"""The sites whose jobs are trusted: their keys, and when there are none to be had."""

import time

import pytest

from sregistry_core.issuers import keys
from sregistry_core.testing.imitated_ci import DISCOVERY, GITLAB_JOB, KEYS
from sregistry_core.testing.registry import PUBLIC_URL
from sregistry_core.testing.sif_files import make_sif

from .lab import EXCHANGE, GITLAB, LAB


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
