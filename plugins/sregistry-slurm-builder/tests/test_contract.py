"""The builder keeps its contract: real jobs of a real Slurm, and real images of Apptainer."""

import pytest

from sregistry_core.testing.apptainer_builder_contract import ApptainerBuilderContract


class TestSlurmBuilder(ApptainerBuilderContract):
    """As the contract has it."""

    @pytest.fixture
    def workplace(self, cluster):
        return cluster.place
