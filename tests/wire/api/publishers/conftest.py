"""A site whose jobs are trusted, and a collection that trusts them.

The site is an imitation of GitLab and of GitHub, on loopback, with keys of its own.
"""

import pytest

from sregistry_core.testing.imitated_ci import GITLAB_JOB, ImitatedCi
from sregistry_core.testing.registry import PUBLIC_URL
from sregistry_core.testing.sif_files import make_sif

from .lab import EXCHANGE, LAB


@pytest.fixture
def ci():
    started = ImitatedCi()
    yield started
    started.end()


@pytest.fixture
def registry(make_api, ci):
    return make_api(publishers=ci.url, publishers_allow_private="true")


@pytest.fixture
def lab(ada, registry):
    ada.push("ada/lab/blast:1", make_sif())
    registry.hide("ada/lab")


@pytest.fixture
def trust(ada, lab, ci):
    """Trusts jobs of the imitated site."""

    def trust(claims, name="builds", scope="push", status=201, **options):
        body = {
            "publisher": name,
            "issuer": ci.url,
            "claims": claims,
            "scope": scope,
            **options,
        }
        return ada.post(f"{LAB}/publishers", body, status=status)

    return trust


@pytest.fixture
def show(stranger):
    """Shows a signed statement, as a job does that nobody knows."""

    def show(text, status=201, path=EXCHANGE):
        return stranger.post(path, {"token": text}, status=status)

    return show


@pytest.fixture
def gitlab_job(ci):
    """Signs what a job of GitLab is, but for what is said otherwise."""
    return lambda **claims: ci.sign(ci.job(PUBLIC_URL, **{**GITLAB_JOB, **claims}))
