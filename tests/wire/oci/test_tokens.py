"""Logging in: challenges, the token endpoint, and what narrow tokens are good for."""

import base64
from datetime import timedelta

import pytest

from sregistry_core.contracts import Scope
from sregistry_core.names import CollectionName, ContainerName
from sregistry_core.services.narrow_tokens import PURPOSE
from sregistry_core.testing.oci import OciClient, challenge_of, code_of, digest_of
from sregistry_core.testing.registry import PASSWORD

TOKEN = "/v2/token?service=registry.test"
PUSH = "repository:ada/lab/blast:pull,push"
PULL = "repository:ada/lab/blast:pull"


@pytest.fixture
def private(registry, ada):
    digest = ada.push_artifact("ada/lab/blast", "1")
    registry.hide("ada/lab")
    return digest


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


def test_a_narrow_token_does_what_it_was_made_for(registry, private, ada, with_password):
    narrow = with_password("ada").log_in(PUSH)

    narrow.get("/v2/", status=200)
    narrow.manifest("ada/lab/blast", "1", status=200)
    narrow.push_artifact("ada/lab/blast", "2", b"another layer")


def test_a_narrow_token_for_pulling_does_not_push(private, with_password):
    narrow = with_password("ada").log_in(PULL)

    answer = narrow.post("/v2/ada/lab/blast/blobs/uploads/", status=401)

    assert challenge_of(answer)["scope"] == "repository:ada/lab/blast:pull,push"
    narrow.delete("/v2/ada/lab/blast/manifests/1", status=401)


def test_a_narrow_token_for_pushing_does_not_delete(private, with_password):
    narrow = with_password("ada").log_in(PUSH)

    answer = narrow.delete("/v2/ada/lab/blast/manifests/1", status=401)

    assert challenge_of(answer)["scope"] == "repository:ada/lab/blast:delete"
    deleter = with_password("ada").log_in("repository:ada/lab/blast:delete")
    deleter.delete("/v2/ada/lab/blast/manifests/1", status=202)


def test_a_star_means_everything_that_one_may_do_in_a_repository(private, with_password):
    narrow = with_password("ada").log_in("repository:ada/lab/blast:*")

    narrow.push_artifact("ada/lab/blast", "2")
    narrow.delete("/v2/ada/lab/blast/manifests/2", status=202)


def test_a_narrow_token_says_nothing_of_other_repositories(private, ada, with_password):
    ada.push_artifact("ada/lab/other", "1")
    narrow = with_password("ada").log_in(PUSH)

    there = narrow.manifest("ada/lab/other", "1", status=401)
    absent = narrow.manifest("ada/lab/ether", "1", status=401)

    assert there.body.replace(b"other", b"ether") == absent.body
    narrow.post("/v2/ada/lab/other/blobs/uploads/", status=401)
    narrow.get("/v2/_catalog", status=401)


def test_a_narrow_token_is_good_for_oci_only(private, ada, with_password):
    narrow = with_password("ada").log_in("repository:ada/lab/blast:*")

    narrow.get("/v1/containers/ada/lab/blast", status=401)
    narrow.get("/v2/imagefile/x", status=[401, 404])
    narrow.post("/v1/images", {"hash": "sha256." + "0" * 64, "container": "x"}, status=401)
    narrow.get(TOKEN, status=401)


def test_scopes_are_repeated_or_separated_by_spaces(private, ada, with_password):
    ada.push_artifact("ada/lab/other", "1")
    other = "repository:ada/lab/other:pull"

    for narrow in (
        with_password("ada").log_in(PULL, other),
        with_password("ada").log_in(f"{PULL} {other}"),
    ):
        narrow.manifest("ada/lab/blast", "1", status=200)
        narrow.manifest("ada/lab/other", "1", status=200)


@pytest.mark.parametrize(
    "scope", ["", "nonsense", "repository", "repository::", "repository:UP PER:pull", ":::",
              "repository:ada/lab/blast:sing", "registry:catalog:pull"]
)  # fmt: skip
def test_a_scope_that_cannot_be_is_left_out(private, with_password, scope):
    narrow = with_password("ada").log_in(scope)

    narrow.get("/v2/", status=200)
    narrow.manifest("ada/lab/blast", "1", status=401)


def test_a_short_name_in_a_scope_is_that_of_the_home_entity(registry, user, with_password):
    user("root", is_admin=True)
    narrow = with_password("root").log_in("repository:blast:pull,push")

    narrow.push_artifact("blast", "1")
    narrow.manifest("blast", "1", status=200)


def test_a_token_without_a_login_pulls_what_is_public(registry, ada, stranger):
    ada.push_artifact("ada/lab/blast", "1")
    narrow = stranger.log_in("repository:ada/lab/blast:pull,push")

    narrow.get("/v2/", status=200)
    narrow.manifest("ada/lab/blast", "1", status=200)
    narrow.post("/v2/ada/lab/blast/blobs/uploads/", status=401)
    narrow.delete("/v2/ada/lab/blast/manifests/1", status=401)
    registry.hide("ada/lab")
    narrow.manifest("ada/lab/blast", "1", status=401)


