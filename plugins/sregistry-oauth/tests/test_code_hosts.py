"""GitHub, GitLab, Google and Bitbucket, each imitated here as its documentation describes it.

Their real servers were not reached by any of these tests.
"""

import base64
import hashlib
import re
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

import sregistry_oauth
from sregistry_core.contracts import ConfigurationError, LoginUnavailable, PluginSettings
from sregistry_core.errors import LoginRequired
from sregistry_core.testing.redirect_contract import RedirectLoginContract

from .loopback_site import LoopbackSite

CALLBACK = "https://registry.test/auth/sign-in/host/callback"


class CodeHost(LoopbackSite):
    """What GitHub and Bitbucket have in common: codes, and an API that takes tokens."""

    def __init__(self, *, token_path, checks_pkce):
        super().__init__()
        self.token_path = token_path
        self._checks_pkce = checks_pkce
        self._codes = {}
        self.answers[token_path] = self._token

    def visit(self, address):
        """Sign somebody in; the fields of the answer."""
        asked = dict(parse_qsl(urlsplit(address).query))
        code = secrets.token_hex(10)
        self._codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def api(self, path, answer):
        """Answer at a path whoever shows the token."""

        def check(request):
            if request.headers.get("Authorization") != "Bearer the-token":
                return 401, {"message": "Requires authentication"}, {}
            return answer(request)

        self.answers[path] = check

    def _token(self, request):
        asked = self._codes.pop(request.fields.get("code"), None)
        verifier = request.fields.get("code_verifier", "")
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        fits = not self._checks_pkce or (
            asked and digest.decode().rstrip("=") == asked["code_challenge"]
        )
        if asked is None or not fits:
            # GitHub says so with status 200.
            return {"error": "bad_verification_code", "error_description": "incorrect or expired"}
        return {"access_token": "the-token", "scope": "read:org", "token_type": "bearer"}


@pytest.fixture
def open_login(tmp_path):
    def open_one(kind, **values):
        settings = {"client_id": "registry", "client_secret": "hush", "timeout": "3s", **values}
        return sregistry_oauth.sregistry_login(kind, PluginSettings("host", settings, tmp_path, {}))

    return open_one


def travel(login, site):
    departure = login.begin(CALLBACK, "state")
    return login.finish(CALLBACK, site.visit(departure.url), departure.keepsake)


@pytest.fixture
def github():
    """An imitation of a GitHub Enterprise Server."""
    site = CodeHost(token_path="/login/oauth/access_token", checks_pkce=True)
    user = {"id": 583231, "login": "Ada", "name": "Ada Lovelace", "email": None}
    mails = [
        {"email": "old@example.org", "primary": False, "verified": True},
        {"email": "ada@example.org", "primary": True, "verified": True},
    ]

    def organisations(request):
        if "page" in request.fields:
            return [{"login": "Physics"}]
        following = f'<{site.url}/api/v3/user/orgs?per_page=100&page=2>; rel="next"'
        return 200, [{"login": "Library"}], {"Link": following}

    site.api("/api/v3/user", lambda _: user)
    site.api("/api/v3/user/emails", lambda _: mails)
    site.api("/api/v3/user/orgs", organisations)
    site.api(
        "/api/v3/user/teams",
        lambda _: [{"slug": "lab", "name": "The lab", "organization": {"login": "Physics"}}],
    )
    yield site
    site.end()


