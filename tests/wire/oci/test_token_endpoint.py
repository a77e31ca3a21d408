"""Logging in: challenges, the token endpoint, and what it takes and gives."""

import base64

import pytest

from sregistry_core.testing.oci import OciClient, challenge_of, code_of, digest_of
from sregistry_core.testing.registry import PASSWORD

TOKEN = "/v2/token?service=registry.test"

PUSH = "repository:ada/lab/blast:pull,push"

PULL = "repository:ada/lab/blast:pull"


def client_of(registry, answer):
    return OciClient(registry.app, "narrow", answer.json["token"])


@pytest.mark.parametrize("path", ["/v2/", "/v2"])
def test_nobody_is_challenged_at_the_root(stranger, path):
    answer = stranger.get(path, status=401)

    assert code_of(answer) == "UNAUTHORIZED"
    assert challenge_of(answer) == {
        "scheme": "Bearer",
        "realm": "http://registry.test/v2/token",
        "service": "registry.test",
    }


@pytest.mark.parametrize("header", ["Bearer", "Bearer none", "Basic Og==", "Negotiate abc"])
def test_what_shows_nothing_is_nobody(stranger, header):
    stranger.get("/v2/", headers={"Authorization": header}, status=401)
    stranger.get("/v2/token", headers={"Authorization": header}, status=200)


@pytest.mark.parametrize("word", ["Bearer", "BEARER", "bearer"])
def test_a_long_token_is_good_on_every_request(ada, stranger, word):
    ada.get("/v2/", status=200)
    stranger.get("/v2/", headers={"Authorization": f"{word} {ada.token}"}, status=200)


def test_basic_is_taken_on_every_request(ada, stranger, with_password):
    with_password("ada").get("/v2/", status=200)
    with_password("ada").push_artifact("ada/lab/blast", "1")
    shown = base64.b64encode(f"ada:{ada.token}".encode()).decode()
    stranger.get("/v2/", headers={"Authorization": f"Basic {shown}"}, status=200)


@pytest.mark.parametrize("path", ["/v2/", "/v2/token", "/v2/ada/lab/blast/manifests/1"])
@pytest.mark.parametrize(
    "header", ["Bearer sregistry_forged", "Bearer forged", "Basic !!", "Basic YWRhOndyb25n"]
)
def test_a_wrong_login_is_refused_everywhere(ada, stranger, path, header):
    answer = stranger.get(path, headers={"Authorization": header}, status=401)

    assert code_of(answer) == "UNAUTHORIZED"
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize("scopes", ["", f"&scope={PULL}"])
def test_the_token_endpoint_checks_the_login_also_without_a_scope(ada, with_password, scopes):
    with_password("ada").get(TOKEN + scopes, status=200)
    with_password("ada", password="wrong").get(TOKEN + scopes, status=401)
    with_password("eve").get(TOKEN + scopes, status=401)


def test_the_answer_has_what_every_client_reads(ada, with_password):
    answer = with_password("ada").get(f"{TOKEN}&scope={PULL}")

    assert answer.json["token"] == answer.json["access_token"]
    assert answer.json["expires_in"] == 600
    assert answer.json["issued_at"].endswith("Z")
    assert "refresh_token" not in answer.json
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_client_may_keep_a_refresh_token_in_place_of_the_password(
    registry, private, with_password, stranger
):
    answer = with_password("ada").get(f"{TOKEN}&client_id=docker&offline_token=true", status=200)
    refresh = answer.json["refresh_token"]

    form = f"grant_type=refresh_token&service=x&client_id=docker&refresh_token={refresh}"
    again = stranger.post("/v2/token", f"{form}&scope={PUSH}".encode(), status=200)

    assert again.json["refresh_token"] == refresh
    assert again.json["scope"] == PUSH
    client_of(registry, again).manifest("ada/lab/blast", "1", status=200)
    with registry.parts.unit()() as services:
        listed = {token.name: token for token in services.tokens.of(services.accounts.find("ada"))}
        services.tokens.revoke(listed["refresh token of docker"].id)
    stranger.post("/v2/token", form.encode(), status=401)
    client_of(registry, again).manifest("ada/lab/blast", "1", status=401)


def test_only_a_password_is_worth_a_refresh_token(ada, stranger):
    for actor in (ada, stranger):
        answer = actor.get(f"{TOKEN}&offline_token=true", status=200)
        assert "refresh_token" not in answer.json


