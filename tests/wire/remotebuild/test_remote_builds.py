"""Remote builds as the SingularityCE build client orders them, request by request."""

import base64
import hashlib
import io
import tarfile
from datetime import timedelta

import pytest

from sregistry_core.contracts import Scope
from sregistry_core.testing.registry import PUBLIC_URL

BUILD, CONTEXT = "/v1/build", "/v1/build-context"
CONFIG = "/assets/config/config.prod.json"
REF = "library://ada/lab/blast:1"


@pytest.fixture
def make(make_registry):
    def make(**settings):
        usual = {
            "plugin_modules": "sregistry_core.testing.toy_builder",
            "builder": "toy",
            "protocols": "discovery transfer library remotebuild api",
        }
        return make_registry(**{**usual, **settings})

    return make


@pytest.fixture
def registry(make):
    return make()


@pytest.fixture
def ada(registry):
    return registry.user("ada")


@pytest.fixture
def bob(registry):
    return registry.user("bob")


def order(definition="say hello", ref=REF, **more):
    return {
        "definitionRaw": base64.b64encode(definition.encode()).decode(),
        "libraryRef": ref,
        "builderRequirements": {"arch": "amd64"},
        "workingDir": "/home/ada/work",
        **more,
    }


def submit(actor, *words, **more):
    return actor.post(BUILD, order(*words, **more), status=200).json["data"]


