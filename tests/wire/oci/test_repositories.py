"""Names, listings in pages, mounts, and who may delete what."""

import pytest

from sregistry_core.testing.oci import code_of, digest_of
from sregistry_core.testing.sif_files import make_sif

BLOB = b"some bytes of a blob"


def pages(client, path, member):
    """Follow the links, and give every entry."""
    found = []
    while path:
        answer = client.get(path, status=200)
        found += answer.json[member]
        link = answer.headers.get("Link", "")
        assert not link or link.endswith('>; rel="next"')
        path = link.partition(">")[0].removeprefix("<")
    return found


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("blast", "tacc/library/blast"),
        ("science/blast", "tacc/science/blast"),
        ("ada/lab/blast", "ada/lab/blast"),
        ("ada/lab/b.l_a__s--t", "ada/lab/b.l_a__s--t"),
    ],
)
def test_a_repository_has_a_name_of_one_to_three_parts(user, name, canonical):
    root = user("root", is_admin=True)
    user("ada")
    digest = root.push_artifact(name, "1")

    assert root.manifest(canonical, "1").headers["Docker-Content-Digest"] == digest
    assert root.get(f"/v2/{name}/tags/list").json == {"name": name, "tags": ["1"]}
    assert pages(root, "/v2/_catalog", "repositories") == [canonical]


@pytest.mark.parametrize(
    "name",
    ["a/b/c/d", "a/b/.c", "a//b", "-/a", "a_b/c/d", "a/b/c%20d", "a/b/" + "c" * 65, "%C3%A9/a/b"],
)
def test_a_name_outside_the_rule_is_refused_with_the_rule(ada, stranger, name):
    for actor in (ada, stranger):
        for answer in (
            actor.get(f"/v2/{name}/manifests/1", status=400),
            actor.get(f"/v2/{name}/tags/list", status=400),
            actor.post(f"/v2/{name}/blobs/uploads/", status=400),
            actor.get(f"/v2/{name}/blobs/{digest_of(b'')}", status=400),
        ):
            assert code_of(answer) == "NAME_INVALID"
    assert "1 to 39 letters" in ada.get("/v2/a_b/c/d/tags/list", status=400).text


def test_names_that_look_like_addresses_are_repositories(user):
    root = user("root", is_admin=True)
    for name in ("tags/list", "blobs/uploads", "manifests/latest", "imagefile/blobs", "token/x"):
        root.push_artifact(name, "1")
        root.manifest(name, "1", status=200)
        assert root.tags(name) == ["1"]


def test_addresses_of_library_come_first(ada, stranger):
    ada.push("ada/lab/blast:1", make_sif())
    container = stranger.get("/v1/containers/ada/lab/blast").json["data"]["id"]

    assert "amd64" in stranger.get(f"/v2/tags/{container}").json["data"]
    assert "error" in stranger.get("/v2/tags/list", status=404).json
    assert "error" in ada.post("/v2/imagefile/nothing", {}, status=400).json


def test_tags_that_are_prefixes_of_each_other_are_all_listed(ada, stranger):
    tags = ["1", "1-a", "1.0", "1.0-rc", "1.0.0", "10", "1_", "a", "a-b", "aa", "b"]
    for tag in tags[::2]:
        ada.push_artifact("ada/lab/blast", tag)
    for tag in tags[1::2]:
        ada.push(f"ada/lab/blast:{tag}", make_sif())

    assert stranger.tags("ada/lab/blast") == sorted(tags)
    for size in (1, 2, 3, 100):
        assert pages(stranger, f"/v2/ada/lab/blast/tags/list?n={size}", "tags") == sorted(tags)


def test_a_page_of_tags_follows_the_last_one(ada, stranger):
    for tag in ("a", "b", "c"):
        ada.push_artifact("ada/lab/blast", tag)

    assert stranger.tags("ada/lab/blast", "?last=a") == ["b", "c"]
    assert stranger.tags("ada/lab/blast", "?n=1&last=a") == ["b"]
    assert stranger.tags("ada/lab/blast", "?last=aa") == ["b", "c"]
    assert stranger.tags("ada/lab/blast", "?last=zzz") == []
    nothing = stranger.get("/v2/ada/lab/blast/tags/list?n=0", status=200)
    assert nothing.json["tags"] == []
    assert "Link" not in nothing.headers
    assert "Link" not in stranger.get("/v2/ada/lab/blast/tags/list?n=3").headers


