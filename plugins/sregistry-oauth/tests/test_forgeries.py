"""What a provider may say, and who is refused; the provider is an imitation that forges."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import sregistry_oauth
from sregistry_core.contracts import LoginUnavailable, PluginSettings
from sregistry_core.errors import LoginRequired
from sregistry_oauth import discovery

from .forging_provider import CLIENT, SECRET

CALLBACK = "https://registry.test/auth/sign-in/campus/callback"


@pytest.fixture
def open_login(forger, tmp_path):
    def open_one(**values):
        settings = {
            "issuer": forger.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "timeout": "2s",
            **values,
        }
        return sregistry_oauth.sregistry_login(
            "openid", PluginSettings("campus", settings, tmp_path, {})
        )

    return open_one


@pytest.fixture
def login(open_login):
    return open_login()


@pytest.fixture
def travel(login, forger):
    """A whole trip; `change` may change the answer."""

    def go(change=lambda answer: answer, at=None):
        at = at or login
        departure = at.begin(CALLBACK, "state")
        return at.finish(CALLBACK, change(forger.visit(departure.url)), departure.keepsake)

    return go


def test_a_good_statement_is_believed(travel):
    subject = travel()

    assert (subject.provider, subject.key, subject.name) == ("campus", "17", "ada")
    assert subject.groups == {"physics"}


# Not by the clock: a test may run an hour after it was collected.
LONG_AGO, YEARS_FROM_NOW = 1_000_000_000, 4_000_000_000


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["another", "third"]},
        {"aud": [CLIENT, "another"]},
        {"aud": None},
        {"azp": "another"},
        {"iss": "https://evil.test"},
        {"iss": None},
        {"exp": LONG_AGO},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": YEARS_FROM_NOW},
        {"nbf": YEARS_FROM_NOW},
        {"sub": ""},
        {"sub": None},
        {"sub": 17},
        {"sub": "18"},
    ],
    ids=str,
)
def test_a_statement_for_others_or_of_others_or_too_old_proves_nobody(travel, forger, claims):
    forger.claims = claims

    with pytest.raises(LoginRequired):
        travel()


@pytest.mark.parametrize(
    "way",
    [
        "sign_with_nothing",
        "sign_with_our_secret",
        "sign_with_the_public_key",
        "sign_with_a_strange_key",
    ],
)
def test_a_statement_that_the_provider_has_not_signed_proves_nobody(travel, forger, way):
    forger.sign = getattr(forger, way)

    with pytest.raises(LoginRequired):
        travel()


@pytest.mark.parametrize("text", [None, "", "x", "a.b.c", "e30.e30.", 17, "é.é.é", "x" * 100_000])
def test_what_is_no_statement_proves_nobody(travel, forger, text):
    forger.sign = lambda claims: text

    with pytest.raises(LoginRequired):
        travel()


def test_a_code_is_taken_once(login, forger):
    departure = login.begin(CALLBACK, "state")
    answer = forger.visit(departure.url)
    login.finish(CALLBACK, answer, departure.keepsake)

    with pytest.raises(LoginRequired):
        login.finish(CALLBACK, answer, departure.keepsake)


def test_an_answer_that_names_another_provider_proves_nobody_and_is_not_paid_out(travel, forger):
    with pytest.raises(LoginRequired):
        travel(lambda answer: {**answer, "iss": "https://evil.test"})

    assert forger.times("/token") == 0


def test_a_provider_that_always_names_itself_is_held_to_it(travel, forger):
    forger.metadata = {"authorization_response_iss_parameter_supported": True}

    assert travel(lambda answer: {**answer, "iss": forger.issuer}).name == "ada"
    with pytest.raises(LoginRequired):
        travel()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("access_denied", "campus signed nobody in: access_denied"),
        ("<script>alert(1)</script>", "campus signed nobody in: it does not say why"),
    ],
)
def test_who_refuses_over_there_is_told_so_here(travel, error, told):
    with pytest.raises(LoginRequired, match=f"^{told}$"):
        travel(lambda answer: {"state": "state", "error": error, "error_description": "<b>"})


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


@pytest.mark.parametrize(
    ("claim", "person", "groups"),
    [
        ("groups", {"groups": ["a", "b"]}, {"a", "b"}),
        ("groups", {"groups": "a"}, {"a"}),
        ("groups", {}, set()),
        ("groups", {"groups": None}, set()),
        ("groups", {"groups": [1, {"a": 1}, "", "b"]}, {"b"}),
        ("groups", {"groups": {"a": 1}}, set()),
        ("eduperson_entitlement", {"eduperson_entitlement": ["urn:x"]}, {"urn:x"}),
        ("realm_access.roles", {"realm_access": {"roles": ["admin"]}}, {"admin"}),
        ("https://example.org/groups", {"https://example.org/groups": ["a"]}, {"a"}),
    ],
)
def test_groups_come_from_the_claim_that_the_ini_file_names(
    open_login, travel, forger, claim, person, groups
):
    forger.person = {"sub": "17", **person}

    assert travel(at=open_login(groups_claim=claim)).groups == groups


@pytest.mark.parametrize(
    ("person", "name", "email"),
    [
        ({"preferred_username": "ada", "email": "a@b.c"}, "ada", "a@b.c"),
        ({"nickname": "ada", "email": "a@b.c", "email_verified": True}, "ada", "a@b.c"),
        ({"email": "ada@b.c", "email_verified": False}, "ada@b.c", None),
        ({"preferred_username": " ", "email": 17}, "17", None),
        ({}, "17", None),
    ],
)
def test_the_name_is_the_first_that_is_there_and_mail_counts_unless_unverified(
    travel, forger, person, name, email
):
    forger.person = {"sub": "17", **person}

    subject = travel()

    assert (subject.name, subject.email) == (name, email)


def test_a_long_subject_has_a_short_key(travel, forger):
    forger.person = {"sub": "s" * 255}

    assert travel().key.startswith("sha256:")


def test_the_state_the_challenge_and_no_secret_are_in_the_address(login):
    departure = login.begin(CALLBACK, "the-state")

    kept = json.loads(departure.keepsake)
    assert kept["verifier"] not in departure.url
    assert SECRET not in departure.url
    for part in ("state=the-state", "code_challenge_method=S256", f"nonce={kept['nonce']}"):
        assert part in departure.url
