"""The distribution sregistry-ldap: people and groups of an LDAP directory."""

from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="sregistry-ldap",
    version="0.1.0",
    description="Lets the people of an LDAP directory into sregistry-core",
    long_description=(Path(__file__).parent / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MPL-2.0",
    python_requires=">=3.11",
    package_dir={"": "src"},
    packages=find_packages("src"),
    package_data={"sregistry_ldap": ["py.typed"]},
    install_requires=["sregistry-core", "python-ldap>=3.4.4,<4"],
    extras_require={"testing": ["sregistry-core[testing]"]},
    entry_points={"sregistry.plugins": ["ldap = sregistry_ldap"]},
)
