"""A registry whose people have OCI clients; Ada owns what is in `ada/`."""

import pytest

from sregistry_core.testing.oci import OciClient

PROTOCOLS = "discovery transfer library oci shub"


@pytest.fixture
def registry(make_registry):
    return make_registry(protocols=PROTOCOLS)


@pytest.fixture
def user(registry):
    """Makes users with OCI clients that show a long token."""

    def user(name, **options):
        made = registry.user(name, **options)
        return OciClient(made.app, made.name, made.token)

    return user


@pytest.fixture
def ada(user):
    return user("ada")


@pytest.fixture
def bob(user):
    return user("bob")


@pytest.fixture
def stranger(registry):
    return OciClient(registry.app, "stranger")


@pytest.fixture
def with_password(registry):
    """Makes clients that show a name and a password."""

    def client(name, **options):
        shown = registry.with_password(name, **options)
        return OciClient(registry.app, name, extra_headers=shown.extra_headers)

    return client


@pytest.fixture
def private(registry, ada):
    """The digest of what ada has pushed, and hidden."""
    digest = ada.push_artifact("ada/lab/blast", "1")
    registry.hide("ada/lab")
    return digest
