"""The builder keeps its contract: real jobs of a real Slurm, and real images of Apptainer."""

import pytest

from sregistry_core.testing.builder_contract import BuilderContract


class TestSlurmBuilder(BuilderContract):
    """As the contract has it."""

    @pytest.fixture
    def builder(self, make_builder):
        return make_builder()

    @pytest.fixture
    def good(self, base):
        return f"Bootstrap: localimage\nFrom: {base}\n\n%post\n    echo built > /built\n"

    @pytest.fixture
    def failing(self, base):
        return f"Bootstrap: localimage\nFrom: {base}\n\n%post\n    echo trying\n    exit 3\n"

    @pytest.fixture
    def endless(self, base):
        return f"Bootstrap: localimage\nFrom: {base}\n\n%post\n    echo begun\n    sleep 600\n"

    @pytest.fixture
    def hostile(self, base):
        return (
            f"Bootstrap: localimage\nFrom: {base}\n\n%post\n"
            "    head -c 3000000 /dev/zero | tr '\\0' x\n    printf '\\033[2J\\377\\r\\n'\n"
        )

    @pytest.fixture
    def without_image(self, make_builder, good):
        return make_builder(command=("true",)), good

    @pytest.fixture
    def workplace(self, cluster):
        return cluster.place
