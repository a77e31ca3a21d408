"""Search, and the registry itself."""

import pytest

from sregistry_core import __version__
from sregistry_core.testing.sif_files import make_sif


@pytest.fixture
def full(registry, ada, bob):
    ada.push("ada/lab/blast:1", make_sif(labels={"license": "MIT"}, signed_by=["a" * 40]))
    ada.push("ada/lab/bowtie:1", make_sif(arch="arm64"), arch="arm64")
    bob.push("bob/secret/blast:1", make_sif(labels={"of": "bob"}))
    registry.hide("bob/secret")
    registry.run_jobs()


def test_one_finds_what_one_may_see(full, ada, bob, admin, stranger):
    def names(person, query):
        found = person.get(f"/api/v1/search?{query}", status=200).json
        assert found["next_after"] is None
        return [image["container"] for image in found["items"]]

    both = ["ada/lab/blast", "bob/secret/blast"]
    assert names(bob, "text=blast") == names(admin, "text=blast") == both
    assert names(ada, "text=blast") == names(stranger, "text=blast") == ["ada/lab/blast"]
    assert names(stranger, "text=license=mit") == ["ada/lab/blast"]
    assert names(stranger, "signed=true") == ["ada/lab/blast"]
    assert names(stranger, "signed=false") == ["ada/lab/bowtie"]
    assert names(stranger, "arch=arm64") == ["ada/lab/bowtie"]
    assert names(stranger, "arch=arm64,amd64") == ["ada/lab/blast", "ada/lab/bowtie"]
    assert names(stranger, "limit=1") == ["ada/lab/blast"]
    assert names(stranger, "text=of%3Dbob") == []


def test_a_search_that_cannot_be_understood_is_refused(stranger, refusal):
    limits = ("0", "501", "-1", "x", "", "9" * 400)
    queries = [f"limit={limit}" for limit in limits]
    queries += ["arch=a%20b", "arch=", "signed=yes", "signed=", "value=blast", "text=a&text=b"]
    queries += ["text=%00", "text=%ff"]

    for query in queries:
        answer = stranger.get(f"/api/v1/search?{query}", status=400)
        assert refusal(answer)[1] == "malformed"


def test_the_registry_says_who_it_is(make_api, speak):
    registry = make_api(institution="An Institute", contact="mail@example.org")

    told = speak(registry.stranger).get("/api/v1/registry", status=200).json

    assert told == {
        "id": "tacc",
        "name": "Test Registry",
        "institution": "An Institute",
        "contact": "mail@example.org",
        "public_url": "http://registry.test",
        "version": __version__,
        "protocols": ["discovery", "transfer", "library", "shub", "api"],
    }
