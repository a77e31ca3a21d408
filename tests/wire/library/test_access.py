"""Who may pull, push and delete: owners, writers, readers, teams, and tokens for less."""

import pytest

from sregistry_core.contracts import Scope, TeamRole
from sregistry_core.models import CollectionRole
from sregistry_core.names import CollectionName
from sregistry_core.testing.sif_files import make_sif

IMAGE = make_sif()
OTHER = make_sif(labels={"other": "one"})


@pytest.fixture
def private(registry, ada):
    """A private collection with one image."""
    ada.push("ada/lab/secret:1", IMAGE)
    registry.hide("ada/lab")


def grant(registry, role, *, user=None, team=None):
    with registry.parts.unit()() as services:
        collection = services.catalog.collection(CollectionName("ada", "lab"))
        services.grants.give(collection, role, user=user, team=team)


def test_hidden_and_absent_look_the_same_to_a_stranger(private, stranger, bob):
    for somebody in (stranger, bob):
        for path in (
            "/v1/images/{}?arch=amd64",
            "/v1/imagefile/{}?arch=amd64",
            "/v1/containers/{}",
            "/api/container/{}",
        ):
            hidden = somebody.get(path.format("ada/lab/secret"), status=404)
            absent = somebody.get(path.format("ada/lab/nobody"), status=404)
            assert hidden.text.replace("secret", "nobody") == absent.text


def test_a_hidden_collection_looks_absent_to_a_stranger(private, bob):
    hidden = bob.get("/v1/collections/ada/lab", status=404)
    absent = bob.get("/v1/collections/ada/none", status=404)

    assert hidden.text.replace("lab", "none") == absent.text


def test_an_entity_without_anything_public_looks_absent(private, stranger, bob):
    for somebody in (stranger, bob):
        hidden = somebody.get("/v1/entities/ada", status=404)
        absent = somebody.get("/v1/entities/eve", status=404)
        assert hidden.text.replace("ada", "eve") == absent.text


def test_a_stranger_who_pushes_is_told_the_same_of_hidden_and_absent(private, bob):
    hidden = bob.post("/v1/entities", {"name": "ada"}, status=403)
    absent = bob.post("/v1/entities", {"name": "eve"}, status=403)

    assert hidden.text.replace("ada", "eve") == absent.text


def test_a_hidden_image_cannot_be_reached_by_its_identifiers(registry, ada, bob, private):
    image = ada.get("/v1/images/ada/lab/secret:1").json["data"]

    bob.post(f"/v2/imagefile/{image['id']}", {"filesize": 1}, status=404)
    bob.get(f"/v2/tags/{image['container']}", status=404)
    bob.post(
        f"/v2/tags/{image['container']}",
        {"Arch": "amd64", "Tag": "2", "ImageID": image["id"]},
        status=404,
    )
    bob.post("/v1/containers", {"name": "x", "collection": image["collection"]}, status=404)
    bob.post(
        "/v1/images", {"container": image["container"], "hash": "sha256." + "0" * 64}, status=404
    )
    bob.put(f"/v2/imagefile/{image['id']}/_complete", {}, status=404)


def test_a_tag_cannot_point_at_an_image_of_another_container(ada):
    first = ada.push("ada/lab/one:1", IMAGE)
    ada.push("ada/lab/two:1", OTHER)
    container = ada.get("/v1/containers/ada/lab/two").json["data"]["id"]

    ada.post(f"/v2/tags/{container}", {"Arch": "amd64", "Tag": "x", "ImageID": first}, status=404)


@pytest.mark.parametrize(
    ("role", "may_push", "may_delete"),
    [
        (CollectionRole.READER, False, False),
        (CollectionRole.WRITER, True, False),
        (CollectionRole.OWNER, True, True),
    ],
)
@pytest.mark.parametrize("through_team", [False, True])
def test_what_a_role_allows(registry, ada, bob, private, role, may_push, may_delete, through_team):
    if through_team:
        with registry.parts.unit()() as services:
            services.teams.create("crew")
            services.teams.add_member("crew", "bob", TeamRole.MEMBER)
        grant(registry, role, team="crew")
    else:
        grant(registry, role, user="bob")

    assert bob.pull("ada/lab/secret:1").body == IMAGE
    if may_push:
        bob.push("ada/lab/secret:2", OTHER)
    else:
        container = bob.get("/v1/containers/ada/lab/secret").json["data"]["id"]
        answer = bob.post(
            "/v1/images", {"container": container, "hash": "sha256." + "0" * 64}, status=403
        )
        assert answer.json["error"]["message"] == "bob may not push ada/lab/secret"
    bob.delete("/v1/images/ada/lab/secret:1", status=200 if may_delete else 403)


