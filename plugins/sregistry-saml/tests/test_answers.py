"""Answers of an identity provider: good ones, and every kind that must not be taken."""

import base64
import re
import time
from pathlib import Path

import pytest
from saml2.saml import NAMEID_FORMAT_TRANSIENT, NameID
from saml2.xmldsig import DIGEST_SHA1, SIG_RSA_SHA1

import sregistry_saml
from sregistry_core.contracts import ConfigurationError, PluginSettings
from sregistry_core.errors import LoginRequired
from sregistry_core.testing.browser import Browser
from sregistry_core.testing.redirect_contract import CALLBACK

from .identity_provider import ADA, SITE, IdentityProvider

pytest_plugins = ["sregistry_core.testing.fixtures"]


@pytest.fixture
def travel(login, provider):
    """A whole trip; `change` may change the XML of the answer."""

    def go(change=lambda text: text, at=None, **about):
        at = at or login
        departure = at.begin(CALLBACK, "state")
        answer = provider.visit(departure.url, **about)
        text = change(base64.b64decode(answer["SAMLResponse"]).decode())
        shown = {**answer, "SAMLResponse": base64.b64encode(text.encode()).decode()}
        return at.finish(CALLBACK, shown, departure.keepsake)

    return go


def test_who_it_is_and_what_they_belong_to(travel):
    subject = travel()

    assert (subject.provider, subject.name, subject.email) == ("campus", "ada", "ada@example.org")
    assert subject.full_name == "Ada Lovelace"
    assert subject.groups == {"physics", "staff"}
    assert subject.key == travel().key


def test_the_key_may_come_from_an_attribute(open_login, travel):
    attributes = {**ADA, "eduPersonPrincipalName": ["ada@example.org"]}

    subject = travel(at=open_login(key_attribute="eduPersonPrincipalName"), attributes=attributes)

    assert subject.key == "ada@example.org"


def test_an_identifier_that_changes_each_time_is_none(travel, caplog):
    passing = NameID(format=NAMEID_FORMAT_TRANSIENT, text="passing")

    with pytest.raises(LoginRequired):
        travel(name_id=passing)
    assert "set key_attribute" in caplog.text


@pytest.mark.parametrize(
    ("differing", "reason"),
    [
        ({"sign_assertion": False}, "Signature missing for assertion"),
        ({"sign_assertion": False, "sign_response": True}, "Signature missing for assertion"),
        ({"sign_alg": SIG_RSA_SHA1, "digest_alg": DIGEST_SHA1}, "it is signed with http://www"),
        ({"digest_alg": DIGEST_SHA1}, "it is signed with http://www"),
        ({"sp_entity_id": "https://other.test/metadata"}, "AudienceRestrictions"),
        ({"destination": "https://other.test/acs"}, "it holds nothing that is for us"),
        ({"in_response_to": "id-of-another-trip"}, "Unsolicited response"),
        ({"in_response_to": None}, "Unsolicited response"),
        ({"session_not_on_or_after": "2001-01-01T00:00:00Z"}, "too old"),
    ],
    ids=str,
)
def test_an_answer_that_is_not_signed_or_not_for_us_proves_nobody(
    travel, caplog, differing, reason
):
    with pytest.raises(LoginRequired):
        travel(**differing)

    assert reason in caplog.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (">ada<", ">root<"),
        ("ada@example.org", "eve@example.org"),
        (">staff<", ">admins<"),
        ("/metadata</", "/other</"),
    ],
)
def test_a_changed_sign_breaks_the_seal(travel, caplog, before, after):
    def change(text):
        assert before in text
        return text.replace(before, after, 1)

    with pytest.raises(LoginRequired):
        travel(change)
    assert "Failed to verify signature" in caplog.text


def test_a_comment_in_a_name_does_not_cut_it(travel):
    """As with many implementations in 2018: the seal holds, and half of the name is read."""
    try:
        subject = travel(lambda text: text.replace(">ada@example.org<", ">ada@exa<!---->mple.org<"))
    except LoginRequired:
        return
    assert subject.email == "ada@example.org"


def test_a_second_assertion_beside_the_signed_one_is_not_read(travel):
    """Signature wrapping: the seal is that of the one, and what is read is the other."""

    def wrap(text):
        begin = text.index("<ns1:Assertion")
        end = text.index("</ns1:Assertion>") + len("</ns1:Assertion>")
        forged = text[begin:end].replace(">ada<", ">root<")
        signature_from = forged.index("<ns2:Signature")
        signature_to = forged.index("</ns2:Signature>") + len("</ns2:Signature>")
        forged = forged[:signature_from] + forged[signature_to:]
        return text[:begin] + forged + text[begin:]

    with pytest.raises(LoginRequired):
        travel(wrap)