@pytest.mark.parametrize("path", ["/v2/ada/lab/blast/tags/list", "/v2/_catalog"])
@pytest.mark.parametrize("n", ["-1", "one", "1.5", "", "%D9%A1", "1e3", "+1"])
def test_a_number_that_is_none_is_refused(ada, path, n):
    ada.push_artifact("ada/lab/blast", "1")

    code_of(ada.get(f"{path}?n={n}", status=400))


@pytest.mark.parametrize("path", ["/v2/ada/lab/blast/tags/list", "/v2/_catalog"])
def test_a_number_that_is_too_large_is_less(ada, path):
    ada.push_artifact("ada/lab/blast", "1")

    ada.get(f"{path}?n={'9' * 5000}", status=200)


def test_repositories_whose_names_are_prefixes_of_each_other_are_all_listed(user):
    root = user("root", is_admin=True)
    for name in ("ada", "ada-b", "adab"):
        user(name)
    names = [
        f"{entity}/{collection}/{container}"
        for entity in ("ada", "ada-b", "adab", "tacc")
        for collection in ("a", "a-b", "ab")
        for container in ("x", "x-y", "x.y", "x_y", "xy")
    ]
    for name in names:
        root.begin(name)
    expected = sorted(names, key=lambda name: name.split("/"))

    for size in (1, 4, 7, 1000):
        assert pages(root, f"/v2/_catalog?n={size}", "repositories") == expected


def test_the_catalogue_lists_only_what_one_may_see(registry, ada, bob, stranger):
    for name in ("ada/lab/blast", "ada/secret/blast", "bob/lab/blast"):
        (bob if name.startswith("bob") else ada).push_artifact(name, "1")
    registry.hide("ada/secret")
    public = ["ada/lab/blast", "bob/lab/blast"]

    def listed(client):
        return pages(client, "/v2/_catalog?n=1", "repositories")

    assert listed(ada) == ["ada/lab/blast", "ada/secret/blast", "bob/lab/blast"]
    assert listed(bob) == public
    assert listed(stranger.log_in("registry:catalog:*")) == public
    assert listed(ada.log_in("registry:catalog:*")) == listed(ada)
    stranger.get("/v2/_catalog", status=401)


def test_a_blob_is_mounted_from_what_one_may_read(ada, bob):
    digest = ada.push_blob("ada/lab/blast", BLOB)

    answer = bob.post(
        f"/v2/bob/lab/blast/blobs/uploads/?mount={digest}&from=ada/lab/blast", status=201
    )

    assert answer.headers["Location"] == f"/v2/bob/lab/blast/blobs/{digest}"
    assert answer.headers["Docker-Content-Digest"] == digest
    assert bob.blob("bob/lab/blast", digest).body == BLOB
    bob.post(f"/v2/bob/lab/other/blobs/uploads/?mount={digest}", status=201)
    assert bob.blob("bob/lab/other", digest).body == BLOB


@pytest.mark.parametrize(
    "source", ["ada/lab/blast", "ada/lab/blest", "ada/lab/no good!", "", "a/b/c/d", "eve/x/y"]
)
def test_a_blob_that_one_may_not_read_is_not_mounted(registry, ada, bob, source):
    ada.push_blob("ada/lab/blast", BLOB)
    registry.hide("ada/lab")

    query = f"?mount={digest_of(BLOB)}" + (f"&from={source}" if source else "")
    answer = bob.post(f"/v2/bob/lab/blast/blobs/uploads/{query}", status=202)

    assert answer.headers["Location"].startswith("/v2/bob/lab/blast/blobs/uploads/")
    bob.blob("bob/lab/blast", digest_of(BLOB), status=404)


def test_a_mount_needs_a_token_for_the_source_as_well(ada, with_password):
    digest = ada.push_blob("ada/lab/blast", BLOB)
    path = f"/v2/ada/lab/other/blobs/uploads/?mount={digest}&from=ada/lab/blast"
    target, source = "repository:ada/lab/other:pull,push", "repository:ada/lab/blast:pull"

    with_password("ada").log_in(target).post(path, status=401)
    with_password("ada").log_in(target, source).post(path, status=201)


