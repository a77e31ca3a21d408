"""The real `sregistry` client of PyPI, with the back end `registry`, against the real server."""

import hashlib
import json
import re
from itertools import count
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from sregistry_core.testing.live import LiveRegistry
from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.sregistry_client import (
    SregistryPerson,
    program_made_by,
    secrets_from_page,
)

pytestmark = pytest.mark.real

SCRIPT = Path(__file__).parents[1] / "components/sregistry-venv.sh"
PROTOCOLS = "discovery transfer library oci directory sregistry shub hkp api ui"
IMAGE = make_sif(labels={"maintainer": "ada", "org.example": "rocks"})
OTHER = make_sif(labels={"other": "one"})
LABELS = "from sregistry.main import get_client; get_client()._label_search({})"
_NUMBERS = count(1)


@pytest.fixture(scope="session")
def program():
    """The client. Without it the test is skipped, but on CI it fails."""
    return program_made_by(SCRIPT)


@pytest.fixture(scope="module")
def server(program, tmp_path_factory):
    """The real server; no request may have failed by a mistake of the server's."""
    settings = {"sregistry.protocols": PROTOCOLS}
    with LiveRegistry(tmp_path_factory.mktemp("server"), settings=settings) as registry:
        yield registry
    assert "Traceback" not in registry.log


@pytest.fixture
def make_person(program, server, tmp_path):
    """Makes people with an account; their secrets file comes from the web page."""

    def make(word):
        name = f"{word}{next(_NUMBERS)}"
        place = tmp_path / name
        place.mkdir()
        person = SregistryPerson(name, server.make_user(name), program, place, server)
        person.use(secrets_from_page(server, name))
        return person

    return make


@pytest.fixture
def ada(make_person):
    return make_person("ada")


@pytest.fixture
def bob(make_person):
    return make_person("bob")


@pytest.fixture
def lab(ada):
    """A collection of the registry's own entity that no other test uses, made by ada."""
    name = f"lab{next(_NUMBERS)}"
    ada.server.admin("collection", "add", name, "--owner", ada.name)
    return name