def test_a_role_that_is_taken_away_ends_at_once(registry, ada, bob, private):
    grant(registry, CollectionRole.READER, user="bob")
    bob.pull("ada/lab/secret:1", status=200)
    with registry.parts.unit()() as services:
        collection = services.catalog.collection(CollectionName("ada", "lab"))
        services.grants.take(collection, user="bob")

    bob.pull("ada/lab/secret:1", status=404)


def test_a_member_who_leaves_the_team_loses_what_came_through_it(registry, ada, bob, private):
    with registry.parts.unit()() as services:
        services.teams.create("crew")
        services.teams.add_member("crew", "bob")
    grant(registry, CollectionRole.WRITER, team="crew")
    bob.pull("ada/lab/secret:1", status=200)
    with registry.parts.unit()() as services:
        services.teams.remove_member("crew", "bob")

    bob.pull("ada/lab/secret:1", status=404)


def test_a_member_pushes_to_the_names_of_the_team(registry, ada, bob, stranger):
    with registry.parts.unit()() as services:
        services.teams.create("crew")
        services.teams.add_member("crew", "bob")

    bob.push("crew/tools/blast:1", IMAGE)

    assert stranger.pull("crew/tools/blast:1").body == IMAGE
    ada.post("/v1/collections", {"name": "x", "entity": entity_id(bob, "crew")}, status=403)


def entity_id(actor, name):
    return actor.get(f"/v1/entities/{name}").json["data"]["id"]


def test_a_stranger_pulls_what_is_public_and_nothing_else(ada, stranger):
    ada.push("ada/lab/open:1", IMAGE)

    stranger.pull("ada/lab/open:1", status=200)
    answer = stranger.delete("/v1/images/ada/lab/open:1", status=401)
    assert answer.json["error"]["message"] == "log in to delete ada/lab/open"


def test_another_user_may_not_push_to_what_is_public(ada, bob):
    ada.push("ada/lab/open:1", IMAGE)
    collection = bob.get("/v1/collections/ada/lab").json["data"]["id"]

    answer = bob.post("/v1/containers", {"name": "mine", "collection": collection}, status=403)

    assert answer.json["error"]["message"] == "bob may not push ada/lab"


def test_a_token_for_pulls_pulls_and_no_more(registry, ada, private):
    puller = registry.with_scope(ada, Scope.PULL)

    assert puller.pull("ada/lab/secret:1").body == IMAGE
    container = puller.get("/v1/containers/ada/lab/secret").json["data"]["id"]
    answer = puller.post(
        "/v1/images", {"container": container, "hash": "sha256." + "0" * 64}, status=403
    )
    assert answer.json["error"]["message"] == (
        "this token is for pull only, not to push ada/lab/secret"
    )
    puller.delete("/v1/images/ada/lab/secret:1", status=403)


def test_a_token_for_pushes_pushes_and_deletes(registry, ada):
    pusher = registry.with_scope(ada, Scope.PUSH)

    pusher.push("ada/lab/blast:1", IMAGE)

    pusher.delete("/v1/images/ada/lab/blast:1", status=200)


@pytest.mark.parametrize("word", ["Bearer", "BEARER", "bearer"])
def test_the_word_of_the_scheme_may_be_in_any_case(ada, private, word):
    answer = ada.pull("ada/lab/secret:1", headers={"Authorization": f"{word} {ada.token}"})

    assert answer.body == IMAGE


@pytest.mark.parametrize("shown", ["Bearer", "Bearer ", "Bearer none", "none", "Basic Og==", ""])
def test_an_empty_proof_is_nobody_and_not_a_failure(ada, stranger, shown):
    ada.push("ada/lab/open:1", IMAGE)

    stranger.pull("ada/lab/open:1", headers={"Authorization": shown}, status=200)


