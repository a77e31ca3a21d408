"""The distribution sregistry-local-builder: images are built on this machine."""

from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="sregistry-local-builder",
    version="0.1.0",
    description="Builds images on the machine of a worker of sregistry-core",
    long_description=(Path(__file__).parent / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MPL-2.0",
    python_requires=">=3.11",
    package_dir={"": "src"},
    packages=find_packages("src"),
    package_data={"sregistry_local_builder": ["py.typed"]},
    install_requires=["sregistry-core"],
    extras_require={"testing": ["sregistry-core[testing]"]},
    entry_points={"sregistry.plugins": ["local-builder = sregistry_local_builder"]},
)