def test_a_token_of_somebody_else_gives_no_more_than_they_have(private, bob, with_password):
    narrow = with_password("bob").log_in("repository:ada/lab/blast:*")

    hidden = narrow.manifest("ada/lab/blast", "1", status=404)

    assert code_of(hidden) == "NAME_UNKNOWN"
    narrow.post("/v2/ada/lab/blast/blobs/uploads/", status=403)


def test_a_narrow_token_expires(registry, private, with_password):
    narrow = with_password("ada").log_in(PUSH)

    registry.clock.move(timedelta(minutes=9))
    narrow.get("/v2/", status=200)
    registry.clock.move(timedelta(minutes=2))

    assert code_of(narrow.get("/v2/", status=401)) == "UNAUTHORIZED"


def test_a_narrow_token_dies_with_the_one_it_was_made_from(registry, private, ada):
    narrow = ada.log_in(PUSH)
    narrow.manifest("ada/lab/blast", "1", status=200)

    with registry.parts.unit()() as services:
        [token] = services.tokens.of(services.accounts.find("ada"))
        services.tokens.revoke(token.id)

    narrow.manifest("ada/lab/blast", "1", status=401)


def test_a_narrow_token_dies_with_its_user(registry, private, with_password):
    narrow = with_password("ada").log_in(PUSH)

    with registry.parts.unit()() as services:
        services.accounts.disable("ada")

    narrow.manifest("ada/lab/blast", "1", status=401)


def test_a_narrow_token_of_a_token_for_pulling_only_pulls(registry, private, ada):
    weak = registry.with_scope(ada, Scope.PULL)
    narrow = OciClient(registry.app, "ada", weak.token).log_in(PUSH)

    narrow.manifest("ada/lab/blast", "1", status=200)
    refused = narrow.post("/v2/ada/lab/blast/blobs/uploads/", status=403)
    assert code_of(refused) == "DENIED"
    assert challenge_of(refused)["scope"] == PUSH, "oras-py gives no reason without"


def test_rights_that_are_taken_are_gone_at_once(registry, private, bob, with_password):
    from sregistry_core.models import CollectionRole

    lab = CollectionName("ada", "lab")
    with registry.parts.unit()() as services:
        services.grants.give(services.catalog.collection(lab), CollectionRole.WRITER, user="bob")
    narrow = with_password("bob").log_in(PUSH)
    narrow.manifest("ada/lab/blast", "1", status=200)

    with registry.parts.unit()() as services:
        services.grants.take(services.catalog.collection(lab), user="bob")

    narrow.manifest("ada/lab/blast", "1", status=404)


def remade(registry, ada, *, collection):
    with registry.parts.unit()() as services:
        container = services.catalog.container(ContainerName("ada", "lab", "blast"))
        shelf = container.collection
        services.catalog.delete_container(container)
        if collection:
            services.db.flush()
            services.catalog.delete_collection(shelf)
    ada.push_artifact("ada/lab/blast", "1")


@pytest.mark.parametrize("collection", [False, True])
@pytest.mark.parametrize("scope", [PULL, PUSH, "repository:ada/lab/blast:*"])
def test_a_narrow_token_dies_with_what_it_named_also_when_it_is_made_anew(
    registry, ada, with_password, collection, scope
):
    ada.push_artifact("ada/lab/blast", "1")
    narrow = with_password("ada").log_in(scope)
    narrow.manifest("ada/lab/blast", "1", status=200)

    remade(registry, ada, collection=collection)

    narrow.manifest("ada/lab/blast", "1", status=404)
    narrow.post("/v2/ada/lab/blast/blobs/uploads/", status=[401, 403, 404])
    narrow.delete("/v2/ada/lab/blast/manifests/1", status=[401, 404])
    ada.manifest("ada/lab/blast", "1", status=200)


def test_a_narrow_token_makes_what_it_names(ada, with_password):
    narrow = with_password("ada").log_in("repository:ada/new/box:pull,push")

    narrow.push_artifact("ada/new/box", "1")

    narrow.manifest("ada/new/box", "1", status=200)
    narrow.post("/v2/ada/new/crate/blobs/uploads/", status=401)


def test_a_token_tells_nothing_of_what_is_hidden(registry, private, bob, with_password):
    bobs, signer = with_password("bob"), registry.parts.facilities.signer

    hidden = signer.read(PURPOSE, bobs.log_in("repository:ada/lab/blast:pull").token)
    absent = signer.read(PURPOSE, bobs.log_in("repository:ada/lab/blest:pull").token)

    assert hidden["reach"].replace("blast", "blest") == absent["reach"]


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