def test_a_password_is_granted_a_token_by_post(registry, private, stranger):
    form = f"grant_type=password&username=ada&password={PASSWORD.replace(' ', '+')}&scope={PULL}"

    answer = stranger.post("/v2/token", form.encode(), status=200)
    offline = stranger.post("/v2/token", f"{form}&access_type=offline".encode(), status=200)

    client_of(registry, answer).manifest("ada/lab/blast", "1", status=200)
    assert "refresh_token" not in answer.json
    assert offline.json["refresh_token"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ("", 400),
        ("grant_type=magic", 400),
        ("grant_type=password&username=ada&password=wrong", 401),
        ("grant_type=password", 401),
        ("grant_type=refresh_token&refresh_token=forged", 401),
        ("grant_type=%ff", 400),
        ("&".join(f"a{i}=1" for i in range(1000)), 400),
        ("a" * 100_000, 413),
    ],
)
def test_a_form_that_is_no_grant_is_refused(ada, stranger, form, status):
    code_of(stranger.post("/v2/token", form.encode(), status=status))


def test_too_many_scopes_are_refused(ada, stranger):
    scopes = "+".join(f"repository:ada/lab/x{number}:pull" for number in range(60))

    code_of(stranger.get(f"{TOKEN}&scope={scopes}", status=400))


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v2/ada/lab/x/manifests/1", "repository:ada/lab/x:pull"),
        ("GET", "/v2/ada/lab/x/tags/list", "repository:ada/lab/x:pull"),
        ("GET", f"/v2/x/blobs/{digest_of(b'')}", "repository:x:pull"),
        ("GET", f"/v2/c/x/referrers/{digest_of(b'')}", "repository:c/x:pull"),
        ("POST", "/v2/ada/lab/x/blobs/uploads/", "repository:ada/lab/x:pull,push"),
        (
            "POST",
            f"/v2/ada/lab/x/blobs/uploads/?mount={digest_of(b'')}&from=c/y",
            "repository:ada/lab/x:pull,push repository:c/y:pull",
        ),
        ("GET", "/v2/ada/lab/x/blobs/uploads/1", "repository:ada/lab/x:pull,push"),
        ("DELETE", "/v2/ada/lab/x/blobs/uploads/1", "repository:ada/lab/x:pull,push"),
        ("PATCH", "/v2/ada/lab/x/blobs/uploads/1", "repository:ada/lab/x:pull,push"),
        ("DELETE", "/v2/ada/lab/x/manifests/1", "repository:ada/lab/x:delete"),
        ("GET", "/v2/_catalog", "registry:catalog:*"),
    ],
)
def test_a_challenge_names_exactly_what_is_needed(stranger, method, path, scope):
    answer = stranger.ask(method, path)

    assert answer.status_int == 401
    assert challenge_of(answer)["scope"] == scope


@pytest.mark.parametrize(
    "path",
    [
        "/v2/{}/manifests/1",
        f"/v2/{{}}/manifests/{digest_of(b'')}",
        f"/v2/{{}}/blobs/{digest_of(b'')}",
        "/v2/{}/tags/list",
        f"/v2/{{}}/referrers/{digest_of(b'')}",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_hidden_looks_like_what_is_absent(private, bob, stranger, path, method):
    for actor, status in ((stranger, 401), (bob, 200 if "referrers" in path else 404)):
        hidden = shape_of(actor.ask(method, path.format("ada/lab/blast")))
        absent = shape_of(actor.ask(method, path.format("ada/lab/nixes")))

        assert hidden == absent
        assert hidden[0] == status


def shape_of(answer):
    """All that a client sees, but for the name that it has sent itself."""
    headers = [
        (name, text.replace("nixes", "blast"))
        for name, text in answer.headers.items()
        if name != "X-Request-ID"
    ]
    return answer.status_int, answer.body.replace(b"nixes", b"blast"), headers


def test_a_first_login_may_ask_for_a_refresh_token(make_registry, monkeypatch):
    """`docker login` is the first that the registry hears of somebody of the directory."""
    from sregistry_core.contracts import PasswordLogin, Subject
    from sregistry_core.testing.registry import PUBLIC_URL

    class Directory(PasswordLogin):
        def check(self, name, password):
            return Subject("directory", name, name) if password == "right" else None

    registry = make_registry(protocols="oci")
    registry.parts.plugins.logins["directory"] = Directory()
    shown = base64.b64encode(b"eve:right").decode()
    eve = OciClient(registry.app, "eve", extra_headers={"Authorization": f"Basic {shown}"})

    answer = eve.get(f"{PUBLIC_URL}/v2/token?offline_token=true", headers=eve.headers, status=200)

    assert answer.json["refresh_token"]
    OciClient(registry.app, "eve", answer.json["refresh_token"]).get("/v2/", status=200)