class TestGitHub(RedirectLoginContract):
    @pytest.fixture
    def login(self, open_login, github):
        return open_login("github", url=github.url)

    @pytest.fixture
    def visit(self, github):
        return github.visit

    @pytest.fixture
    def unreachable(self, open_login):
        return open_login("github", url="http://127.0.0.1:9")

    def test_who_it_is_and_what_they_belong_to(self, login, github):
        subject = travel(login, github)

        assert (subject.provider, subject.key, subject.name) == ("host", "583231", "Ada")
        assert (subject.email, subject.full_name) == ("ada@example.org", "Ada Lovelace")
        assert subject.groups == {"library", "physics", "physics/lab"}
        assert login.group_named("Physics/Lab") in subject.groups

    def test_an_address_that_nobody_has_verified_is_left_out(self, login, github):
        user = {"id": 7, "login": "ada", "email": "boss@example.org"}
        github.api("/api/v3/user", lambda _: user)
        mails = [
            {"email": "boss@example.org", "primary": True, "verified": False},
            {"email": "ada@example.org", "primary": False, "verified": True},
        ]
        github.api("/api/v3/user/emails", lambda _: mails)

        assert travel(login, github).email is None

    def test_a_scope_without_addresses_leaves_the_one_of_the_profile(self, login, github):
        user = {"id": 7, "login": "ada", "email": "ada@example.org"}
        github.api("/api/v3/user", lambda _: user)
        github.api("/api/v3/user/emails", lambda _: (404, {"message": "Not Found"}, {}))

        assert travel(login, github).email == "ada@example.org"

    def test_groups_can_be_left_out_and_are_then_not_asked_for(self, open_login, github):
        login = open_login("github", url=github.url, groups="no")

        assert travel(login, github).groups == frozenset()
        assert "read%3Aorg" not in login.begin(CALLBACK, "state").url
        assert github.times("/api/v3/user/orgs") == 0

    def test_a_next_page_at_another_site_gets_no_token(self, login, github):
        elsewhere = '<https://evil.test/more>; rel="next"'
        github.api("/api/v3/user/orgs", lambda _: (200, [], {"Link": elsewhere}))

        with pytest.raises(LoginUnavailable):
            travel(login, github)

    def test_a_scope_that_is_too_narrow_is_the_administrators_matter(self, login, github, caplog):
        github.api("/api/v3/user/orgs", lambda _: (403, {"message": "Forbidden"}, {}))

        with pytest.raises(LoginUnavailable):
            travel(login, github)
        assert "the scope may be too narrow" in caplog.text

    def test_a_wrong_secret_is_the_administrators_matter(self, login, github):
        github.answers[github.token_path] = lambda _: {"error": "incorrect_client_credentials"}

        with pytest.raises(LoginUnavailable):
            travel(login, github)

    def test_the_public_site_is_asked_where_it_is(self, open_login):
        departure = open_login("github").begin(CALLBACK, "state")

        assert departure.url.startswith("https://github.com/login/oauth/authorize?")


@pytest.fixture
def bitbucket():
    """An imitation of Bitbucket Cloud."""
    site = CodeHost(token_path="/site/oauth2/access_token", checks_pkce=False)
    user = {"uuid": "{1-2-3}", "nickname": "ada", "display_name": "Ada Lovelace"}
    mails = [{"email": "ada@example.org", "is_primary": True, "is_confirmed": True}]
    site.api("/2.0/user", lambda _: user)
    site.api("/2.0/user/emails", lambda _: {"values": mails})
    site.api(
        "/2.0/user/workspaces",
        lambda request: (
            {"values": [{"workspace": {"slug": "physics"}}]}
            if "page" in request.fields
            else {
                "values": [{"workspace": {"slug": "library"}}],
                "next": f"{site.url}/2.0/user/workspaces?page=2",
            }
        ),
    )
    yield site
    site.end()


class TestBitbucket:
    """Not the contract: an answer is bound to its trip by the state alone, as PKCE is not known."""

    @pytest.fixture
    def login(self, open_login, bitbucket):
        return open_login("bitbucket", url=bitbucket.url, api=f"{bitbucket.url}/2.0")

    def test_who_it_is_and_what_they_belong_to(self, login, bitbucket):
        subject = travel(login, bitbucket)

        assert (subject.key, subject.name, subject.email) == ("{1-2-3}", "ada", "ada@example.org")
        assert subject.groups == {"library", "physics"}
        basic = base64.b64encode(b"registry:hush").decode()
        shown = [headers for path, _, headers in bitbucket.asked if path == bitbucket.token_path]
        assert shown[0]["Authorization"] == f"Basic {basic}"

    def test_workspaces_are_found_at_the_older_place_too(self, login, bitbucket):
        del bitbucket.answers["/2.0/user/workspaces"]
        old = {"values": [{"permission": "member", "workspace": {"slug": "physics"}}]}
        bitbucket.api("/2.0/user/permissions/workspaces", lambda _: old)

        assert travel(login, bitbucket).groups == {"physics"}

    def test_a_code_that_is_not_good_proves_nobody(self, login, bitbucket):
        departure = login.begin(CALLBACK, "state")

        with pytest.raises(LoginRequired):
            login.finish(CALLBACK, {"state": "state", "code": "x"}, departure.keepsake)


