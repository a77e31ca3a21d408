"""A registry with collections of known sizes."""

from datetime import timedelta

import pytest

from sregistry_core.testing.sif_files import make_sif


def measure(registry):
    """Do what the periodic duties do."""
    with registry.parts.unit()() as services:
        services.usage.measure()


@pytest.fixture
def filled(registry, ada, bob):
    """Four collections: ada's is public, bob's is private, and they share one image."""
    shared = make_sif(payload_size=40_000)
    ada.push("ada/lab/blast:1", shared)
    ada.push("ada/lab/blast:2", make_sif(payload_size=80_000))
    ada.push("ada/lab/small:1", make_sif(payload_size=1_000))
    ada.push("ada/spare/blast:1", shared)
    bob.push("bob/secret/blast:1", shared)
    registry.hide("bob/secret")
    registry.run_jobs()
    measure(registry)
    registry.clock.move(timedelta(days=1))
    ada.pull("ada/lab/blast:1", status=200)
    bob.pull("bob/secret/blast:1", status=200)
    registry.parts.jobs.write_tally()
    registry.run_jobs()
    measure(registry)
    return registry
