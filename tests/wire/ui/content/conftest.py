"""A registry with content, and browsers that look at it."""

from dataclasses import replace

import pytest

from sregistry_core.contracts import Scope
from sregistry_core.models import Topic
from sregistry_core.names import CollectionName
from sregistry_core.testing.browser import Browser
from sregistry_core.testing.oci import OciClient
from sregistry_core.testing.sif_files import make_sif

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


def blast(number=1, **more):
    """An image that tells of itself."""
    return make_sif(
        labels={**LABELS, "number": str(number)},
        definition=DEFINITION + f"# number {number}\n",
        runscript='exec blastn "$@"\n',
        attributes={
            "help": f"Number {number}",
            "environment": {"/.singularity.d/env/90-environment.sh": "export LC_ALL=C\n"},
            "apps": {"tool": {"runscript": "echo tool\n", "labels": {"a": "b"}}},
        },
        **more,
    )


@pytest.fixture
def registry(make_registry):
    return make_registry(protocols=PROTOCOLS, institution="Example Institute")


@pytest.fixture
def oci(registry):
    """Makes an OCI client of an actor."""
    return lambda actor: OciClient(registry.app, actor.name, actor.token)


@pytest.fixture
def lab(registry, ada):
    """Ada's collection with a described container of three images."""
    ada.push("ada/lab/blast:1", blast(1))
    ada.push("ada/lab/blast:2", blast(2), tags="latest")
    ada.push("ada/lab/blast:2", blast(2, arch="arm64"), arch="arm64")
    registry.run_jobs()
    describe(registry, "ada/lab", "# The lab\n\nImages of **all** kinds.")
    return registry


def describe(registry, collection, text, topics=("genomics",)):
    """Give a collection a description and topics."""
    with registry.parts.unit()() as services:
        found = services.catalog.collection(CollectionName.parse(collection, home="tacc"))
        services.catalog.change_collection(found, description=text)
        for topic in topics:
            services.db.add(Topic(collection_id=found.id, name=topic))


def caller_of(registry, name):
    """Who a user is, with all that they may."""
    with registry.parts.unit()() as services:
        caller = services.accounts.caller_of(services.accounts.find(name))
    return replace(caller, scope=Scope.ADMIN)


@pytest.fixture
def reader(registry):
    """Somebody who is not signed in."""
    return Browser(registry)


@pytest.fixture
def sign_in(registry):
    """Signs somebody in, at a browser of their own."""

    def at_a_browser(name):
        browser = Browser(registry)
        browser.sign_in(name, status=303)
        return browser

    return at_a_browser
