"""A registry with content, and browsers that look at it."""

import pytest

from sregistry_core.models import Topic
from sregistry_core.names import CollectionName
from sregistry_core.testing.browser import Browser
from sregistry_core.testing.oci import OciClient
from sregistry_core.testing.registry import Registry
from sregistry_core.testing.sif_files import make_sif
from sregistry_core.testing.statements import statements_of

PROTOCOLS = "discovery transfer library oci shub sregistry api ui"
DEFINITION = """\
Bootstrap: docker
From: alpine:3.20

%post
    # as small as it gets
    apk add blast
%labels
    Author ada
%runscript
    exec blastn "$@"
"""
LABELS = {"org.opencontainers.image.licenses": "MIT", "Author": "ada"}


class Shelf:
    """What tests put into a registry, and how they look at it."""

    def __init__(self, registry):
        self.registry = registry

    def image(self, number=1, **more):
        """An image that tells of itself."""
        more.setdefault("labels", {**LABELS, "number": str(number)})
        more.setdefault("definition", f"{DEFINITION}# number {number}\n")
        more.setdefault("runscript", 'exec blastn "$@"\n')
        more.setdefault(
            "attributes",
            {
                "help": f"Number {number}",
                "environment": {"/.singularity.d/env/90-environment.sh": "export LC_ALL=C\n"},
                "apps": {"tool": {"runscript": "echo tool\n", "labels": {"a": "b"}}},
            },
        )
        return make_sif(**more)

    def describe(self, collection, text, topics=()):
        """Give a collection a description and topics."""
        with self.registry.parts.unit()() as services:
            found = services.catalog.collection(CollectionName.parse(collection, home="tacc"))
            services.catalog.change_collection(found, description=text)
            for topic in topics:
                services.db.add(Topic(collection_id=found.id, name=topic))

    def browser(self, name=None):
        """Somebody at a browser, signed in with a name or not at all."""
        browser = Browser(self.registry)
        if name is not None:
            browser.sign_in(name, status=303)
        return browser

    def oci(self, actor):
        """The OCI client of an actor."""
        return OciClient(self.registry.app, actor.name, actor.token)

    def statements(self, path, browser=None):
        """How many statements a page takes."""
        with statements_of(self.registry.parts.database) as sent:
            (browser or self.browser()).open(path, status=200)
        return len(sent)


@pytest.fixture
def registry(make_registry):
    return make_registry(protocols=PROTOCOLS, institution="Example Institute")


@pytest.fixture
def shelf(registry):
    return Shelf(registry)


@pytest.fixture(scope="module")
def lab(tmp_path_factory, empty_database, database_settings):
    """Ada's collection with a described container of three images; nothing changes it."""
    with database_settings() as ini:
        registry = Registry(
            tmp_path_factory.mktemp("lab"),
            empty_database,
            {**ini, "sregistry.protocols": PROTOCOLS, "sregistry.institution": "Example Institute"},
        )
        shelf = Shelf(registry)
        ada = registry.user("ada")
        registry.user("bob")
        ada.push("ada/lab/blast:1", shelf.image(1))
        ada.push("ada/lab/blast:2", shelf.image(2), tags="latest")
        ada.push("ada/lab/blast:2", shelf.image(2, arch="arm64"), arch="arm64")
        ada.push("ada/other/copy:old", shelf.image(1))
        ada.push("ada/secret/copy:hidden", shelf.image(1))
        shelf.oci(ada).push_artifact("ada/lab/docker", "1", config=b'{"os": "linux"}')
        registry.run_jobs()
        registry.hide("ada/secret")
        shelf.describe("ada/lab", "# The lab\n\nImages of **all** kinds.", ["genomics"])
        shelf.ada = ada
        yield shelf
        registry.close()
