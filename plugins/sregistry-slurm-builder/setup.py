"""The distribution sregistry-slurm-builder: images are built as jobs of Slurm."""

from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="sregistry-slurm-builder",
    version="0.1.0",
    description="Builds images of sregistry-core as jobs of a Slurm cluster",
    long_description=(Path(__file__).parent / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MPL-2.0",
    python_requires=">=3.11",
    package_dir={"": "src"},
    packages=find_packages("src"),
    package_data={"sregistry_slurm_builder": ["py.typed"]},
    install_requires=["sregistry-core"],
    extras_require={"testing": ["sregistry-core[testing]"]},
    entry_points={"sregistry.plugins": ["slurm-builder = sregistry_slurm_builder"]},
)
