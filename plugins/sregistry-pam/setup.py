"""The distribution sregistry-pam: the people of this machine, by PAM."""

from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="sregistry-pam",
    version="0.1.0",
    description="Lets the people of a machine into sregistry-core by PAM",
    long_description=(Path(__file__).parent / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MPL-2.0",
    python_requires=">=3.11",
    package_dir={"": "src"},
    packages=find_packages("src"),
    package_data={"sregistry_pam": ["py.typed"]},
    install_requires=["sregistry-core", "python-pam>=2.1,<3"],
    extras_require={"testing": ["sregistry-core[testing]"]},
    entry_points={"sregistry.plugins": ["pam = sregistry_pam"]},
)