def test_a_narrow_token_mounts_nothing_private_that_it_does_not_name(registry, ada, with_password):
    digest = ada.push_blob("ada/lab/blast", BLOB)
    registry.hide("ada/lab")
    narrow = with_password("ada").log_in("repository:ada/other/box:pull,push")

    narrow.post(f"/v2/ada/other/box/blobs/uploads/?mount={digest}", status=202)

    narrow.blob("ada/other/box", digest, status=404)


def test_bytes_that_somebody_else_has_are_unknown_to_all_others(registry, ada, bob, stranger):
    """zot CVE-2024-39897."""
    ada.push_blob("ada/lab/blast", BLOB)
    registry.hide("ada/lab")
    bob.push_blob("bob/lab/blast", b"something else")

    known = bob.blob("bob/lab/blast", digest_of(BLOB), status=404)
    unknown = bob.blob("bob/lab/blast", digest_of(b"nothing"), status=404)

    assert code_of(known) == code_of(unknown) == "BLOB_UNKNOWN"
    bob.head(f"/v2/bob/lab/blast/blobs/{digest_of(BLOB)}", status=404)
    stranger.blob("ada/lab/blast", digest_of(BLOB), status=401)


def test_whoever_mounted_a_blob_keeps_it(registry, ada, bob):
    digest = ada.push_blob("ada/lab/blast", BLOB)
    bob.post(f"/v2/bob/lab/blast/blobs/uploads/?mount={digest}&from=ada/lab/blast", status=201)

    ada.delete(f"/v2/ada/lab/blast/blobs/{digest}", status=202)

    ada.blob("ada/lab/blast", digest, status=404)
    assert bob.blob("bob/lab/blast", digest).body == BLOB


def test_nobody_deletes_what_is_somebody_elses(ada, bob, stranger):
    digest = ada.push_artifact("ada/lab/blast", "1", BLOB)
    bob.push_artifact("bob/lab/blast", "1", BLOB)

    for path in (f"manifests/{digest}", "manifests/1", f"blobs/{digest_of(BLOB)}"):
        assert code_of(bob.delete(f"/v2/ada/lab/blast/{path}", status=403)) == "DENIED"
        stranger.delete(f"/v2/ada/lab/blast/{path}", status=401)
    ada.manifest("ada/lab/blast", digest, status=200)


def test_a_manifest_deleted_in_one_repository_stays_in_the_others(ada, bob):
    """Hinkskalle deleted by digest, whatever the repository."""
    digest = ada.push_artifact("ada/lab/blast", "1", BLOB)
    assert bob.push_artifact("bob/lab/blast", "1", BLOB) == digest

    bob.delete(f"/v2/bob/lab/blast/manifests/{digest}", status=202)
    bob.delete(f"/v2/bob/lab/blast/blobs/{digest_of(BLOB)}", status=202)

    bob.manifest("bob/lab/blast", "1", status=404)
    bob.manifest("bob/lab/blast", digest, status=404)
    ada.manifest("ada/lab/blast", "1", status=200)
    assert ada.blob("ada/lab/blast", digest_of(BLOB)).body == BLOB


def test_what_is_deleted_is_gone_at_once_and_can_be_pushed_again(ada):
    for _ in range(2):
        digest = ada.push_artifact("ada/lab/blast", "1", BLOB)
        ada.manifest("ada/lab/blast", digest, status=200)

        ada.delete(f"/v2/ada/lab/blast/manifests/{digest}", status=202)
        ada.delete(f"/v2/ada/lab/blast/manifests/{digest}", status=404)
        ada.delete("/v2/ada/lab/blast/manifests/1", status=404)
        ada.delete(f"/v2/ada/lab/blast/blobs/{digest_of(BLOB)}", status=202)
        ada.delete(f"/v2/ada/lab/blast/blobs/{digest_of(BLOB)}", status=404)

        for method in ("GET", "HEAD"):
            assert ada.ask(method, f"/v2/ada/lab/blast/blobs/{digest_of(BLOB)}").status_int == 404
            assert ada.ask(method, f"/v2/ada/lab/blast/manifests/{digest}").status_int == 404
            assert ada.ask(method, "/v2/ada/lab/blast/manifests/1").status_int == 404
        assert ada.tags("ada/lab/blast") == []


