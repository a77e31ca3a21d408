"""What a provider may say, and who is refused; the provider is an imitation that forges."""

import json

import pytest

from sregistry_core.errors import LoginRequired

from .forging_provider import CLIENT, SECRET

CALLBACK = "https://registry.test/auth/sign-in/campus/callback"


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