class TestGitLab:
    def test_groups_are_whole_paths_and_the_name_comes_from_userinfo(self, open_login, forger):
        person = {"sub": "42", "preferred_username": "ada", "nickname": "ada"}
        forger.person = {**person, "groups": ["physics", "physics/lab"], "email": "a@b.c"}
        forger.claims = {"groups": None, "preferred_username": None, "nickname": None}
        login = open_login("gitlab", url=forger.url)

        subject = travel(login, forger)

        assert (subject.key, subject.name) == ("42", "ada")
        assert subject.groups == {"physics", "physics/lab"}


class TestGoogle:
    @pytest.fixture
    def google(self, forger):
        forger.person = {"sub": "1", "email": "ada@example.org", "email_verified": True}
        forger.claims = {"hd": "example.org"}
        return forger

    def test_the_domain_of_an_organisation_is_a_group(self, open_login, google):
        login = open_login("google", issuer=google.url)

        subject = travel(login, google)

        assert (subject.name, subject.groups) == ("ada@example.org", {"example.org"})

    def test_only_accounts_of_the_domain_come_in(self, open_login, google):
        login = open_login("google", issuer=google.url, hosted_domain="example.org")
        assert "hd=example.org" in login.begin(CALLBACK, "state").url
        assert travel(login, google)

        for claims in ({"hd": "evil.test"}, {}, {"hd": ["example.org"]}):
            google.claims = claims
            with pytest.raises(LoginRequired, match="this account is none of"):
                travel(login, google)

    def test_what_is_not_signed_says_nothing_of_the_domain(self, open_login, google):
        google.claims = {"hd": None}
        google.person = {**google.person, "hd": "example.org"}

        with pytest.raises(LoginRequired):
            travel(open_login("google", issuer=google.url, hosted_domain="example.org"), google)


@pytest.mark.parametrize(
    ("kind", "values", "complaint"),
    [
        ("openid", {}, "host.issuer is missing"),
        ("openid", {"issuer": "http://login.test"}, "host.issuer = http://login.test is not an"),
        ("openid", {"issuer": "login.test"}, "host.issuer = login.test is not an"),
        ("openid", {"issuer": "https://a:b@login.test"}, "is not an address"),
        ("openid", {"issuer": "https://login.test", "client_id": ""}, "host.client_id is missing"),
        ("github", {"client_secret": ""}, "host.client_secret is missing"),
        ("gitlab", {"url": "ftp://gitlab.test"}, "host.url = ftp://gitlab.test is not an"),
        ("github", {"ca_file": "absent.pem"}, "absent.pem is no file"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(open_login, kind, values, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        open_login(kind, **values)


def test_the_readme_tells_every_key_of_every_kind(tmp_path):
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    told = [set(re.findall(r"^\| `(\w+)`", part, re.MULTILINE)) for part in readme.split("\n##")]
    shared = told[1] | {"client_secret_file", "client_secret_env"}
    kinds = re.findall(r"^### `(\w+)`$", readme, re.MULTILINE)

    for kind, own in zip(kinds, told[3:], strict=False):
        values = {"client_id": "a", "client_secret": "b", "issuer": "https://login.test"}
        settings = PluginSettings("host", values, tmp_path, {})
        sregistry_oauth.sregistry_login(kind, settings)
        assert shared | own == settings.known(), kind
    assert len(kinds) == 5


def test_other_kinds_are_not_ours(open_login):
    assert open_login("ldap") is None