def archive(**files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


def announced(actor, sent):
    digest = f"sha256.{hashlib.sha256(sent).hexdigest()}"
    answer = actor.post(CONTEXT, {"size": len(sent), "digest": digest}, status=200)
    return digest, answer.headers.get("Location")


def test_discovery_names_the_builder_where_there_is_one(stranger):
    assert stranger.get(CONFIG, status=200).json["builderAPI"] == {"uri": PUBLIC_URL}


@pytest.mark.parametrize("lacks", [{"builder": ""}, {"protocols": "discovery transfer library"}])
def test_discovery_names_no_builder_that_cannot_be_asked(make, lacks):
    assert "builderAPI" not in make(**lacks).stranger.get(CONFIG, status=200).json


def test_a_build_is_submitted_and_becomes_the_image_that_was_named(registry, ada, stranger):
    build = submit(ada)
    assert (build["isComplete"], build["imageSize"]) == (False, 0)
    assert (build["libraryRef"], build["libraryURL"]) == (REF, PUBLIC_URL)
    assert "startTime" not in build

    registry.run_jobs()

    done = ada.get(f"{BUILD}/{build['id']}", status=200).json["data"]
    image = stranger.pull("ada/lab/blast:1").body
    assert (done["isComplete"], done["imageSize"]) == (True, len(image))
    assert done["imageChecksum"] == f"sha256.{hashlib.sha256(image).hexdigest()}"
    assert done["submitTime"] <= done["startTime"] <= done["completeTime"]


def test_a_build_that_failed_is_complete_and_has_no_image(registry, ada):
    build = submit(ada, "fail for a reason")

    registry.run_jobs()

    done = ada.get(f"{BUILD}/{build['id']}", status=200).json["data"]
    assert (done["isComplete"], done["imageSize"]) == (True, 0)
    assert "imageChecksum" not in done


def test_a_build_is_cancelled_once(registry, ada):
    build = submit(ada)["id"]

    ada.put(f"{BUILD}/{build}/_cancel", status=204)

    refusal = ada.put(f"{BUILD}/{build}/_cancel", status=409).json
    assert "cancelled already" in refusal["error"]["message"]
    assert ada.get(f"{BUILD}/{build}").json["data"]["isComplete"] is True


def test_what_others_build_looks_absent(registry, ada, bob):
    build = submit(ada, ref="library://ada/lab/blast:1")["id"]
    absent = "0" * 32

    for method, path in (("GET", ""), ("PUT", "/_cancel")):
        asked = bob.get if method == "GET" else bob.put
        theirs = asked(f"{BUILD}/{build}{path}", status=404)
        nothing = asked(f"{BUILD}/{absent}{path}", status=404)
        assert theirs.json == nothing.json
    bob.post(BUILD, order(), status=403)


def test_without_a_login_or_with_a_token_for_pulling_nothing_is_built(registry, ada, stranger):
    stranger.post(BUILD, order(), status=401)
    stranger.post(CONTEXT, {"size": 1, "digest": "sha256." + "0" * 64}, status=401)
    stranger.post("/v1/convert-def-file", b"x", status=401)
    registry.with_scope(ada, Scope.PULL).post(BUILD, order(), status=403)
    wrong = ada.get(BUILD + "/x", headers={"Authorization": "BEARER sreg_wrong"}, status=401)
    assert wrong.json["error"]["code"] == 401


def test_the_name_may_be_spelt_as_clients_do(ada):
    for ref in (
        "library:ada/lab/blast:1",
        "library://ada/lab/blast:1",
        "library:///ada/lab/blast:1",
        "library://registry.test/ada/lab/blast:1",
        "ada/lab/blast:1,2",
    ):
        build = submit(ada, ref=ref)
        assert build["libraryRef"] == REF
        ada.put(f"{BUILD}/{build['id']}/_cancel", status=204)


def test_what_cannot_be_ordered_is_refused_with_the_reason(ada):
    for sent, words in (
        ({"definitionRaw": "%%%"}, "no base64"),
        ({"definitionRaw": base64.b64encode(b"\xff").decode()}, "no base64 of a text"),
        ({"definitionRaw": ""}, "empty"),
        ({"definitionRaw": None}, "definitionRaw is missing"),
        ({"libraryRef": "library://other.org/ada/lab/blast:1"}, "another registry"),
        ({"libraryRef": "library://ada/lab/blast:a b"}, "tag"),
        ({"contextDigest": "sha256." + "0" * 64}, "have not arrived"),
        ({"builderRequirements": {"arch": "a b"}}, "no architecture"),
        ({"builderRequirements": {"arch": 1}}, "must be a text"),
        ({"workingDir": "here", "contextDigest": "sha256." + "0" * 64}, "have not arrived"),
    ):
        refusal = ada.post(BUILD, {**order(), **sent}, expect_errors=True)

        assert refusal.status_int in (400, 404), sent
        assert words in refusal.json["error"]["message"], sent


def test_the_oldest_client_is_told_that_it_is_too_old(ada):
    refusal = ada.post(BUILD, {"definition": {"header": {}}, "libraryRef": ""}, status=400)

    assert "too old" in refusal.json["error"]["message"]


def test_files_are_sent_where_the_answer_says_without_any_login(registry, ada, stranger):
    sent = archive(home__ada__work__data="a text of mine")
    digest, address = announced(ada, sent)

    stranger.put(address, sent, status=204)
    definition = "%files\n    data /opt/data\n    /etc/motd\n%post\ncopy home/ada/work/data"
    build = submit(ada, definition, contextDigest=digest)["id"]
    registry.run_jobs()

    log = ada.get(f"/api/v1/builds/{build}/log", status=200).json
    assert [line["text"] for line in log["items"]] == ["a text of mine"]
    shown = ada.get(f"/api/v1/builds/{build}", status=200).json["definition"].splitlines()
    assert shown[1:3] == ["    home/ada/work/data /opt/data", "    etc/motd /etc/motd"]
    assert announced(ada, sent) == (digest, None)
    ada.delete(f"{CONTEXT}/{digest}", status=204)
    ada.delete(f"{CONTEXT}/{digest}", status=404)


def test_files_of_others_are_not_to_be_had_and_bad_ones_not_kept(ada, bob, stranger):
    sent = archive(data="secret")
    digest, address = announced(ada, sent)

    stranger.put(address, b"x" * len(sent), status=400)
    stranger.put(f"{CONTEXT}/nothing", sent, status=404)
    stranger.put(address, sent, status=204)

    bob.post(BUILD, order(ref="library://bob/lab/x:1", contextDigest=digest), status=404)
    bob.delete(f"{CONTEXT}/{digest}", status=404)
    assert announced(bob, sent)[1] is not None


def test_files_that_are_too_large_are_refused_before_they_are_sent(make):
    ada = make(largest_build_context="1K").user("ada")
    refusal = ada.post(CONTEXT, {"size": 1025, "digest": "sha256." + "0" * 64}, status=413)

    assert refusal.json["error"]["code"] == 413


def test_without_a_name_the_image_goes_to_a_private_place_for_a_day(registry, ada, stranger):
    build = submit(ada, ref="")
    name = build["libraryRef"].removeprefix("library://")
    assert name.startswith("ada/remote-builds/rb-")
    registry.run_jobs()

    stranger.pull(name, status=404)
    assert (
        ada.pull(name, status=200).content_length
        == ada.get(f"{BUILD}/{build['id']}").json["data"]["imageSize"]
    )
    with registry.parts.unit()() as services:
        assert services.unnamed_builds.let_go() == 0
    registry.clock.move(timedelta(days=1, seconds=1))
    kept = submit(ada)
    registry.run_jobs()
    with registry.parts.unit()() as services:
        services.unnamed_builds.let_go()

    ada.pull(name, status=404)
    ada.get(f"/api/v1/containers/{name.partition(':')[0]}", status=404)
    assert ada.get(f"{BUILD}/{kept['id']}").json["data"]["imageSize"] > 0


def test_an_image_without_a_name_that_was_frozen_stays(registry, ada):
    name = submit(ada, ref="")["libraryRef"].removeprefix("library://")
    registry.run_jobs()
    path = name.partition(":")[0]
    path = f"/api/v1/containers/{path}"
    ada.app.patch_json(path, {"frozen": True}, headers=ada.headers, status=200)
    registry.clock.move(timedelta(days=2))

    with registry.parts.unit()() as services:
        assert services.unnamed_builds.let_go() == 0

    ada.pull(name, status=200)


def test_a_build_without_a_name_never_goes_where_everybody_sees_it(registry, ada):
    ada.post(
        "/api/v1/collections",
        {"entity": "ada", "collection": "remote-builds", "private": False},
        status=201,
    )

    refusal = ada.post(BUILD, order(ref=""), status=409)

    assert "is public" in refusal.json["error"]["message"]


def test_one_that_is_tried_again_is_let_go_too(registry, ada):
    build = submit(ada, "fail once", ref="")["id"]
    registry.run_jobs()

    again = ada.post(f"/api/v1/builds/{build}/retry", status=201).json

    with registry.parts.unit()() as services:
        assert services.builds.find(again["id"]).unnamed


def test_the_client_is_told_which_files_a_definition_copies(ada):
    text = b"Bootstrap: docker\nFrom: x\n\n%files\n    a.txt /a\n    # no\n    'b c'\n"
    text += b"%post\n    true\nBootstrap: scratch\n%files from one\n    /x /y\n"

    said = ada.post("/v1/convert-def-file", text, status=200).json["data"]

    pair = {"source": "a.txt", "destination": "/a"}
    assert said["buildData"]["files"] == [
        {"args": "", "files": [pair, {"source": "b c", "destination": ""}]},
        {"args": "from one", "files": [{"source": "/x", "destination": "/y"}]},
    ]
    ada.post("/v1/convert-def-file", b"\xff", status=400)
