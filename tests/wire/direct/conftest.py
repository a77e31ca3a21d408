"""A registry whose first storage clients write to themselves."""

import pytest

from sregistry_core.testing.s3_fixtures import as_ini


@pytest.fixture
def cloud(make_bucket):
    """The keys of the ini file for a storage called `cloud`; it gives up soon."""
    return make_bucket(attempts="1", connect_timeout="1s")


@pytest.fixture
def make_direct(make_registry, cloud):
    """Makes a registry on the cloud; settings of the cloud begin with `cloud__`."""

    def make(**settings):
        usual = {
            "plugins": "filesystem s3",
            "storage": "cloud filesystem",
            "part_size": "5M",
            "protocols": "discovery transfer library shub oci sregistry",
        }
        ini = {key.replace(".", "__"): text for key, text in as_ini("cloud", cloud).items()}
        return make_registry(**{**usual, **ini, **settings})

    return make


@pytest.fixture
def registry(make_direct):
    return make_direct()
