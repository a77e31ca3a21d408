"""What narrow tokens are good for, and when they die."""

from datetime import timedelta

import pytest

from sregistry_core.contracts import Scope
from sregistry_core.names import CollectionName, ContainerName
from sregistry_core.services.narrow_tokens import PURPOSE
from sregistry_core.testing.oci import OciClient, challenge_of, code_of

TOKEN = "/v2/token?service=registry.test"

PUSH = "repository:ada/lab/blast:pull,push"

PULL = "repository:ada/lab/blast:pull"


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