def test_a_wrong_token_is_told_so(ada, stranger):
    ada.push("ada/lab/open:1", IMAGE)

    answer = stranger.pull("ada/lab/open:1", headers={"Authorization": "Bearer x"}, status=401)

    assert answer.json["error"]["message"] == "this token is unknown or was revoked"


def test_an_expired_token_is_told_so(registry, ada):
    registry.clock.move(registry.parts.settings.token_lifetime)

    answer = ada.get("/v1/entities/ada", status=401)

    assert answer.json["error"]["message"].startswith("this token expired on ")


def test_a_revoked_token_ends_at_once(registry, ada):
    with registry.parts.unit()() as services:
        for token in services.tokens.of(services.accounts.find("ada")):
            services.tokens.revoke(token.id)

    ada.get("/v1/entities/ada", status=401)


def test_a_disabled_user_is_out_at_once(registry, ada):
    with registry.parts.unit()() as services:
        services.accounts.disable("ada")

    answer = ada.get("/v1/entities/ada", status=401)
    assert answer.json["error"]["message"] == "the account ada is disabled"
    registry.with_password("ada").get("/v1/entities/ada", status=401)


def test_a_password_works_where_a_token_does(registry, ada, private):
    assert registry.with_password("ada").pull("ada/lab/secret:1").body == IMAGE
    assert registry.with_password("ada", ada.token).pull("ada/lab/secret:1").body == IMAGE


def test_a_password_may_hold_colons(registry):
    with registry.parts.unit()() as services:
        services.accounts.create("eve", password="a:b:c:d:e")

    registry.with_password("eve", "a:b:c:d:e").get("/v1/rbac/users/current", status=200)


def test_unknown_name_and_wrong_password_are_told_the_same(registry, ada):
    wrong = registry.with_password("ada", "wrong").get("/v1/rbac/users/current", status=401)
    unknown = registry.with_password("eve", "wrong").get("/v1/rbac/users/current", status=401)

    assert wrong.text == unknown.text


def test_an_empty_password_is_refused(registry, ada):
    registry.with_password("ada", "").get("/v1/rbac/users/current", status=401)


def test_in_the_home_entity_whoever_makes_a_collection_owns_it(registry, ada, bob, stranger):
    ada.push("tacc/science/rocks:1", IMAGE)

    assert stranger.pull("science/rocks:1").body == IMAGE
    collection = bob.get("/v1/collections/science").json["data"]["id"]
    bob.post("/v1/containers", {"name": "sand", "collection": collection}, status=403)
    ada.delete("/v1/images/science/rocks:1", status=200)


def test_where_only_administrators_make_collections_users_are_told(make_registry):
    registry = make_registry(collections_by="admins")
    ada = registry.user("ada")
    root = registry.user("root", is_admin=True)

    answer = ada.post(
        "/v1/collections", {"name": "lab", "entity": entity_id(ada, "ada")}, status=403
    )

    assert answer.json["error"]["message"] == (
        "only administrators create collections here, such as ada/lab"
    )
    root.push("tacc/tools/blast:1", IMAGE)


def test_the_limit_of_collections_is_told(make_registry):
    registry = make_registry(collections_per_user="1")
    ada = registry.user("ada")
    ada.push("ada/one/blast:1", IMAGE)

    answer = ada.post(
        "/v1/collections", {"name": "two", "entity": entity_id(ada, "ada")}, status=403
    )

    assert answer.json["error"]["message"] == "ada has made 1 collections, and 1 is the limit"


def test_collections_are_private_where_that_is_the_default(make_registry):
    registry = make_registry(default_private="true")
    ada = registry.user("ada")
    ada.push("ada/lab/blast:1", IMAGE)

    registry.stranger.pull("ada/lab/blast:1", status=404)
    registry.hide("ada/lab", private=False)
    registry.stranger.pull("ada/lab/blast:1", status=200)


def test_nothing_is_public_where_all_is_private(make_registry):
    registry = make_registry(private_only="true")
    ada = registry.user("ada")
    ada.push("ada/lab/blast:1", IMAGE)

    registry.stranger.pull("ada/lab/blast:1", status=404)
    assert registry.stranger.get("/v1/search?value=blast").json["data"]["image"] == []


def test_reserved_names_are_nobody_s(registry):
    for name in ("v1", "api", "s", "transfer", "assets"):
        with pytest.raises(Exception, match="reserved by the registry"):
            registry.user(name)