def test_an_answer_of_another_provider_proves_nobody(login, provider, keys, tmp_path):
    (tmp_path / "other").mkdir()
    for entity_id in (provider.entity_id, f"{SITE}/another"):
        stranger = IdentityProvider(tmp_path / "other", *keys["stranger"], entity_id=entity_id)
        stranger.meet(login.metadata(CALLBACK))
        departure = login.begin(CALLBACK, "state")

        with pytest.raises(LoginRequired):
            login.finish(CALLBACK, stranger.visit(departure.url), departure.keepsake)


def test_an_answer_that_is_over_proves_nobody(login, provider, monkeypatch, caplog):
    departure = login.begin(CALLBACK, "state")
    answer = provider.visit(departure.url)
    # The clock that the library looks at; an answer is good for five minutes and one more.
    monkeypatch.setattr("saml2.time_util.utc_now", lambda: int(time.time()) + 400)

    with pytest.raises(LoginRequired):
        login.finish(CALLBACK, answer, departure.keepsake)
    assert "too old" in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<a/>",
        "no XML",
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "<a>" * 5000,
    ],
)
def test_what_is_no_answer_proves_nobody(travel, text):
    with pytest.raises(LoginRequired):
        travel(lambda _: text)


def test_what_we_are_is_told_at_one_address(open_login, keys):
    key, certificate = keys["ours"]
    plain = open_login().metadata(CALLBACK).decode()
    signing = open_login(key=str(key), certificate=str(certificate)).metadata(CALLBACK).decode()

    assert f'Location="{CALLBACK}"' in plain
    assert 'WantAssertionsSigned="true"' in plain
    assert "X509Certificate" not in plain
    assert 'AuthnRequestsSigned="true"' in signing
    assert "X509Certificate" in signing


def test_a_request_is_signed_when_we_have_a_key(open_login, keys):
    key, certificate = keys["ours"]

    login = open_login(key=str(key), certificate=str(certificate))

    assert "&Signature=" in login.begin(CALLBACK, "state").url


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"metadata": "absent.xml"}, "absent.xml is no file"),
        ({"metadata": "empty.xml"}, "campus.metadata = .*empty.xml"),
        ({"provider": "https://other.test"}, "campus.provider: .* describes these"),
        ({"key": "empty.xml"}, "give both, or none"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(provider, tmp_path, values, complaint):
    (tmp_path / "empty.xml").write_text("")
    settings = {"metadata": str(provider.file), **values}

    with pytest.raises(ConfigurationError, match=complaint):
        sregistry_saml.sregistry_login("saml", PluginSettings("campus", settings, tmp_path, {}))


def test_the_readme_tells_every_key(provider, tmp_path):
    settings = PluginSettings("campus", {"metadata": str(provider.file)}, tmp_path, {})
    sregistry_saml.sregistry_login("saml", settings)
    readme = (Path(__file__).parents[1] / "README.md").read_text()

    assert set(re.findall(r"^\| `(\w+)`", readme, re.MULTILINE)) == settings.known()


def test_other_kinds_are_not_ours():
    assert sregistry_saml.sregistry_login("ldap", None) is None


def test_somebody_logs_in_to_a_whole_registry_and_an_answer_is_taken_once(make_registry, provider):
    registry = make_registry(
        protocols="discovery transfer library shub ui",
        plugins="filesystem saml",
        login="passwords campus",
        campus__use="saml",
        campus__metadata=str(provider.file),
        campus__teams="lab: physics",
    )
    browser, without_cookies = Browser(registry), Browser(registry)
    described = browser.open("/auth/sign-in/campus/metadata")
    assert described.content_type == "application/samlmetadata+xml"
    provider.meet(described.body)
    answer = provider.visit(browser.leave("campus", wanted="/auth/tokens"))
    back, elsewhere = "/auth/sign-in/campus/callback", {"Origin": SITE}

    page = without_cookies.post(back, answer, headers=elsewhere, status=200)
    fields = dict(page.forms[0].submit_fields())
    arrived = browser.post(back, fields, headers={"Origin": "http://registry.test"}, status=303)
    again = browser.post(back, fields, headers={"Origin": "http://registry.test"}, status=401)

    assert arrived.location == "http://localhost/auth/tokens"
    assert "You are ada, Ada Lovelace, ada@example.org" in browser.open("/auth/account")
    assert "is over" in again
    with registry.parts.unit()() as services:
        assert [one.user.name for one in services.teams.members("lab")] == ["ada"]