def test_containers_are_made_by_whoever_may(registry, ada, bob):
    ada.push_artifact("ada/new/box", "1")
    bob.post("/v2/ada/new/box/blobs/uploads/", status=403)
    bob.post("/v2/ada/newer/box/blobs/uploads/", status=403)
    absent = bob.post("/v2/eve/new/box/blobs/uploads/", status=403)

    assert code_of(absent) == "DENIED"
    bob.post("/v2/science/box/blobs/uploads/", status=202)
    ada.post("/v2/science/box/blobs/uploads/", status=403)


def test_a_push_to_what_is_hidden_looks_like_one_to_what_is_absent(registry, ada, bob, stranger):
    ada.push_artifact("ada/secret/blast", "1")
    registry.hide("ada/secret")

    for actor, status in ((bob, 403), (stranger, 401)):
        hidden = actor.post("/v2/ada/secret/blast/blobs/uploads/", status=status)
        absent = actor.post("/v2/ada/secrat/blast/blobs/uploads/", status=status)
        assert hidden.body == absent.body.replace(b"secrat", b"secret")


def test_a_container_that_is_deleted_frees_its_bytes(registry, ada):
    from datetime import timedelta

    from sregistry_core.jobs.sweeping import sweep
    from sregistry_core.names import ContainerName

    ada.push_artifact("ada/lab/blast", "1", BLOB)
    with registry.parts.unit()() as services:
        services.catalog.delete_container(
            services.catalog.container(ContainerName("ada", "lab", "blast"))
        )
    registry.clock.move(timedelta(days=3))

    swept = list(sweep(registry.parts.unit(), registry.parts.facilities, grace=timedelta(days=1)))

    assert {one.name for one in swept if one.what == "blob"} == {digest_of(BLOB), digest_of(b"{}")}


def test_what_a_manifest_names_is_kept_and_loose_blobs_go(registry, ada):
    from datetime import timedelta

    from sregistry_core.jobs.sweeping import sweep

    ada.push_artifact("ada/lab/blast", "1", BLOB)
    ada.push_blob("ada/lab/blast", b"nobody names it")
    ada.push("ada/lab/image:1", make_sif())
    place = ada.begin("ada/lab/blast")
    ada.patch(place, b"half of it", status=202)

    def run():
        registry.clock.move(timedelta(days=2))
        unit, facilities = registry.parts.unit(), registry.parts.facilities
        return list(sweep(unit, facilities, grace=timedelta(days=1)))

    run()
    swept = run()

    assert {one.name for one in swept if one.what == "blob"} == {digest_of(b"nobody names it")}
    assert ada.blob("ada/lab/blast", digest_of(BLOB)).body == BLOB
    ada.blob("ada/lab/blast", digest_of(b"nobody names it"), status=404)
    ada.pull("ada/lab/image:1", status=200)
    ada.get(place, status=404)
    assert not list((registry.directory / "staging/uploads").iterdir())


def test_a_method_that_an_address_has_not_is_named_unsupported(ada, stranger):
    for method, path in (
        ("DELETE", "/v2/"),
        ("POST", "/v2/_catalog"),
        ("PUT", "/v2/ada/lab/blast/tags/list"),
        ("POST", "/v2/ada/lab/blast/manifests/1"),
        ("PATCH", f"/v2/ada/lab/blast/blobs/{digest_of(b'')}"),
        ("GET", "/v2/ada/lab/blast/blobs/uploads/"),
        ("POST", "/v2/ada/lab/blast/blobs/uploads/1"),
        ("DELETE", f"/v2/ada/lab/blast/referrers/{digest_of(b'')}"),
        ("DELETE", "/v2/token"),
    ):
        answer = ada.ask(method, path)
        assert answer.status_int == 405, (method, path)
        assert code_of(answer) == "UNSUPPORTED"
        assert method not in answer.headers["Allow"].split(", ")
    assert code_of(ada.get("/v2/nothing/like/this", status=404)) == "UNSUPPORTED"
