"""The registry's card, and the way to other registries."""

import pytest

from sregistry_core.errors import Conflict, Malformed, NotFound
from sregistry_core.testing.sif_files import make_sif

PROTOCOLS = "discovery transfer library oci directory sregistry shub hkp api ui"
OTHER = "https://images.other.example:8443"


@pytest.fixture
def registry(make_registry):
    return make_registry(protocols=PROTOCOLS, institution="Example Institute")


@pytest.fixture
def federation(registry):
    """Calls the service as the command line does."""

    def call(method, *arguments):
        with registry.parts.unit()() as services:
            return getattr(services.federation, method)(*arguments)

    return call


@pytest.fixture
def other(federation):
    """A registry in the directory."""
    return federation("add", "other", OTHER)


def test_the_registry_says_who_it_is(stranger, other):
    identity = {"id": "tacc", "name": "Test Registry", "url": "http://registry.test"}

    assert stranger.get("/api/registry/identity").json == identity
    assert stranger.get("/api/registry/identity/").json == identity
    card = stranger.get("/registry.json").json
    assert card["registries"] == [{"id": "other", "url": OTHER}]
    assert card.items() >= identity.items()
    assert "shub" in card["protocols"]


@pytest.mark.parametrize(
    ("asked", "sent_to"),
    [
        ("/other/api/container/science/rocks:1", "/api/container/science/rocks:1"),
        ("/Other/api/container/science/rocks", "/api/container/science/rocks"),
        (
            f"/other/api/container/science/rocks@{'0' * 40}",
            f"/api/container/science/rocks@{'0' * 40}",
        ),
        ("/other/api/collections/", "/api/collections/"),
        ("/other", "/"),
        ("/other/", "/"),
        ("/other/ada/lab", "/ada/lab"),
        ("/other/search?q=a%20b&c=%C3%A9", "/search?q=a%20b&c=%C3%A9"),
        ("/other/a%20b/%C3%A9", "/a%20b/%C3%A9"),
        ("/other//evil.example/x", "/evil.example/x"),
        ("/other/%2F%2Fevil.example", "/evil.example"),
        ("/other/@evil.example", "/@evil.example"),
        ("/other/%5cevil.example", "/%5Cevil.example"),
    ],
)
def test_the_client_is_sent_to_the_other_registry_and_nowhere_else(stranger, other, asked, sent_to):
    answer = stranger.get(asked, status=302)

    assert answer.headers["Location"] == OTHER + sent_to
    assert "Set-Cookie" not in answer.headers


def test_a_line_break_leads_nowhere(stranger, other):
    stranger.get("/other/%0d%0aSet-Cookie:x=y", status=404)


def test_nothing_but_reading_is_sent_on(ada, other):
    for method in ("post", "put", "delete"):
        answer = getattr(ada, method)("/other/api/upload/chunked_upload", expect_errors=True)
        assert answer.status_int >= 400


def test_other_names_are_not_touched(ada, stranger, other):
    ada.push("ada/lab/blast:1", make_sif())

    stranger.get("/ada/api/container/lab/blast:1", status=200)
    stranger.get("/nobody/api/container/lab/blast:1", status=404)


def test_whoever_is_sent_on_need_not_be_anybody(stranger, other):
    shown = {"Authorization": "Bearer sregistry_of_somebody_else"}

    stranger.get("/other/api/container/science/rocks", headers=shown, status=302)


def test_no_entity_gets_the_name_of_another_registry(registry, ada, other):
    with pytest.raises(Conflict):
        registry.user("other")
    with registry.parts.unit()() as services, pytest.raises(Conflict):
        services.teams.create("other")


@pytest.mark.parametrize("name", ["ada", "tacc"])
def test_no_registry_gets_the_name_of_an_entity(federation, ada, name):
    with pytest.raises(Conflict, match="entity"):
        federation("add", name, OTHER)


def test_a_name_is_given_once(federation, other):
    with pytest.raises(Conflict):
        federation("add", "other", "https://elsewhere.example")


@pytest.mark.parametrize("name", ["v1", "api", "shub_x", "", "a" * 40, "é"])
def test_a_name_must_fit(federation, name):
    with pytest.raises(Malformed):
        federation("add", name, OTHER)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "other.example",
        "ftp://other.example",
        "javascript:alert(1)",
        "https://",
        "https://user@other.example",
        "https://user:secret@other.example",
        "https://other.example/path",
        "https://other.example?x=y",
        "https://other.example#x",
        "https://other.example:99999",
        "https://other.example:0",
        "https://other.example\r\nX: y",
        "https://other example",
        "https://" + "a" * 600,
        "http://registry.test",
    ],
)
def test_an_address_is_scheme_host_and_port(federation, url):
    with pytest.raises(Malformed):
        federation("add", "other", url)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://Other.Example/", "https://other.example"),
        (" http://[::1]:8080 ", "http://[::1]:8080"),
        ("http://192.0.2.1", "http://192.0.2.1"),
    ],
)
def test_an_address_is_kept_without_a_slash(federation, url, kept):
    assert federation("add", "other", url).url == kept


def test_what_is_removed_leads_nowhere(federation, stranger, other, registry):
    federation("remove", "other")

    stranger.get("/other/api/container/science/rocks", status=404)
    assert federation("all") == []
    with pytest.raises(NotFound):
        federation("remove", "other")
    registry.user("other")