def plain_pull(server, path, token=""):
    """Pull by the library's address, without any client."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urlopen(Request(f"{server.url}/v1/imagefile/{path}?arch=amd64", None, headers)) as answer:
        return answer.read()


def plain_push(server, token, path, content):
    """Push as the library client does, without it."""
    digest = hashlib.sha256(content).hexdigest()
    where, _, tag = path.partition(":")
    entity, collection, container = where.split("/")

    def ask(method, address, body):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = {} if address.startswith("http") else {"Authorization": f"Bearer {token}"}
        address = address if address.startswith("http") else f"{server.url}{address}"
        answer = urlopen(Request(address, body, headers, method=method)).read()
        return json.loads(answer)["data"] if answer else {}

    entity_id = ask("POST", "/v1/entities", {"name": entity})["id"]
    collection_id = ask("POST", "/v1/collections", {"name": collection, "entity": entity_id})["id"]
    container_id = ask("POST", "/v1/containers", {"name": container, "collection": collection_id})[
        "id"
    ]
    image = ask("POST", "/v1/images", {"hash": f"sha256.{digest}", "container": container_id})
    begun = ask("POST", f"/v2/imagefile/{image['id']}", {"filesize": len(content)})
    ask("PUT", begun["uploadURL"], content)
    ask("PUT", f"/v2/imagefile/{image['id']}/_complete", {})
    tagged = {"Arch": "amd64", "Tag": tag, "ImageID": image["id"]}
    ask("POST", f"/v2/tags/{container_id}", tagged)


def test_the_page_shows_the_file_that_the_client_reads(ada, server):
    assert set(ada.secrets) == {"registry", "SREGISTRY_CLIENT"}
    assert ada.secrets["registry"]["base"] == server.url
    assert ada.secrets["registry"]["username"] == ada.name


def test_an_image_is_pushed_and_pulled_again(ada, lab):
    pushed = ada.push(IMAGE, f"{lab}/rocks:1")

    assert "[1. Collection return status 200 OK]" in pushed.screen
    assert "[Return status 200 Upload Complete]" in pushed.screen
    assert pushed.code == 0
    ran, content = ada.pull(f"{lab}/rocks:1")
    assert "Success!" in ran.screen
    assert content == IMAGE


def test_the_secrets_file_alone_is_enough(ada, lab):
    ada.push(IMAGE, f"{lab}/rocks:1")

    assert "[client|registry]" in ada.run("search", f"{lab}/").screen


def test_what_the_client_pushes_all_others_pull(ada, lab, server):
    ada.push(IMAGE, f"{lab}/rocks:1")

    assert plain_pull(server, f"tacc/{lab}/rocks:1") == IMAGE
    with urlopen(f"{server.url}/api/container/{lab}/rocks:1") as answer:
        manifest = json.load(answer)
    with urlopen(manifest["image"]) as answer:
        assert answer.read() == IMAGE


def test_what_others_push_the_client_pulls(ada, lab, server):
    plain_push(server, ada.token, f"tacc/{lab}/rocks:1", IMAGE)

    assert ada.pull(f"{lab}/rocks:1")[1] == IMAGE


def test_a_pulled_image_is_kept_in_the_clients_own_database(ada, lab):
    ada.push(IMAGE, f"{lab}/rocks:1")

    ran = ada.run("pull", f"{lab}/rocks:1")

    assert ran.code == 0
    assert f"{lab}/rocks:1" in ada.run("images").screen
    shown = ada.run("get", f"{lab}/rocks:1").screen
    (kept,) = [line for line in shown.splitlines() if line.startswith("/")]
    assert Path(kept).read_bytes() == IMAGE


def test_with_ones_own_name_in_the_base_names_are_ones_own(ada, server):
    ada.based_on(ada.name)

    assert "Upload Complete" in ada.push(IMAGE, "tools/blast:1").screen

    assert plain_pull(server, f"{ada.name}/tools/blast:1") == IMAGE
    assert ada.pull("tools/blast:1")[1] == IMAGE
    assert "tools/blast:1" in ada.run("search").screen
    assert "Response 204" in ada.run("delete", "--force", "tools/blast:1").screen


def test_with_the_host_in_the_name_all_names_are_reached(ada, server):
    name = f"{server.url.removeprefix('http://')}/{ada.name}/tools/blast:1"
    plain = {"SREGISTRY_REGISTRY_NOHTTPS": "true"}

    assert "Upload Complete" in ada.push(IMAGE, name, **plain).screen
    assert ada.pull(name, **plain)[1] == IMAGE
    assert "Response 204" in ada.run("delete", "--force", name, **plain).screen


def test_a_private_image_is_pulled_by_whoever_may_and_by_nobody_else(ada, bob, lab, server):
    ada.push(IMAGE, f"{lab}/rocks:1")
    server.admin("collection", "private", lab)

    assert ada.pull(f"{lab}/rocks:1")[1] == IMAGE

    hidden, content = bob.pull(f"{lab}/rocks:1")
    absent, _ = bob.pull(f"{lab}/stone:1")
    assert content is None
    assert "Beep boop! Not Found: 404" in hidden.screen
    assert hidden.screen.replace("rocks", "stone") == absent.screen
    assert hidden.code == absent.code == 1


def test_with_a_wrong_secret_nothing_is_done(ada, lab, server):
    ada.push(IMAGE, f"{lab}/rocks:1")
    server.admin("collection", "private", lab)
    ada.use({**ada.secrets, "registry": {**ada.secrets["registry"], "token": "0" * 40}})

    pushed = ada.push(OTHER, f"{lab}/rocks:1")
    deleted = ada.run("delete", "--force", f"{lab}/rocks:1")
    pulled, content = ada.pull(f"{lab}/rocks:1")

    assert "[1. Collection return status 403 Unauthorized" in pushed.screen
    assert pushed.code == 1
    assert "Response 403, Unauthorized" in deleted.screen
    assert "Unauthorized (403)" in pulled.screen
    assert content is None
    assert plain_pull(server, f"tacc/{lab}/rocks:1", ada.token) == IMAGE


def test_in_the_collection_of_somebody_else_nothing_is_pushed_or_deleted(ada, bob, lab, server):
    ada.push(IMAGE, f"{lab}/rocks:1")

    pushed = bob.push(OTHER, f"{lab}/rocks:1")
    deleted = bob.run("delete", "--force", f"{lab}/rocks:1")

    assert f"[1. Collection return status 403 {bob.name} may not push" in pushed.screen
    assert f"Response 403, {bob.name} may not delete" in deleted.screen
    assert plain_pull(server, f"tacc/{lab}/rocks:1") == IMAGE


def test_what_is_deleted_is_gone(ada, lab):
    ada.push(IMAGE, f"{lab}/rocks:1")

    assert "Response 204, No Content" in ada.run("delete", "--force", f"{lab}/rocks:1").screen

    assert "404" in ada.pull(f"{lab}/rocks:1")[0].screen
    assert "404" in ada.run("delete", "--force", f"{lab}/rocks:1").screen


def test_what_is_frozen_is_neither_pushed_over_nor_deleted(ada, lab, server):
    ada.push(IMAGE, f"{lab}/rocks:1")
    server.admin("tag", "freeze", f"{lab}/rocks:1")

    assert "is frozen, push not allowed" in ada.push(OTHER, f"{lab}/rocks:1").screen
    assert "is frozen, delete not allowed" in ada.run("delete", "-f", f"{lab}/rocks:1").screen
    assert ada.pull(f"{lab}/rocks:1")[1] == IMAGE


def test_the_list_of_all_has_an_end(ada, bob, lab, server):
    for number in range(12):
        server.admin("collection", "add", f"{lab}n{number}", "--owner", ada.name)
    ada.push(IMAGE, f"{lab}/rocks:1")
    ada.push(IMAGE, f"{lab}n11/rocks:1")
    server.admin("collection", "private", f"{lab}n11")

    ran = bob.run("search")

    assert "Collections" in ran.screen
    assert f"{lab}/rocks:1" in ran.screen
    assert f"{lab}n11" not in ran.screen


def test_one_collection_and_one_container_are_found(ada, lab):
    ada.push(IMAGE, f"{lab}/rocks:1")
    ada.push(OTHER, f"{lab}/rocks:2")

    shelf = ada.run("search", f"{lab}/").screen
    assert f"COLLECTION {lab}" in shelf
    assert f"{lab}/rocks:1" in shelf
    assert f"{lab}/rocks:2" in shelf
    found = ada.run("search", f"{lab}/rocks:2").screen
    assert re.search(rf"{lab}/rocks\s+2", found)
    assert "No collections found." in ada.run("search", "nothing-of-that-name").screen
    assert "No containers found." in ada.run("search", f"{lab}/stone:1").screen


def test_the_command_labels_is_broken_in_the_client_and_labels_are_found_all_the_same(
    ada, lab, server
):
    ada.push(IMAGE, f"{lab}/rocks:1")
    server.admin("jobs", "run")

    assert "label search is not implemented for registry" in ada.run("labels").screen
    found = ada.run_python(LABELS.format("key='org.example', value='rocks'")).screen
    assert "org.example:rocks" in found
    assert f"{lab}/rocks:1" in found
    assert "No labels found." in ada.run_python(LABELS.format("key='nothing'")).screen


def test_a_name_outside_the_rule_is_told(ada):
    assert "is no name for a collection" in ada.push(IMAGE, "di_no/rocks:1").screen
    assert "404" in ada.pull("di_no/rocks:1")[0].screen


def test_an_image_of_another_registry_is_fetched_there(ada, lab, server, make_live_registry):
    ada.push(IMAGE, f"{lab}/rocks:1")
    here = make_live_registry(settings={"sregistry.protocols": PROTOCOLS, "sregistry.id": "here"})
    here.admin("directory", "add", "there", server.url)
    ada.use({"registry": {"base": f"{here.url}/there"}, "SREGISTRY_CLIENT": "registry"})

    assert ada.pull(f"{lab}/rocks:1")[1] == IMAGE


def test_a_build_is_refused_and_the_client_says_so(ada, lab):
    recipe = ada.place / "Singularity"
    recipe.write_text("Bootstrap: docker\nFrom: busybox\n")
    words = ["--name", f"registry://{lab}/rocks:1", str(recipe), "--builder", "google_build"]

    assert "Recipe upload failed: 501" in ada.run("build", *words).screen
