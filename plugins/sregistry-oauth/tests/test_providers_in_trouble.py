"""Providers that change keys, are slow, dead, or answer nonsense: imitations."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sregistry_core.contracts import LoginUnavailable
from sregistry_core.errors import LoginRequired
from sregistry_oauth import discovery

from .forging_provider import SECRET

CALLBACK = "https://registry.test/auth/sign-in/campus/callback"


def test_a_new_key_is_fetched_and_the_old_one_is_believed_no_more(travel, forger, monkeypatch):
    monkeypatch.setattr(discovery, "ROTATED_SECONDS", 0.0)
    travel()
    old = forger.key
    forger.new_key("second")

    travel()

    assert forger.times("/keys") == 2
    forger.sign = lambda claims: forger.sign_with_a_strange_key(claims)
    with pytest.raises(LoginRequired):
        travel()
    assert old.kid == "first"


def test_strange_keys_do_not_make_us_ask_again_and_again(travel, forger):
    travel()
    for number in range(5):
        forger.new_key(f"never-seen-{number}")
        forger.answers["/keys"] = lambda _: {"keys": []}
        with pytest.raises(LoginRequired):
            travel()

    assert forger.times("/keys") == 1


def test_discovery_and_keys_are_asked_for_once_and_not_when_the_login_is_opened(
    forger, travel, login
):
    assert forger.asked == []
    for _ in range(3):
        travel()

    assert forger.times("/.well-known/openid-configuration") == forger.times("/keys") == 1


def test_many_at_once_ask_once(login, forger):
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: login.begin(CALLBACK, "state"), range(16)))

    assert forger.times("/.well-known/openid-configuration") == 1


def test_what_was_fetched_is_fetched_anew_and_used_on_when_that_fails():
    now, answers = [0.0], []

    def fetch():
        if not answers:
            raise LoginUnavailable("gone")
        return answers.pop()

    kept = discovery.Kept("it", fetch, clock=lambda: now[0])
    with pytest.raises(LoginUnavailable):
        kept.get()
    answers.append("first")
    with pytest.raises(LoginUnavailable):
        kept.get()
    now[0] = discovery.FAILED_SECONDS
    assert kept.get() == "first"
    answers.append("second")
    assert kept.get() == "first"
    now[0] += discovery.KEPT_SECONDS
    assert kept.get() == "second"
    now[0] += discovery.KEPT_SECONDS
    assert kept.get() == "second"
    now[0] += discovery.STALE_SECONDS
    with pytest.raises(LoginUnavailable):
        kept.get()


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.test"},
        {"issuer": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://evil.test/authorize"},
        {"token_endpoint": None},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": "http://evil.test/keys"},
    ],
    ids=str,
)
def test_a_description_that_leads_elsewhere_is_not_followed(login, forger, metadata):
    forger.metadata = metadata

    with pytest.raises(LoginUnavailable):
        login.begin(CALLBACK, "state")


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/token", "/keys", "/userinfo"]
)
@pytest.mark.parametrize(
    "broken",
    [
        (500, {}, {}),
        (429, {}, {}),
        (302, {}, {"Location": "https://evil.test/"}),
        (404, {}, {}),
        b"no JSON",
        b"[" * 100_000,
        b"[]",
        b"null",
        b'"text"',
        b" " * (2 << 20),
    ],
    ids=["500", "429", "302", "404", "no JSON", "deep", "list", "null", "text", "large"],
)
def test_a_provider_that_answers_nonsense_is_no_help_and_does_no_harm(travel, forger, path, broken):
    good = forger.answers[path]
    forger.answers[path] = lambda request: broken

    with pytest.raises((LoginUnavailable, LoginRequired)):
        travel()

    forger.answers[path] = good


def test_a_client_that_the_provider_does_not_take_is_the_administrators_matter(
    travel, forger, caplog
):
    forger.answers["/token"] = lambda _: (401, {"error": "invalid_client"}, {})

    with pytest.raises(LoginUnavailable):
        travel()

    assert "it does not take our client: invalid_client" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/userinfo"])
def test_a_provider_that_keeps_us_waiting_is_left(open_login, travel, forger, path):
    login = open_login(timeout="1s")
    good = forger.answers[path]

    def wait(request):
        time.sleep(1.6)
        return good(request)

    forger.answers[path] = wait
    begun = time.monotonic()
    with pytest.raises(LoginUnavailable):
        travel(at=login)

    assert time.monotonic() - begun < 1.5


def test_a_provider_that_sends_a_byte_at_a_time_is_left(open_login, travel, forger):
    """Each byte in time, and all of them never."""
    login = open_login(timeout="1s")

    def drip(request):
        request.send_response(200)
        request.end_headers()
        try:
            for _ in range(40):
                request.wfile.write(b" ")
                request.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass

    forger.answers["/userinfo"] = drip
    begun = time.monotonic()
    with pytest.raises(LoginUnavailable):
        travel(at=login)

    assert time.monotonic() - begun < 2


def test_a_slow_provider_holds_one_thread_up_and_not_all(open_login, forger, monkeypatch):
    monkeypatch.setattr(discovery, "WAITED_SECONDS", 0.2)
    login = open_login(timeout="2s")
    forger.answers["/.well-known/openid-configuration"] = lambda _: time.sleep(2.5) or {}

    def seconds(_):
        begun = time.monotonic()
        with pytest.raises(LoginUnavailable):
            login.begin(CALLBACK, "state")
        return time.monotonic() - begun

    with ThreadPoolExecutor(6) as threads:
        waited = sorted(threads.map(seconds, range(6)))

    assert waited[-2] < 1 < waited[-1]
    assert forger.times("/.well-known/openid-configuration") == 1


def test_an_answer_in_chunks_is_read_whole(travel, forger):
    said = json.dumps(forger.person).encode()

    def in_chunks(request):
        request.protocol_version = "HTTP/1.1"
        request.close_connection = True
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        for part in (said[:7], said[7:], b""):
            request.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))

    forger.answers["/userinfo"] = in_chunks

    assert travel().groups == {"physics"}


def test_a_dead_provider_is_not_waited_for_again_and_again(login, forger):
    forger.answers["/.well-known/openid-configuration"] = lambda _: (503, {}, {})

    for _ in range(5):
        with pytest.raises(LoginUnavailable):
            login.begin(CALLBACK, "state")

    assert forger.times("/.well-known/openid-configuration") == 1
